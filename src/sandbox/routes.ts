import createRouter from 'find-my-way'
import type { Endpoint } from './call.ts'
import { connectionEndpoints } from './endpoints/connections.ts'
import { groupEndpoints, groupMemberEndpoints, groupRoleEndpoints } from './endpoints/groups.ts'
import { invitationEndpoints } from './endpoints/invitations.ts'
import { membershipEndpoints } from './endpoints/memberships.ts'
import { organizationEndpoints } from './endpoints/organizations.ts'
import { permissionEndpoints, roleEndpoints } from './endpoints/roles.ts'
import { authFactorEndpoints, userEndpoints } from './endpoints/users.ts'

/** All endpoints of the sandbox. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...userEndpoints,
  ...authFactorEndpoints,
  ...organizationEndpoints,
  ...membershipEndpoints,
  ...groupEndpoints,
  ...groupMemberEndpoints,
  ...groupRoleEndpoints,
  ...permissionEndpoints,
  ...roleEndpoints,
  ...connectionEndpoints,
  ...invitationEndpoints,
]

export interface Match {
  endpoint: Endpoint
  params: Readonly<Record<string, string | undefined>>
}

/** Finds the endpoint for a method and a path without a query. */
export type FindRoute = (method: string, path: string) => Match | undefined

export function routeTable(): FindRoute {
  const router = createRouter({ maxParamLength: 512 })
  for (const endpoint of ENDPOINTS) router.on(endpoint.method, endpoint.path, ignore, endpoint)
  const methods = new Map(ENDPOINTS.map((endpoint) => [endpoint.method as string, endpoint.method]))
  return (method, path) => {
    const known = methods.get(method)
    const found = known === undefined ? null : router.find(known, path)
    return found === null ? undefined : { endpoint: found.store as Endpoint, params: found.params }
  }
}

/**
 * The router only finds endpoints. The server calls their handlers, which see no request or
 * response.
 */
function ignore(): void {}
