import { HttpRefusal } from '../../../http/refusal.ts'
import type { JsonObject } from '../../../json.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { requireCount } from './counts.ts'

const SIZE = 50

/**
 * The roles of one member, for tenants that do not give them with the list of members.
 * @param path of the members of the organization
 * @throws SpoiledReading when they are not as many as the tenant counts
 */
export async function memberRoles(tenant: Tenant, path: string, user: string): Promise<JsonObject[]> {
  const own = `${path}/${encodeURIComponent(user)}/roles`
  const roles: JsonObject[] = []
  let before: number | undefined
  for (let page = 0; ; page++) {
    try {
      const { items, total } = await tenant.counted(own, 'roles', page, SIZE)
      roles.push(...items.map(({ id = null, name = null }) => ({ id, name })))
      before ??= total
      if (items.length > 0 && roles.length < total) continue
      requireCount(
        { what: `roles of ${user} in ${path.split('/')[2]}`, before, after: total, read: roles.length },
        tenant.name,
      )
      return roles
    } catch (error) {
      // Who is not a member any more is found missing, or not, when members and users are compared. Which code says so is
      // documented nowhere; that of a missing organization is known.
      const gone = error instanceof HttpRefusal && error.status === 404 && error.code !== 'inexistent_organization'
      if (gone) return roles
      throw error
    }
  }
}
