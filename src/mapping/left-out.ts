import type { Manifest } from '../config/manifest.ts'
import { isObject } from '../json.ts'
import type { LeftOutRecord } from '../rundb/left-out.ts'
import type { SourceRecord } from '../sources/source.ts'
import type { Condition } from './evaluate.ts'
import type { MapResult } from './result.ts'

export type RuleName = keyof Manifest['map']

/**
 * The path of the condition to blame for a record that nothing came of: that of the user's rule if it left the record out, since
 * the others follow from who is left out as a user; else that of the first rule that did.
 * @param conditions of the rules that read the record, in the order of evaluation; undefined for one that had items
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
