import { type Call, type Endpoint, ok } from '../http/exchange.ts'
import type { Auth0Connection, Auth0Role } from './objects.ts'
import { type Checkpoints, flag, hasCheckpoint, MAX_SIZE, offsetPage, pick, refuseOffset } from './paging.ts'
import { refuse } from './refusals.ts'
import type { Auth0Settings } from './settings.ts'
import type { Tenant } from './tenant.ts'

/** Roles with their permissions, and connections. */
export function roleEndpoints(
  tenant: Tenant,
  settings: Auth0Settings,
  checkpoints: Checkpoints,
  maySeeOptions: boolean,
): Endpoint[] {
  const withoutPermissions = ({ id, name, description }: Auth0Role) => ({ id, name, description })

  const roles = (call: Call) => {
    const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
    const page = tenant.roles.slice(start, size).map(withoutPermissions)
    if (!flag(call, 'include_totals')) return ok(page)
    const total = tenant.roles.size + (settings.totalsOff?.roles ?? 0)
    return ok({ roles: page, start, limit: size, length: page.length, total })
  }

  const roleOf = ({ params }: Call): Auth0Role =>
    tenant.roles.get(params.id ?? '') ?? refuse(404, 'Role not found', 'inexistent_role')

  const permissions = (call: Call) => {
    const all = roleOf(call).permissions
    const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
    const page = all.slice(start, start + size)
    return ok(flag(call, 'include_totals') ? { permissions: page, start, limit: size, total: all.length } : page)
  }

  const visible = (call: Call, { options, ...connection }: Auth0Connection) =>
    pick(call, maySeeOptions ? { ...connection, options: options ?? {} } : connection)

  const connections = (call: Call) => {
    if (hasCheckpoint(call)) {
      const { items, next } = checkpoints.page(call, 'connections', tenant.connections)
      return ok({ connections: items.map((one) => visible(call, one)), ...(next !== undefined && { next }) })
    }
    const { start, size } = offsetPage(call, MAX_SIZE, refuseOffset)
    const page = tenant.connections.slice(start, size).map((one) => visible(call, one))
    if (!flag(call, 'include_totals')) return ok(page)
    return ok({ connections: page, start, limit: size, length: page.length, total: tenant.connections.size })
  }

  return [
    { method: 'GET', path: '/api/v2/roles', answer: roles },
    { method: 'GET', path: '/api/v2/roles/:id', answer: (call) => ok(withoutPermissions(roleOf(call))) },
    { method: 'GET', path: '/api/v2/roles/:id/permissions', answer: permissions },
    { method: 'GET', path: '/api/v2/connections', answer: connections },
  ]
}
