import { CredentialsError } from '../../../diagnostics/errors.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import type { LiveOptions } from '../options/options.ts'
import type { Tenant } from './tenant.ts'
import type { AccessTokens } from './token.ts'

interface Scope {
  name: string
  /** What is read with it. */
  use: string
}

const OPTIONS: Scope = { name: 'read:connections_options', use: 'what connections are made of' }
const ENABLED: Scope = { name: 'read:organization_connections', use: 'for which organizations connections are enabled' }

/** What an application has to be allowed for these options. */
export function scopesFor({ organizations, connections }: Pick<LiveOptions, 'organizations' | 'connections'>): Scope[] {
  return [
    { name: 'read:users', use: 'users, and export jobs of them' },
    { name: 'read:connections', use: 'connections' },
    ...(connections ? [OPTIONS] : []),
    { name: 'read:roles', use: 'roles and their permissions' },
    ...(organizations === 'organizations'
      ? [
          { name: 'read:organizations', use: 'organizations' },
          { name: 'read:organization_members', use: 'who is a member of them' },
          { name: 'read:organization_member_roles', use: 'the roles of members' },
          ...(connections ? [ENABLED] : []),
        ]
      : []),
  ]
}

/**
 * Makes sure that everything can be read before anything long starts: by what the token says of itself, and by one small request of
 * each sort.
 * @throws CredentialsError with every scope that is missing and what it is for
 */
export async function checkScopes(tenant: Tenant, tokens: AccessTokens, options: LiveOptions): Promise<void> {
  const needed = scopesFor(options)
  const granted = await tokens.scopes()
  const missing = new Set(granted === undefined ? [] : needed.flatMap(({ name }) => (granted.has(name) ? [] : [name])))
  for (const [scope, path] of await probes(tenant, options, missing)) {
    if (missing.has(scope)) continue
    try {
      await tenant.get(path, { per_page: 1, page: 0 })
    } catch (error) {
      if (!(error instanceof HttpRefusal)) throw error
      // With the scope granted, the refusal has another reason, which it tells: a plan without Organizations, say.
      if (error.status === 403 && granted?.has(scope) !== true) missing.add(scope)
      else if (error.status !== 404) throw error
    }
  }
  if (missing.size === 0) return
  throw new CredentialsError(needed.filter(({ name }) => missing.has(name)).map(problemOf))
}

/** What to say where the options of connections are not there: Auth0 leaves them out, and refuses nothing. */
export function missingOptionsScope(): Problem {
  return problemOf(OPTIONS)
}

function problemOf({ name, use }: Scope): Problem {
  return {
    code: 'missing_scope',
    message: `the application lacks the scope ${name}, which is needed to read ${use}`,
    hint: `tick it in the Auth0 dashboard: Applications, APIs, Auth0 Management API, Machine to Machine Applications; then run the same command again`,
    path: 'source.clientId',
  }
}

/** One request per scope; those that need an organization are there only if the tenant has one. */
async function probes(
  tenant: Tenant,
  { organizations, only, connections }: LiveOptions,
  missing: ReadonlySet<string>,
): Promise<[scope: string, path: string][]> {
  const always: [string, string][] = [
    ['read:users', '/users'],
    ['read:connections', '/connections'],
    ['read:roles', '/roles'],
  ]
  if (organizations !== 'organizations') return always
  const first = missing.has('read:organizations') ? undefined : (only?.[0] ?? (await tenant.firstOrganization()))
  if (first === undefined) return [...always, ['read:organizations', '/organizations']]
  const path = `/organizations/${encodeURIComponent(first)}/members`
  const member = missing.has('read:organization_members') ? undefined : await tenant.firstMember(path)
  return [
    ...always,
    ['read:organizations', '/organizations'],
    ['read:organization_members', path],
    ...(connections
      ? [[ENABLED.name, `/organizations/${encodeURIComponent(first)}/enabled_connections`] as [string, string]]
      : []),
    ...(member === undefined
      ? []
      : [['read:organization_member_roles', `${path}/${encodeURIComponent(member)}/roles`] as [string, string]]),
  ]
}
