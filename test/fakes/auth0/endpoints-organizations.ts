import { type Answer, type Call, type Endpoint, ok } from '../http/exchange.ts'
import type { Ordered } from '../ordered.ts'
import type { Auth0Member, Auth0Organization } from './objects.ts'
import { type Checkpoints, flag, hasCheckpoint, MAX_SIZE, offsetPage, pick, refuseOffset } from './paging.ts'
import { refuse } from './refusals.ts'
import type { Auth0Settings } from './settings.ts'
import type { Tenant } from './tenant.ts'

/** Organizations, their members, and the roles of members. */
export function organizationEndpoints(tenant: Tenant, settings: Auth0Settings, checkpoints: Checkpoints): Endpoint[] {
  const organizationOf = ({ params }: Call): Auth0Organization =>
    tenant.organizations.get(params.id ?? '') ??
    refuse(404, 'No organization found by that id or name', 'inexistent_organization')

  const roles = ({ roles: ids }: Auth0Member) =>
    ids.flatMap((id) => {
      const role = tenant.roles.get(id)
      return role === undefined ? [] : [{ id, name: role.name, description: role.description }]
    })

  const memberBody = (call: Call, member: Auth0Member) => {
    const { email, picture, name } = tenant.users.get(member.user) ?? {}
    const body: Record<string, unknown> = { user_id: member.user, email, picture, name }
    if (!asksForRoles(call)) return pick(call, body)
    return pick(call, { ...body, roles: roles(member).map(({ id, name }) => ({ id, name })) })
  }

  const members = (call: Call) => {
    const { id } = organizationOf(call)
    const all = tenant.membersOf(id)
    return listed(call, 'members', `members/${id}`, all, (member) => memberBody(call, member), settings, checkpoints)
  }

  const memberRoles = (call: Call) => {
    const { id } = organizationOf(call)
    const member = tenant.membersOf(id).get(call.params.user ?? '')
    if (member === undefined) refuse(404, 'No member found by that user id')
    const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
    const all = roles(member)
    const page = all.slice(start, start + size)
    return ok(flag(call, 'include_totals') ? { roles: page, start, limit: size, total: all.length } : page)
  }

  /** https://auth0.com/docs/api/management/v2/organizations/get-enabled-connections */
  const enabledConnections = (call: Call) => {
    const { id } = organizationOf(call)
    const all = tenant.enabledConnections.flatMap(({ organization, connection }) => {
      const found = organization === id ? tenant.connections.get(connection) : undefined
      if (found === undefined) return []
      const { name, strategy } = found
      return [{ connection_id: connection, assign_membership_on_login: true, connection: { name, strategy } }]
    })
    const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
    const page = all.slice(start, start + size)
    if (!flag(call, 'include_totals')) return ok(page)
    return ok({ enabled_connections: page, start, limit: size, total: all.length })
  }

  /**
   * Newest first by default, without a count:
   * https://auth0.com/docs/api/management/v2/organizations/get-invitations
   */
  const invitations = (call: Call) => {
    const { id } = organizationOf(call)
    const sort = call.query.get('sort') ?? 'created_at:-1'
    if (!/^created_at:-?1$/.test(sort))
      refuse(400, "Query validation error: 'sort' is invalid.", 'invalid_query_string')
    const fields = call.query.get('fields')?.split(',') ?? []
    if (fields.some((field) => !INVITATION_FIELDS.has(field))) {
      refuse(400, "Query validation error: 'fields' is invalid.", 'invalid_query_string')
    }
    const own = tenant.invitations.all().filter((one) => one.organization_id === id)
    const oldestFirst = own.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1))
    const all = sort.endsWith('-1') ? oldestFirst.toReversed() : oldestFirst
    const { start, size } = offsetPage(call, settings.invitationsCap ?? MAX_SIZE, refuseOffset)
    const page = all.slice(start, start + size).map((one) => pick(call, { ...one }))
    return ok(flag(call, 'include_totals') ? { invitations: page, start, limit: size } : page)
  }

  const organizations = (call: Call) =>
    listed(call, 'organizations', 'organizations', tenant.organizations, (one) => one, settings, checkpoints)

  return [
    { method: 'GET', path: '/api/v2/organizations', answer: organizations },
    { method: 'GET', path: '/api/v2/organizations/:id', answer: (call) => ok(organizationOf(call)) },
    { method: 'GET', path: '/api/v2/organizations/:id/members', answer: members },
    { method: 'GET', path: '/api/v2/organizations/:id/members/:user/roles', answer: memberRoles },
    { method: 'GET', path: '/api/v2/organizations/:id/enabled_connections', answer: enabledConnections },
    { method: 'GET', path: '/api/v2/organizations/:id/invitations', answer: invitations },
  ]
}

/** Fields that can be requested. `ticket_id` is returned only if no fields are requested. */
const INVITATION_FIELDS: ReadonlySet<string> = new Set([
  ...['id', 'organization_id', 'inviter', 'invitee', 'invitation_url', 'created_at', 'expires_at'],
  ...['client_id', 'connection_id', 'app_metadata', 'user_metadata', 'roles'],
])

/** Members have roles only if these are requested. */
export function asksForRoles(call: Call): boolean {
  return (call.query.get('fields') ?? '').split(',').includes('roles') && flag(call, 'include_fields', true)
}

function listed<Item>(
  call: Call,
  name: 'organizations' | 'members',
  list: string,
  all: Ordered<Item>,
  body: (item: Item) => unknown,
  settings: Auth0Settings,
  checkpoints: Checkpoints,
): Answer {
  if (hasCheckpoint(call)) {
    const { items, next } = checkpoints.page(call, list, all)
    return ok({ [name]: items.map(body), ...(next !== undefined && { next }) })
  }
  const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
  const page = all.slice(start, size).map(body)
  if (!flag(call, 'include_totals')) return ok(page)
  return ok({ [name]: page, start, limit: size, total: all.size + (settings.totalsOff?.[name] ?? 0) })
}
