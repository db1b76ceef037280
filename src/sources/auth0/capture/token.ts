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
 * @param client without a token of its own
 * @throws CredentialsError, from what asks for a token, when the tenant refuses the application
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
    message: `${address.name} answered the request for a token without one`,
    hint: 'is source.domain the domain of an Auth0 tenant?',
  })
}

function refused(refusal: HttpRefusal, address: Address): CredentialsError {
  const said = refusal.problems[0]?.message ?? refusal.message
  return new CredentialsError(
    {
      code: 'credentials_refused',
      message: `${address.name} gives no access token: ${said}`,
      hint: hintFor(refusal.status, address),
      path: 'source.clientId',
    },
    { cause: refusal },
  )
}

function hintFor(status: number, address: Address): string {
  if (status === 401) return 'check clientId and clientSecret under source (Auth0 dashboard, Applications, Settings)'
  if (status !== 403) return 'is source.domain the domain of an Auth0 tenant?'
  const authorize = `authorize the application for the API ${address.audience} (Auth0 dashboard, Applications, APIs)`
  return [authorize, audienceHint(address)].filter((hint) => hint !== undefined).join('; ')
}

interface Scope {
  name: string
  /** What is read with it. */
  use: string
}

const OPTIONS: Scope = { name: 'read:connections_options', use: 'what connections are made of' }
const ENABLED: Scope = { name: 'read:organization_connections', use: 'for which organizations connections are enabled' }

const INVITED: Scope = { name: 'read:organization_invitations', use: 'who is invited to organizations' }

/** What the scopes depend on. */
type Asked = Pick<LiveOptions, 'organizations' | 'connections' | 'invitations'>

/** What an application has to be allowed for these options: of what is not read, nothing. */
export function scopesFor({ organizations, connections, invitations }: Asked): Scope[] {
  return [
    { name: 'read:users', use: 'users, and export jobs of them' },
    ...(connections ? [{ name: 'read:connections', use: 'connections' }, OPTIONS] : []),
    ...(organizations === 'none' ? [] : [{ name: 'read:roles', use: 'roles and their permissions' }]),
    ...(organizations === 'organizations'
      ? [
          { name: 'read:organizations', use: 'organizations' },
          { name: 'read:organization_members', use: 'who is a member of them' },
          { name: 'read:organization_member_roles', use: 'the roles of members' },
          ...(connections ? [ENABLED] : []),
          ...(invitations ? [INVITED] : []),
        ]
      : []),
  ]
}

/**
 * Makes sure that everything can be read before anything long starts: by what the token says of
 * itself, and by one small request of each sort.
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
      // With the scope granted, the refusal has another reason, which it tells: a plan without
      // Organizations, say.
      if (error.status === 403 && granted?.has(scope) !== true) missing.add(scope)
      else if (error.status !== 404) throw error
    }
  }
  if (missing.size === 0) return
  throw new CredentialsError(needed.filter(({ name }) => missing.has(name)).map(problemOf))
}

/**
 * What to say where the options of connections are not there: Auth0 leaves them out, and refuses
 * nothing.
 */
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
