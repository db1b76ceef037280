import type { Manifest } from '../config/manifest.ts'
import { isObject } from '../json.ts'
import { isEmpty } from '../kinds/values/check.ts'
import type { LeftOutRecord } from '../rundb/left-out.ts'
import type { SourceRecord } from '../sources/source.ts'
import type { CompiledRule, RuleName } from './compile.ts'
import { type Condition, FieldFailure, fieldsOf } from './evaluate.ts'
import type { MapResult } from './result.ts'
import type { Work } from './rule-mapper.ts'

/**
 * The path of the condition to blame for a record that nothing came of: that of the user's rule if
 * it left the record out, since the others follow from who is left out as a user; else that of the
 * first rule that did.
 * @param conditions of the rules that read the record, in the order of evaluation; undefined for
 *   one that had items
 * @returns a path of null when no rule reads the stream; the rule is that of the condition
 */
export function blamed(
  conditions: ReadonlyMap<RuleName, Condition | undefined>,
  map: Manifest['map'],
  stream: string,
): { path: string | null; rule?: RuleName } {
  if (conditions.size === 0) return { path: null }
  const byUser = conditions.get('user')
  const [first] = byUser === undefined ? [...conditions].filter(([, condition]) => condition !== undefined) : []
  const [rule, condition] = first ?? ['user' as const, byUser]
  // Items that yield neither a resource nor a reject are roles that are dropped: see mapRoleSlug.
  if (condition === undefined) return { path: 'roles.unmapped', rule: 'roleAssignment' }
  const ofStream = condition === 'each' && isObject(map[rule]?.each) ? `.${stream}` : ''
  return { path: `map.${rule}.${condition}${ofStream}`, rule }
}

/** Counts one record that was left out, and names it. */
export function addLeftOut(
  result: MapResult,
  { stream, seq, origin }: SourceRecord,
  path: string | null,
  { kind, key }: Pick<LeftOutRecord, 'kind' | 'key'>,
): void {
  result.leftOut += 1
  result.leftOutRecords.push({ seq, stream, kind, key, path, origin })
  const same = result.leftOutBy.find((by) => by.stream === stream && by.path === path)
  if (same === undefined) result.leftOutBy.push({ stream, path, records: 1 })
  else same.records += 1
}

/** The fields that a key can be made of, where `key` itself yields nothing. */
const KEY_FIELDS: readonly string[] = ['externalId', 'email', 'id', 'name', 'type', 'user', 'organization', 'group']

/**
 * What a rule that left a record out would have made of it, and its key. Only the fields that make
 * a key are evaluated, and `key` alone where it yields something.
 */
export function leftOutKey(work: Work, name: RuleName | undefined): Pick<LeftOutRecord, 'kind' | 'key'> {
  const { record, mapping } = work
  if (name === undefined) return { kind: null, key: null }
  const found = mapping.kinds.find(({ rule }) => rule.kind === name)
  const rule = found?.rule ?? mapping.roleAssignment
  const kind = found?.definition.name ?? name
  // An item of `each` is not the record: which one of them was meant, nobody can tell.
  if (rule === undefined || rule.each(record.stream) !== undefined) return { kind, key: null }
  try {
    const { user, key, others } = partsOf(rule)
    const values = (part: CompiledRule) => fieldsOf(part, record.data, work)
    if (found === undefined) return { kind, key: textOf(values(user).user) }
    const own = key.fields.length === 0 ? {} : values(key)
    const fields = isEmpty(own.key) ? { ...own, ...values(others) } : own
    const normalised = found.definition.normalise(fields, mapping.settings)
    return { kind, key: normalised.ok ? normalised.value.key : normalised.key }
  } catch (error) {
    if (error instanceof FieldFailure) return { kind, key: null }
    throw error
  }
}

interface Parts {
  user: CompiledRule
  key: CompiledRule
  /** What a key is made of where `key` yields nothing. */
  others: CompiledRule
}

const PARTS = new WeakMap<CompiledRule, Parts>()

/** A rule with some of its fields alone. */
function partsOf(rule: CompiledRule): Parts {
  const part = (names: readonly string[]) => ({
    ...rule,
    fields: rule.fields.filter(({ name }) => names.includes(name)),
  })
  const parts = PARTS.get(rule) ?? { user: part(['user']), key: part(['key']), others: part(KEY_FIELDS) }
  PARTS.set(rule, parts)
  return parts
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}
