import type { CheckedManifest, Roles, Expression as Text } from './manifest-types.ts'

/**
 * The manifest in force: recipe, file and environment merged, references resolved, defaults filled in. Its type is made from the schema
 * (manifest-types.ts); here are the defaults that are computed (check.ts), and the names under which other parts know its pieces.
 */
export type Manifest = CheckedManifest & {
  name: string
  metadata: { prefix: string }
  run: { workers: number }
}

export type { Limit as LimitText, Roles as RoleConfig, Test as MappingTest, Threshold } from './manifest-types.ts'

export type TargetConfig = Manifest['target']

/** How duplicate users are found and become one: see docs/how-to/duplicates.md. */
export type UserDedupe = Manifest['dedupe']['user']

/** What becomes of several records of one user; all but `merge` and `error` take one record whole. */
export type MergeStrategy = UserDedupe['strategy']

/** How values of several records become one: see docs/how-to/duplicates.md. `most` is for the names of organizations alone. */
export type MergeRule = NonNullable<UserDedupe['fields'][keyof UserDedupe['fields']]> | 'most'

/** What must come of the record of a test; `null` under a kind: nothing of it. */
export type MappingExpectation = Manifest['tests'][string]['expect']

/** What the source's roles mean, in the environment or in one organization. */
export type RoleRules = Pick<Roles, 'map' | 'default' | 'unmapped'>

/** What happens to a role or a permission that is in WorkOS already and differs from its definition. Default: `keep`. */
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
 * The mapping of any kind. `each`, `when` and `from` steer it; every other key is a field of the kind, whose value is an
 * expression or, for `metadata`, an object of expressions.
 */
export interface MapRule {
  /** The stream or streams it applies to. Default: the source's main stream. */
  from?: string | string[]
  /**
   * Expression that yields the items to map, one resource each. Default: the record itself. Where the rule reads several
   * streams, an object may give each of them its own; those that it does not name map the record itself.
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
