import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'
import type { MergeRule, MergeStrategy, UserDedupe } from './manifest.ts'

/** The strategy and the rules that compare when records were changed, each with its path in the manifest. */
export function pathsOfNewest({ strategy, fields }: { strategy?: unknown; fields?: unknown }): string[][] {
  const rules = isObject(fields) ? Object.entries(fields) : []
  const newest: MergeRule & MergeStrategy = 'newest'
  return [
    ...(strategy === newest ? [['dedupe', 'user', 'strategy']] : []),
    ...rules.filter(([, rule]) => rule === newest).map(([field]) => ['dedupe', 'user', 'fields', field]),
  ]
}

/** The expressions that rank the records of a user, the one that counts most in front; none where their order counts. */
export function preferences({ prefer }: Pick<UserDedupe, 'prefer'>): string[] {
  return prefer === undefined ? [] : [prefer].flat()
}

/** What the schema cannot say: `newest` knows nothing without `updatedAt`. */
export function checkDedupe(dedupe: unknown, locate: (path: string[]) => Location): Problem[] {
  const user = isObject(dedupe) && isObject(dedupe.user) ? dedupe.user : {}
  if (user.updatedAt !== undefined) return []
  return pathsOfNewest(user).map((path) => ({
    code: 'newest_of_what',
    message: `${path.join('.')} is newest, and nothing says when a record was changed`,
    hint: 'set dedupe.user.updatedAt to an expression that does, like $record.updated_at',
    path: path.join('.'),
    at: locate(path),
  }))
}
