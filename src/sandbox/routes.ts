import type { Endpoint } from './call.ts'
import { connectionEndpoints } from './endpoints/connections.ts'
import { groupEndpoints, groupMemberEndpoints, groupRoleEndpoints } from './endpoints/groups.ts'
import { membershipEndpoints } from './endpoints/memberships.ts'
import { organizationEndpoints } from './endpoints/organizations.ts'
import { permissionEndpoints, roleEndpoints } from './endpoints/roles.ts'
import { authFactorEndpoints, userEndpoints } from './endpoints/users.ts'

/** Everything that the sandbox answers. */
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
]

export interface Match {
  endpoint: Endpoint
  params: Readonly<Record<string, string | undefined>>
}

/** Finds the endpoint of a method and a path without its query. */
export type FindRoute = (method: string, path: string) => Match | undefined

/** An endpoint with its path in segments; a parameter is one that begins with a colon. */
interface Route {
  endpoint: Endpoint
  segments: readonly string[]
}

/** The longest parameter, characters. */
const MAX_PARAMETER = 512

export function routeTable(): FindRoute {
  const byShape = new Map<string, Route[]>()
  for (const endpoint of ENDPOINTS) {
    const segments = endpoint.path.split('/')
    const shape = shapeOf(endpoint.method, segments)
    byShape.set(shape, [...(byShape.get(shape) ?? []), { endpoint, segments }])
  }
  for (const routes of byShape.values()) routes.sort((a, b) => precedence(a) - precedence(b))
  return (method, path) => {
    const segments = path.replace(/#.*/s, '').split('/')
    for (const route of byShape.get(shapeOf(method, segments)) ?? []) {
      const params = parametersIn(segments, route)
      if (params !== undefined) return { endpoint: route.endpoint, params }
    }
    return undefined
  }
}

function shapeOf(method: string, segments: readonly string[]): string {
  return `${method} ${segments.length}`
}

/** Orders routes of one shape: from the left, a name goes before a parameter. */
function precedence({ segments }: Route): number {
  return segments.reduce((order, segment) => 2 * order + (segment.startsWith(':') ? 1 : 0), 0)
}

/** The parameters of a path, decoded; undefined where the path is not the route's. */
function parametersIn(segments: readonly string[], route: Route): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [index, expected] of route.segments.entries()) {
    const segment = decoded(segments[index] ?? '')
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined
    } else {
      if (segment === undefined || segment.length > MAX_PARAMETER) return undefined
      params[expected.slice(1)] = segment
    }
  }
  return params
}

/** Undefined for a text that is not URI-encoded as it should be. */
function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
