import { isObject } from '../../src/json.ts'
import type { Expected, UserValues } from './population.ts'

export interface LiveObject {
  id: string
  [member: string]: unknown
}

/** The contents of WorkOS. */
export interface Live {
  users: LiveObject[]
  organizations: LiveObject[]
  /** With the title of `Expected` and sorted roles. */
  memberships: { id: string; title: string; roles: string[] }[]
  roles: string[]
}

/** Reads everything back through the API, page by page. */
export async function readBack(url: string, key: string): Promise<Live> {
  const get = async (path: string) => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })
    if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}`)
    return (await answer.json()) as { data: LiveObject[]; list_metadata?: { after: string | null } }
  }
  const all = async (path: string) => {
    const found: LiveObject[] = []
    for (let after = ''; ; ) {
      const page = await get(`${path}${path.includes('?') ? '&' : '?'}limit=100&order=asc${after}`)
      found.push(...page.data)
      const next = page.list_metadata?.after
      if (typeof next !== 'string') return found
      after = `&after=${next}`
    }
  }
  const slugs = (roles: unknown) =>
    Array.isArray(roles) ? roles.map((role) => String(isObject(role) ? role.slug : role)).sort() : []
  const organizations = await all('/organizations')
  const memberships: Live['memberships'] = []
  for (const { id, external_id } of organizations) {
    const path = `/user_management/organization_memberships?organization_id=${id}&statuses=active,inactive`
    for (const membership of await all(path)) {
      const email = isObject(membership.user) ? membership.user.email : undefined
      memberships.push({ id: membership.id, title: `${email}@@${external_id}`, roles: slugs(membership.roles) })
    }
  }
  const roles = slugs((await get('/authorization/roles')).data)
  return { users: await all('/user_management/users'), organizations, memberships, roles }
}

/** Compares what is there with what must be there. */
export interface Comparison {
  /** Resources that are there once and as required. */
  survived: number
  /** Missing, or with other values. */
  lost: string[]
  /** There more than once, or not requested. */
  duplicated: string[]
}

export function compare(expected: Expected, live: Live): Comparison {
  const result: Comparison = { survived: 0, lost: [], duplicated: [] }
  tally(result, 'user', expected.users, live.users, ({ email }) => String(email), sameUser)
  tally(
    result,
    'organization',
    expected.organizations,
    live.organizations,
    ({ external_id }) => String(external_id),
    (name, found) => found.name === name,
  )
  tally(
    result,
    'membership',
    expected.memberships,
    live.memberships,
    ({ title }) => title,
    (roles, found) => JSON.stringify(roles) === JSON.stringify(found.roles),
  )
  const roles = new Map(expected.roles.map((slug) => [slug, slug]))
  tally(
    result,
    'role',
    roles,
    live.roles,
    (slug) => slug,
    () => true,
  )
  return result
}

function tally<Wanted, Found>(
  result: Comparison,
  kind: string,
  wanted: ReadonlyMap<string, Wanted>,
  found: readonly Found[],
  identity: (found: Found) => string,
  same: (wanted: Wanted, found: Found) => boolean,
): void {
  const seen = new Map<string, Found>()
  for (const one of found) {
    const id = identity(one)
    if (seen.has(id) || !wanted.has(id)) result.duplicated.push(`${kind} ${id}`)
    seen.set(id, one)
  }
  for (const [id, values] of wanted) {
    const one = seen.get(id)
    if (one !== undefined && same(values, one)) result.survived += 1
    else result.lost.push(`${kind} ${id}${one === undefined ? '' : ' differs'}`)
  }
}

function sameUser(wanted: UserValues, found: LiveObject): boolean {
  const { external_id, first_name, email_verified, metadata } = found
  const values = JSON.stringify({ external_id, first_name, email_verified, metadata })
  return values === JSON.stringify(wanted)
}
