import { type Call, type Endpoint, ok } from '../http/exchange.ts'
import { hashOf } from '../random.ts'
import type { Auth0User } from './objects.ts'
import { flag, offsetPage, pick } from './paging.ts'
import { refuse } from './refusals.ts'
import { searchOf } from './search.ts'
import type { Auth0Settings } from './settings.ts'
import type { Tenant } from './tenant.ts'

/** The search for users: pages by offset, only within the first 1,000 records. */
export function userEndpoints(tenant: Tenant, settings: Auth0Settings): Endpoint[] {
  const cap = Math.min(settings.pageCap ?? 100, 100)

  const list = (call: Call) => {
    const { start, size } = offsetPage(call, cap, refuseBeyond)
    const q = call.query.get('q')
    const sort = call.query.get('sort')
    const matching = q === null || q === '' ? undefined : tenant.users.all().filter(searchOf(q))
    const users =
      matching === undefined && sort === null
        ? tenant.users.slice(start, size)
        : sorted(matching ?? tenant.users.all(), sort).slice(start, start + size)
    const page = users.map((user) => pick(call, user))
    if (!flag(call, 'include_totals')) return ok(page)
    const total = (matching?.length ?? tenant.users.size) + (settings.totalsOff?.users ?? 0)
    return ok({ start, limit: size, length: page.length, users: page, total })
  }

  const get = (call: Call) => {
    const user = tenant.users.get(call.params.id ?? '')
    if (user === undefined) refuse(404, 'The user does not exist.', 'inexistent_user')
    return ok(pick(call, user))
  }

  return [
    { method: 'GET', path: '/api/v2/users', answer: list },
    { method: 'GET', path: '/api/v2/users/:id', answer: get },
  ]
}

function refuseBeyond(): never {
  refuse(
    400,
    'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation',
    'invalid_paging',
  )
}

/** `field:1` or `field:-1`. Equal values keep an arbitrary order. */
function sorted(users: Auth0User[], sort: string | null): Auth0User[] {
  if (sort === null) return users
  const [, field = '', direction] =
    /^([\w.]+):(1|-1)$/.exec(sort) ?? refuse(400, 'Invalid sort.', 'invalid_query_string')
  const key = (user: Auth0User) => String(user[field] ?? '')
  const order = (a: Auth0User, b: Auth0User) =>
    key(a) === key(b) ? hashOf(a.user_id) - hashOf(b.user_id) : key(a) < key(b) ? -1 : 1
  return [...users].sort((a, b) => (direction === '1' ? order(a, b) : order(b, a)))
}
