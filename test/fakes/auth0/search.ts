import type { Auth0User } from './objects.ts'
import { refuse } from './refusals.ts'

/**
 * The part of the user search syntax that a reading can need: terms joined by AND. A term is a
 * quoted or plain value, a prefix with `*`, `_exists_:field`, or a range `[from TO to]` (`{}`
 * excludes the ends, `*` is no limit).
 * https://auth0.com/docs/manage-users/user-search/user-search-query-syntax
 */
export function searchOf(q: string): (user: Auth0User) => boolean {
  const terms = q.split(/\s+AND\s+/).map((term) => termOf(term.trim()))
  return (user) => terms.every((holds) => holds(user))
}

function termOf(term: string): (user: Auth0User) => boolean {
  const [, negated, field = '', value = ''] = /^(NOT |-)?([\w.]+):(.+)$/.exec(term) ?? refuseQuery(term)
  const holds = field === '_exists_' ? (user: Auth0User) => valuesOf(user, value).length > 0 : byValue(field, value)
  return negated === undefined ? holds : (user) => !holds(user)
}

function byValue(field: string, value: string): (user: Auth0User) => boolean {
  const range = /^([[{])(\S+) TO (\S+)([\]}])$/.exec(value)
  if (range !== null) {
    const [, opening, from = '', to = '', closing] = range
    return (user) =>
      valuesOf(user, field).some((found) => {
        const [low, high] = [from === '*' ? -1 : compare(from, found), to === '*' ? -1 : compare(found, to)]
        return (low < 0 || (low === 0 && opening === '[')) && (high < 0 || (high === 0 && closing === ']'))
      })
  }
  if (/[[\]{}]/.test(value)) refuseQuery(value)
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"$/.exec(value) ?? []
  const wanted = (quoted ?? value).replace(/\\(.)/g, '$1').toLowerCase()
  if (quoted === undefined && wanted.endsWith('*')) {
    const start = wanted.slice(0, -1)
    return (user) => valuesOf(user, field).some((found) => found.toLowerCase().startsWith(start))
  }
  return (user) => valuesOf(user, field).some((found) => found.toLowerCase() === wanted)
}

function refuseQuery(part: string): never {
  refuse(400, `The query '${part}' is not valid.`, 'invalid_query_string')
}

/** Dates compare as times: `2026-01-01` equals `2026-01-01T00:00:00.000Z`. */
function compare(a: string, b: string): number {
  const [left, right] = [Date.parse(a), Date.parse(b)]
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right
  return a < b ? -1 : a === b ? 0 : 1
}

function valuesOf(user: Auth0User, field: string): string[] {
  let found: unknown[] = [user]
  for (const name of field.split('.')) {
    found = found.flatMap((value) =>
      typeof value === 'object' && value !== null && name in value ? [Reflect.get(value, name)].flat() : [],
    )
  }
  return found.filter((value) => value !== null && value !== undefined).map(String)
}
