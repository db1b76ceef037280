import { isObject } from '../json.ts'
import type { CheckedManifest, Limit as LimitText, Roles, Expression as Text, Threshold } from './manifest-types.ts'

/**
 * The effective manifest: recipe, file and environment merged, references resolved, defaults added.
 * Its type comes from the schema (manifest-types.ts), plus the defaults of check.ts. This file also
 * parses limits and thresholds, and finds expressions.
 */
export type Manifest = CheckedManifest & {
  name: string
  metadata: { prefix: string }
  run: { workers: number }
}

export type { Roles as RoleConfig, Test as MappingTest } from './manifest-types.ts'
export type { LimitText, Threshold }

export type TargetConfig = Manifest['target']

/** How duplicate users are found and merged: see docs/how-to/duplicates.md. */
export type UserDedupe = Manifest['dedupe']['user']

/** How records of one user merge; all but `merge` and `error` keep one whole record. */
export type MergeStrategy = UserDedupe['strategy']

/** How values merge: see docs/how-to/duplicates.md. `most` is only for names of organizations. */
export type MergeRule = NonNullable<UserDedupe['fields'][keyof UserDedupe['fields']]> | 'most'

/** The expected resources of a test; `null` for a kind means none. */
export type MappingExpectation = Manifest['tests'][string]['expect']

/** How roles of the source map, in the environment or in one organization. */
export type RoleRules = Pick<Roles, 'map' | 'default' | 'unmapped'>

/** What happens to a role or permission in WorkOS that differs. Default: `keep`. */
export type ConflictPolicy = NonNullable<Roles['onConflict']>

/** What happens to a field that changed in WorkOS after it was applied. */
export type DriftPolicy = Extract<Manifest['onDrift'], string>

/** What happens to a resource that was deleted in WorkOS after it was applied. */
export type DeletedPolicy = Extract<Manifest['onDeleted'], string>

/** The options of any source. Each source checks its own options. */
export interface SourceConfig {
  type: string
  [option: string]: unknown
}

/** The options of one source type. An unset reference is a string in place of any type. */
export type SourceOptions<Type extends Manifest['source']['type']> = Omit<
  Extract<Manifest['source'], { type: Type }>,
  'type'
>

/**
 * The mapping of a kind: `each`, `when`, `from`, and its fields, whose values are expressions or,
 * for `metadata`, an object of expressions.
 */
export interface MapRule {
  /** The streams that it reads. Default: the main stream. */
  from?: string | string[]
  /**
   * The expression for the items to map, one resource each. Default: the record itself. With
   * several streams, an object can set one expression for each stream.
   */
  each?: Text | Record<string, Text>
  /** An expression; an item is mapped only if it is truthy. */
  when?: Text
  [field: string]: Text | Record<string, Text> | string[] | undefined
}

/** Whether the manifest accepts warnings with this code. */
export function accepts({ accept }: Manifest['warnings'], code: string): boolean {
  const codes: readonly string[] = accept
  return codes.includes(code)
}

const LIMIT = /^([1-9]\d*)\/([1-9]\d*)?(s|m)$/
const PERCENTAGE = /^(\d+(?:\.\d+)?)%$/

/** At most `count` requests in any window of `perMs` milliseconds. */
export interface Limit {
  count: number
  perMs: number
}

/** Parses a limit: `500/10s`, `6000/m`. @throws RangeError */
export function parseLimit(text: LimitText): Limit {
  const match = LIMIT.exec(text)
  if (!match) throw new RangeError(`not a limit: ${text}`)
  const [, count, periods = '1', unit] = match
  return { count: Number(count), perMs: Number(periods) * (unit === 'm' ? 60_000 : 1000) }
}

type ParsedThreshold = { kind: 'count'; value: number } | { kind: 'percent'; value: number }

/** Parses a threshold: `20` or `30%`. @throws RangeError */
export function parseThreshold(threshold: Threshold): ParsedThreshold {
  if (typeof threshold === 'number') return { kind: 'count', value: threshold }
  const percentage = PERCENTAGE.exec(threshold)?.[1]
  if (percentage === undefined) throw new RangeError(`not a threshold: ${threshold}`)
  return { kind: 'percent', value: Number(percentage) }
}

/** Whether `count` of `total` is above the threshold. */
export function exceeds(threshold: Threshold, count: number, total: number): boolean {
  const { kind, value } = parseThreshold(threshold)
  return kind === 'count' ? count > value : count * 100 > value * total
}

/** A JSONata expression in the manifest. */
interface ExpressionPosition {
  /** Its path: `['map', 'user', 'metadata', 'plan']`. */
  path: string[]
  text: string
}

/**
 * Whether the scalar at this path is an expression: everything under `map` except `from`, and both
 * keys of a join. References are not resolved in expressions, because `${` has a meaning in
 * JSONata.
 */
export function isExpressionPath(path: readonly string[]): boolean {
  if (path[0] === 'map') return path.length > 2 && path[2] !== 'from'
  if (path[0] === 'source') return path[1] === 'streams' && path[3] === 'join' && /^(key|to)$/.test(path[4] ?? '')
  if (path[0] !== 'dedupe' || path[1] !== 'user') return false
  return path[2] === 'by' ? path.length > 3 : path[2] === 'prefer' || path[2] === 'updatedAt'
}

/** All expressions of a manifest, in order. */
export function expressionsOf(manifest: Pick<Manifest, 'map' | 'dedupe'>): ExpressionPosition[] {
  return [...expressionsIn(manifest.map, ['map']), ...expressionsIn(manifest.dedupe, ['dedupe'])]
}

/** The expressions in the part of a manifest at a path. */
export function expressionsIn(value: unknown, path: string[]): ExpressionPosition[] {
  if (typeof value === 'string') return isExpressionPath(path) ? [{ path, text: value }] : []
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsIn(item, [...path, String(index)]))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => expressionsIn(item, [...path, key]))
}

/** The paths of strategies and rules that compare times of change. */
export function pathsOfNewest({ strategy, fields }: { strategy?: unknown; fields?: unknown }): string[][] {
  const rules = isObject(fields) ? Object.entries(fields) : []
  const newest: MergeRule & MergeStrategy = 'newest'
  return [
    ...(strategy === newest ? [['dedupe', 'user', 'strategy']] : []),
    ...rules.filter(([, rule]) => rule === newest).map(([field]) => ['dedupe', 'user', 'fields', field]),
  ]
}

/** The expressions that rank the records of a user, most important first. */
export function preferences({ prefer }: Pick<UserDedupe, 'prefer'>): string[] {
  return prefer === undefined ? [] : [prefer].flat()
}
