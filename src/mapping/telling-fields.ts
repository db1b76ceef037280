/**
 * Whose an item is that an expression failed on. In: the item, and the field that failed. Out: the
 * other fields that tell it, each evaluated by itself, so that a reject names a person as long as
 * anything does.
 */

import type { Json, JsonObject } from '../json.ts'
import type { DraftDefinition } from '../kinds/draft.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { Draft } from '../rundb/drafts.ts'
import type { CompiledRule } from './compile.ts'
import { FieldFailure, fieldsOf } from './evaluate.ts'
import type { Work } from './rule-mapper.ts'

/** Fields that keys are made of, and the address. */
const TELLING: ReadonlySet<string> = new Set([
  'key',
  'email',
  'externalId',
  'id',
  'slug',
  'name',
  'type',
  'user',
  'organization',
  'group',
])

export interface TellingFields {
  fields: JsonObject
  /**
   * Whether all of them could be evaluated: else a key that is made of several of them is another
   * one.
   */
  complete: boolean
}

/**
 * @param failed the field that failed, or a member of it: it is not tried again, for it may have
 *   run out of time
 */
export function tellingFields(rule: CompiledRule, item: Json, failed: string | undefined, work: Work): TellingFields {
  const telling: TellingFields = { fields: {}, complete: true }
  for (const field of rule.fields) {
    if (!TELLING.has(field.name)) continue
    if (field.name === failed?.split('.')[0]) {
      telling.complete = false
      continue
    }
    try {
      Object.assign(telling.fields, fieldsOf({ ...rule, fields: [field] }, item, work))
    } catch (error) {
      if (!(error instanceof FieldFailure)) throw error
      telling.complete = false
    }
  }
  return telling
}

/** The key that these fields make, where it is surely the item's. */
export function keyOfTelling(
  { fields, complete }: TellingFields,
  definition: DraftDefinition,
  work: Work,
): string | null {
  const isWhole = complete || (!isEmpty(fields.key) && Object.keys(definition.refs).length === 0)
  if (!isWhole) return null
  const normalised = definition.normalise(fields, work.mapping.settings)
  return normalised.ok ? normalised.value.key : normalised.key
}

/** The address among the fields of a user, or of the user of the same record. */
export function addressFor(kind: string, fields: JsonObject, work: Work): string | undefined {
  if (kind === 'user') {
    const read = normaliseEmail(fields.email)
    return read.ok ? read.value : undefined
  }
  const own = work.own.get('user')
  if (own === undefined || own.several) return undefined
  const isOwn = isEmpty(fields.user) || fields.user === (own.key ?? own.rejected?.key)
  return isOwn ? (own.rejected?.email ?? emailIn(work)) : undefined
}

function emailIn({ result, firstDraft }: Work): string | undefined {
  const draft: Draft | undefined = result.drafts.slice(firstDraft).find(({ kind }) => kind === 'user')
  const attributes: JsonObject = draft === undefined ? {} : JSON.parse(draft.attributes)
  return typeof attributes.email === 'string' ? attributes.email : undefined
}
