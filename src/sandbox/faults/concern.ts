import { isObject } from '../../json.ts'
import type { Database } from '../database.ts'
import type { Trigger } from './fault.ts'

/** The names of the users and organizations that a request is about, lowercased: ids, external ids, e-mails, names. */
export interface Concerned {
  users: Set<string>
  organizations: Set<string>
}

/** Whether a request is about the user or the organization that a fault names. */
export function concerns({ users, organizations }: Concerned, { user, organization }: Trigger): boolean {
  if (user !== undefined && users.has(user.toLowerCase())) return true
  return organization !== undefined && organizations.has(organization.toLowerCase())
}

export interface Concern {
  database: Database
  /** Row id. */
  environment: number
  route: string
  params: Readonly<Record<string, string | undefined>>
  query: URLSearchParams
  /** The body as it came. */
  text: string
}

interface Membership {
  user_id: string
  organization_id: string
}

/** Whom a request is about: by what it says itself, and by what the sandbox holds under the ids that it names. */
export function concernedBy({ database, environment, route, params, query, text }: Concern): Concerned {
  const found: Concerned = { users: new Set(), organizations: new Set() }
  const add = (names: Set<string>, ...values: unknown[]) => {
    for (const value of values) if (typeof value === 'string') names.add(value.toLowerCase())
  }
  const body = parsed(text)
  if (route.startsWith('/organizations') && !route.includes('/groups'))
    add(found.organizations, body.name, body.external_id, params.external_id)
  if (route.startsWith('/user_management/users')) {
    add(found.users, body.email, body.external_id, params.external_id, query.get('email'))
  }
  const ids = [...Object.values(params), body.user_id, body.organization_id, body.organization_membership_id]
  for (const name of ['user_id', 'organization_id']) ids.push(query.get(name) ?? undefined)
  const where = 'WHERE environment = ? AND id = ?'
  for (let index = 0; index < ids.length; index += 1) {
    const id = ids[index]
    if (typeof id !== 'string') continue
    const of = database.one<Membership>(`SELECT user_id, organization_id FROM memberships ${where}`, environment, id)
    if (of !== undefined) ids.push(of.user_id, of.organization_id)
    const group = database.one<Omit<Membership, 'user_id'>>(
      `SELECT organization_id FROM organization_groups ${where}`,
      environment,
      id,
    )
    if (group !== undefined) ids.push(group.organization_id)
    const user = database.one<Record<string, unknown>>(
      `SELECT id, email, external_id FROM users ${where}`,
      environment,
      id,
    )
    if (user !== undefined) add(found.users, ...Object.values(user))
    const organization = database.one<Record<string, unknown>>(
      `SELECT id, name, external_id FROM organizations ${where}`,
      environment,
      id,
    )
    if (organization !== undefined) add(found.organizations, ...Object.values(organization))
  }
  return found
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
