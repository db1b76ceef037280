import type { Manifest } from '../config/manifest.ts'
import { isObject } from '../json.ts'
import type { Condition } from './evaluate.ts'
import type { MapResult } from './result.ts'

export type RuleName = keyof Manifest['map']

/**
 * The path of the condition to blame for a record that nothing came of: that of the user's rule if it left the record out, since
 * the others follow from who is left out as a user; else that of the first rule that did.
 * @param conditions of the rules that read the record, in the order of evaluation; undefined for one that had items
 * @returns null when no rule reads the stream
 */
export function blamed(
  conditions: ReadonlyMap<RuleName, Condition | undefined>,
  map: Manifest['map'],
  stream: string,
): string | null {
  if (conditions.size === 0) return null
  const byUser = conditions.get('user')
  const [first] = byUser === undefined ? [...conditions].filter(([, condition]) => condition !== undefined) : []
  const [rule, condition] = first ?? ['user' as const, byUser]
  // Items that yield neither a resource nor a reject are roles that are dropped: see mapRoleSlug.
  if (condition === undefined) return 'roles.unmapped'
  const ofStream = condition === 'each' && isObject(map[rule]?.each) ? `.${stream}` : ''
  return `map.${rule}.${condition}${ofStream}`
}

/** Counts one record that was left out. */
export function countLeftOut(result: MapResult, stream: string, path: string | null): void {
  result.leftOut += 1
  const same = result.leftOutBy.find((by) => by.stream === stream && by.path === path)
  if (same === undefined) result.leftOutBy.push({ stream, path, records: 1 })
  else same.records += 1
}
