import { isObject } from '../json.ts'
import type { CheckedManifest, Limit as LimitText, Roles, Expression as Text, Threshold } from './manifest-types.ts'

/**
 * The manifest in force: recipe, file and environment merged, references resolved, defaults filled
 * in. Its type is made from the schema (manifest-types.ts); here are the defaults that are computed
 * (check.ts), the names under which other parts know its pieces, and how to read what it writes as
 * text: limits, thresholds, where expressions are.
 */
export type Manifest = CheckedManifest & {
  name: string
  metadata: { prefix: string }
  run: { workers: number }
}

export type { Roles as RoleConfig, Test as MappingTest } from './manifest-types.ts'
export type { LimitText, Threshold }

export type TargetConfig = Manifest['target']

/** How duplicate users are found and become one: see docs/how-to/duplicates.md. */
export type UserDedupe = Manifest['dedupe']['user']

/**
 * What becomes of several records of one user; all but `merge` and `error` take one record whole.
 */
export type MergeStrategy = UserDedupe['strategy']

/**
 * How values of several records become one: see docs/how-to/duplicates.md. `most` is for the names
 * of organizations alone.
 */
export type MergeRule = NonNullable<UserDedupe['fields'][keyof UserDedupe['fields']]> | 'most'

/** What must come of the record of a test; `null` under a kind: nothing of it. */
export type MappingExpectation = Manifest['tests'][string]['expect']

/** What the source's roles mean, in the environment or in one organization. */
export type RoleRules = Pick<Roles, 'map' | 'default' | 'unmapped'>

/**
 * What happens to a role or a permission that is in WorkOS already and differs from its definition.
 * Default: `keep`.
 */
export type ConflictPolicy = NonNullable<Roles['onConflict']>

/** What happens to a field that was changed in WorkOS since it was applied. */
export type DriftPolicy = Extract<Manifest['onDrift'], string>

/** What happens to something that was applied and deleted in WorkOS since. */
export type DeletedPolicy = Extract<Manifest['onDeleted'], string>

/** The options of any source: each source checks its own. */
export interface SourceConfig {
  type: string
  [option: string]: unknown
}

/**
 * The options of one type of source, as the schema types them. They hold for a value that is known:
 * as long as a reference is unset, its text is in the place of a value of any type.
 */
export type SourceOptions<Type extends Manifest['source']['type']> = Omit<
  Extract<Manifest['source'], { type: Type }>,
  'type'
>

/**
 * The mapping of any kind. `each`, `when` and `from` steer it; every other key is a field of the
 * kind, whose value is an expression or, for `metadata`, an object of expressions.
 */
export interface MapRule {
  /** The stream or streams it applies to. Default: the source's main stream. */
  from?: string | string[]
  /**
   * Expression that yields the items to map, one resource each. Default: the record itself. Where
   * the rule reads several streams, an object may give each of them its own; those that it does not
   * name map the record itself.
   */
  each?: Text | Record<string, Text>
  /** Expression that must be truthy for an item to be mapped. */
  when?: Text
  [field: string]: Text | Record<string, Text> | string[] | undefined
}

/** Whether the manifest accepts the warnings of a code. */
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

/** A limit as the manifest writes it: `500/10s`, `6000/m`. @throws RangeError for any other text */
export function parseLimit(text: LimitText): Limit {
  const match = LIMIT.exec(text)
  if (!match) throw new RangeError(`not a limit: ${text}`)
  const [, count, periods = '1', unit] = match
  return { count: Number(count), perMs: Number(periods) * (unit === 'm' ? 60_000 : 1000) }
}

/** A threshold read: so many things, or so many percent of all of them. */
type ParsedThreshold = { kind: 'count'; value: number } | { kind: 'percent'; value: number }

/** A threshold as the manifest writes it: `20` or `30%`. @throws RangeError for any other text */
export function parseThreshold(threshold: Threshold): ParsedThreshold {
  if (typeof threshold === 'number') return { kind: 'count', value: threshold }
  const percentage = PERCENTAGE.exec(threshold)?.[1]
  if (percentage === undefined) throw new RangeError(`not a threshold: ${threshold}`)
  return { kind: 'percent', value: Number(percentage) }
}

/** Whether `count` things out of `total` are more than the threshold allows. */
export function exceeds(threshold: Threshold, count: number, total: number): boolean {
  const { kind, value } = parseThreshold(threshold)
  return kind === 'count' ? count > value : count * 100 > value * total
}

/** One place of the manifest that holds a JSONata expression. */
interface ExpressionPosition {
  /** Where it is in the effective manifest: `['map', 'user', 'metadata', 'plan']`. */
  path: string[]
  text: string
}

/**
 * Whether the scalar at this path is an expression. References are not resolved there: JSONata
 * gives `${` a meaning of its own. Everything under `map` is one except a rule's `from`, which
 * names a stream; so are both keys of a join of files.
 */
export function isExpressionPath(path: readonly string[]): boolean {
  if (path[0] === 'map') return path.length > 2 && path[2] !== 'from'
  if (path[0] === 'source') return path[1] === 'streams' && path[3] === 'join' && /^(key|to)$/.test(path[4] ?? '')
  if (path[0] !== 'dedupe' || path[1] !== 'user') return false
  return path[2] === 'by' ? path.length > 3 : path[2] === 'prefer' || path[2] === 'updatedAt'
}

/** Every expression of a manifest with its path, in the order they are written. */
export function expressionsOf(manifest: Pick<Manifest, 'map' | 'dedupe'>): ExpressionPosition[] {
  return [...expressionsIn(manifest.map, ['map']), ...expressionsIn(manifest.dedupe, ['dedupe'])]
}

/** The expressions in a part of a manifest that is at a path. */
export function expressionsIn(value: unknown, path: string[]): ExpressionPosition[] {
  if (typeof value === 'string') return isExpressionPath(path) ? [{ path, text: value }] : []
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsIn(item, [...path, String(index)]))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => expressionsIn(item, [...path, key]))
}

/**
 * The strategy and the rules that compare when records were changed, each with its path in the
 * manifest.
 */
export function pathsOfNewest({ strategy, fields }: { strategy?: unknown; fields?: unknown }): string[][] {
  const rules = isObject(fields) ? Object.entries(fields) : []
  const newest: MergeRule & MergeStrategy = 'newest'
  return [
    ...(strategy === newest ? [['dedupe', 'user', 'strategy']] : []),
    ...rules.filter(([, rule]) => rule === newest).map(([field]) => ['dedupe', 'user', 'fields', field]),
  ]
}

/**
 * The expressions that rank the records of a user, the one that counts most in front; none where
 * their order counts.
 */
export function preferences({ prefer }: Pick<UserDedupe, 'prefer'>): string[] {
  return prefer === undefined ? [] : [prefer].flat()
}
