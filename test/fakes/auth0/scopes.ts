import type { Call } from '../http/exchange.ts'
import { asksForRoles } from './endpoints-organizations.ts'

const SCOPES: Record<string, string[]> = {
  'GET /api/v2/users': ['read:users'],
  'GET /api/v2/users/:id': ['read:users', 'read:current_user'],
  'POST /api/v2/jobs/users-exports': ['read:users'],
  'GET /api/v2/jobs/:id': ['create:users', 'read:users'],
  'GET /api/v2/organizations': ['read:organizations'],
  'GET /api/v2/organizations/:id': ['read:organizations'],
  'GET /api/v2/organizations/:id/members': ['read:organization_members'],
  'GET /api/v2/organizations/:id/members/:user/roles': ['read:organization_member_roles'],
  'GET /api/v2/organizations/:id/enabled_connections': ['read:organization_connections'],
  'GET /api/v2/organizations/:id/invitations': ['read:organization_invitations'],
  'GET /api/v2/roles': ['read:roles'],
  'GET /api/v2/roles/:id': ['read:roles'],
  'GET /api/v2/roles/:id/permissions': ['read:roles'],
  'GET /api/v2/connections': ['read:connections'],
}

/** Lists of scopes; a token needs one of each list. Empty: no token needed. */
export function scopesFor(call: Call): string[][] {
  const scopes = SCOPES[`${call.method} ${call.route}`]
  if (scopes === undefined) return []
  const roles = call.route === '/api/v2/organizations/:id/members' && asksForRoles(call)
  return roles ? [scopes, ['read:organization_member_roles']] : [scopes]
}
