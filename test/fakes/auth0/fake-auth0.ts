import { Bucket } from '../http/bucket.ts'
import type { Call } from '../http/exchange.ts'
import { Refused } from '../http/refused.ts'
import { type FakeServer, startFakeServer } from '../http/server.ts'
import { randomFrom } from '../random.ts'
import { jobEndpoints } from './endpoints-jobs.ts'
import { organizationEndpoints } from './endpoints-organizations.ts'
import { roleEndpoints } from './endpoints-roles.ts'
import { userEndpoints } from './endpoints-users.ts'
import type { TenantData } from './objects.ts'
import { Checkpoints } from './paging.ts'
import { wholesaleRefusal } from './refusals.ts'
import { scopesFor } from './scopes.ts'
import { ALL_SCOPES, type Auth0Settings } from './settings.ts'
import { Tenant } from './tenant.ts'
import { Tokens } from './tokens.ts'

export const CLIENT_ID = 'fake-client-id'
export const CLIENT_SECRET = 'fake-client-secret-0123456789'

/** An Auth0 tenant on loopback. */
export interface FakeAuth0 extends FakeServer {
  /** The content of the tenant, which tests can change. */
  tenant: Tenant
  /** `source` of a manifest for the tenant. */
  source: { type: 'auth0'; domain: string; clientId: string; clientSecret: string }
  /** Rejects all tokens issued so far. */
  expireTokens(): void
}

/** Starts a tenant with this content. The caller closes it. */
export async function startFakeAuth0(data: Partial<TenantData>, settings: Auth0Settings = {}): Promise<FakeAuth0> {
  const { now = Date.now, scopes = ALL_SCOPES, clientId = CLIENT_ID, clientSecret = CLIENT_SECRET } = settings
  const tenant = new Tenant(data, now)
  const checkpoints = new Checkpoints(settings.shortPages ?? 0, randomFrom(settings.seed ?? 1))
  const bucket = settings.rate && new Bucket(settings.rate, now)
  const place = { url: '' }
  const tokens = new Tokens({
    clientId,
    clientSecret,
    audience: () => settings.audience ?? `${place.url}/api/v2/`,
    granted: settings.granted ?? true,
    scopes,
    lifetime: settings.tokenLifetime ?? 86_400,
    uses: settings.tokenUses ?? Number.POSITIVE_INFINITY,
    now,
  })

  const admit = (call: Call): Record<string, string> => {
    const needed = scopesFor(call)
    if (needed.length === 0) return {}
    const headers = bucket === undefined ? {} : spend(bucket, settings.retryAfter ?? false, now)
    tokens.check(call.headers.authorization, needed)
    return headers
  }

  const server = await startFakeServer({
    endpoints: [
      { method: 'POST', path: '/oauth/token', answer: (call) => tokens.issue(call) },
      ...userEndpoints(tenant, settings),
      ...organizationEndpoints(tenant, settings, checkpoints),
      ...roleEndpoints(tenant, settings, checkpoints, scopes.includes('read:connections_options')),
      ...jobEndpoints(tenant, settings, () => place.url),
    ],
    admit,
    refusal: wholesaleRefusal,
    networkErrors: settings.networkErrors,
    onRequest: settings.onRequest,
    onAnswer: settings.onAnswer,
  })
  place.url = server.url
  return {
    ...server,
    tenant,
    source: { type: 'auth0', domain: server.url, clientId, clientSecret },
    expireTokens: () => tokens.expire(),
  }
}

/** Takes a token from the tenant's bucket, which all endpoints of the Management API share. */
function spend(bucket: Bucket, retryAfter: boolean, now: () => number): Record<string, string> {
  const taken = bucket.take()
  const waitSeconds = Math.ceil(bucket.waitMs / 1000)
  const headers = {
    'X-RateLimit-Limit': String(bucket.rate.burst),
    'X-RateLimit-Remaining': String(bucket.remaining),
    'X-RateLimit-Reset': String(Math.ceil(now() / 1000) + waitSeconds),
  }
  if (taken) return headers
  const answer = wholesaleRefusal(429)
  throw new Refused({
    ...answer,
    headers: { ...headers, ...(retryAfter && { 'Retry-After': String(Math.max(1, waitSeconds)) }) },
  })
}
