/**
 * Identifies the item on which an expression failed: evaluates its other identifying fields
 * separately, so that a reject names a user if any field does.
 */

import type { Json, JsonObject } from '../json.ts'
import type { DraftDefinition } from '../kinds/draft.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { Draft } from '../rundb/drafts.ts'
import type { CompiledRule } from './compile.ts'
import { FieldFailure, fieldsOf } from './evaluate.ts'
import type { Work } from './rule-mapper.ts'

/** Fields of keys, and the address. */
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
  /** Whether all of them were evaluated: otherwise a key made of several would be another one. */
  complete: boolean
}

/**
 * @param failed the field that failed, or a member of it: not evaluated again, since it might have
 * run out of time
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

/** The key from these fields, if it is certain. */
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

/** The address of a user, or of the user of the same record. */
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
