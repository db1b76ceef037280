import { CredentialsError, SourceError } from '../../../diagnostics/errors.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import { type AccessToken, AccessTokens, accessTokenOf } from '../../../http/access-tokens.ts'
import type { JsonClient } from '../../../http/json-client.ts'
import { HttpRefusal } from '../../../http/refusal.ts'
import type { Json } from '../../../json.ts'
import { type Address, audienceHint, type LiveOptions } from '../options.ts'
import type { Tenant } from './api.ts'

interface Credentials {
  address: Address
  clientId: string
  clientSecret: string
}

/**
 * Access tokens of a machine-to-machine application:
 * https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens
 * @param client without authorization
 * @throws CredentialsError, on a token request, if the tenant rejects the application
 */
export function accessTokens(client: JsonClient, { address, clientId, clientSecret }: Credentials): AccessTokens {
  return new AccessTokens(async () => {
    const askedAt = Date.now()
    try {
      const answer = await client.post('/oauth/token', {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        audience: address.audience,
      })
      return tokenOf(answer, askedAt, address)
    } catch (error) {
      if (error instanceof HttpRefusal && error.status < 500) throw refused(error, address)
      throw error
    }
  })
}

function tokenOf(answer: Json, askedAt: number, address: Address): AccessToken {
  const token = accessTokenOf(answer, askedAt)
  if (token !== undefined) return token
  throw new SourceError({
    code: 'no_token',
    message: `the response of ${address.name} to a token request does not contain a token`,
    hint: 'check that source.domain is the domain of an Auth0 tenant',
  })
}

function refused(refusal: HttpRefusal, address: Address): CredentialsError {
  const said = refusal.problems[0]?.message ?? refusal.message
  return new CredentialsError(
    {
      code: 'credentials_refused',
      message: `${address.name} did not issue an access token: ${said}`,
      hint: hintFor(refusal.status, address),
      path: 'source.clientId',
    },
    { cause: refusal },
  )
}

function hintFor(status: number, address: Address): string {
  if (status === 401) return 'check clientId and clientSecret under source (Auth0 dashboard, Applications, Settings)'
  if (status !== 403) return 'check that source.domain is the domain of an Auth0 tenant'
  const authorize = `authorize the application for the API ${address.audience} (Auth0 dashboard, Applications, APIs)`
  return [authorize, audienceHint(address)].filter((hint) => hint !== undefined).join('; ')
}

interface Scope {
  name: string
  /** Completes "needed to read …". */
  use: string
}

const OPTIONS: Scope = { name: 'read:connections_options', use: 'the settings of connections' }
const ENABLED: Scope = { name: 'read:organization_connections', use: 'the connections of organizations' }
const INVITED: Scope = { name: 'read:organization_invitations', use: 'the invitations to organizations' }

type Asked = Pick<LiveOptions, 'organizations' | 'connections' | 'invitations'>

/** The scopes that an application needs for these options, and no others. */
export function scopesFor({ organizations, connections, invitations }: Asked): Scope[] {
  return [
    { name: 'read:users', use: 'users and their export jobs' },
    ...(connections ? [{ name: 'read:connections', use: 'connections' }, OPTIONS] : []),
    ...(organizations === 'none' ? [] : [{ name: 'read:roles', use: 'roles and their permissions' }]),
    ...(organizations === 'organizations'
      ? [
          { name: 'read:organizations', use: 'organizations' },
          { name: 'read:organization_members', use: 'the members of organizations' },
          { name: 'read:organization_member_roles', use: 'the roles of members' },
          ...(connections ? [ENABLED] : []),
          ...(invitations ? [INVITED] : []),
        ]
      : []),
  ]
}

/**
 * Checks the scopes before a long reading starts: in the token itself, and by one small request
 * each.
 * @throws CredentialsError with every missing scope and its use
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
      // With the scope granted, a 403 has another cause, for example a plan without Organizations.
      if (error.status === 403 && granted?.has(scope) !== true) missing.add(scope)
      else if (error.status !== 404) throw error
    }
  }
  if (missing.size === 0) return
  throw new CredentialsError(needed.filter(({ name }) => missing.has(name)).map(problemOf))
}

/** For connections without options: if the scope is missing, Auth0 omits them without an error. */
export function missingOptionsScope(): Problem {
  return problemOf(OPTIONS)
}

function problemOf({ name, use }: Scope): Problem {
  return {
    code: 'missing_scope',
    message: `the application does not have the scope ${name}, which is needed to read ${use}`,
    hint: `grant it in the Auth0 dashboard: Applications, APIs, Auth0 Management API, Machine to Machine Applications; then run the same command again`,
    path: 'source.clientId',
  }
}

/** One request per scope. Some need an organization or a member to exist. */
async function probes(
  tenant: Tenant,
  { organizations, only, connections, invitations }: LiveOptions,
  missing: ReadonlySet<string>,
): Promise<[scope: string, path: string][]> {
  const always: [string, string][] = [
    ['read:users', '/users'],
    ...(connections ? [['read:connections', '/connections'] as [string, string]] : []),
    ...(organizations === 'none' ? [] : [['read:roles', '/roles'] as [string, string]]),
  ]
  if (organizations !== 'organizations') return always
  const first = missing.has('read:organizations') ? undefined : (only?.[0] ?? (await tenant.firstOrganization()))
  if (first === undefined) return [...always, ['read:organizations', '/organizations']]
  const organization = `/organizations/${encodeURIComponent(first)}`
  const path = `${organization}/members`
  const member = missing.has('read:organization_members') ? undefined : await tenant.firstMember(path)
  return [
    ...always,
    ['read:organizations', '/organizations'],
    ['read:organization_members', path],
    ...(connections ? [[ENABLED.name, `${organization}/enabled_connections`] as [string, string]] : []),
    ...(invitations ? [[INVITED.name, `${organization}/invitations`] as [string, string]] : []),
    ...(member === undefined
      ? []
      : [['read:organization_member_roles', `${path}/${encodeURIComponent(member)}/roles`] as [string, string]]),
  ]
}
