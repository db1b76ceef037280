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
 * The condition to report for a record without any result: that of the user rule if it left the
 * record out, since the others follow from it, otherwise that of the first rule.
 * @param conditions of the rules that read the record, in the order of evaluation; undefined for a
 * rule that had items
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
  // Items with neither a resource nor a reject are dropped roles: see `mapRoleSlug`.
  if (condition === undefined) return { path: 'roles.unmapped', rule: 'roleAssignment' }
  const ofStream = condition === 'each' && isObject(map[rule]?.each) ? `.${stream}` : ''
  return { path: `map.${rule}.${condition}${ofStream}`, rule }
}

/** Counts and names a record that was left out. */
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

/** The fields that can make a key if `key` has no value. */
const KEY_FIELDS: readonly string[] = ['externalId', 'email', 'id', 'name', 'type', 'user', 'organization', 'group']

/**
 * What a rule would have made of a record that it left out: the kind and the key. Evaluates only
 * fields of the key, and only `key` if it has a value.
 */
export function leftOutKey(work: Work, name: RuleName | undefined): Pick<LeftOutRecord, 'kind' | 'key'> {
  const { record, mapping } = work
  if (name === undefined) return { kind: null, key: null }
  const found = mapping.kinds.find(({ rule }) => rule.kind === name)
  const rule = found?.rule ?? mapping.roleAssignment
  const kind = found?.definition.name ?? name
  // An item of `each` is not the record: nothing shows which one was meant.
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
  /** The parts of a key if `key` has no value. */
  others: CompiledRule
}

const PARTS = new WeakMap<CompiledRule, Parts>()

/** A rule with some of its fields. */
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
