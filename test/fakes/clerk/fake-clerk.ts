import { Bucket, type Rate } from '../http/bucket.ts'
import type { Call, LogEntry } from '../http/exchange.ts'
import type { NetworkErrorSettings } from '../http/network-errors.ts'
import { Refused } from '../http/refused.ts'
import { type AnswerHook, type FakeServer, startFakeServer } from '../http/server.ts'
import { connectionEndpoints } from './endpoints-connections.ts'
import { organizationEndpoints } from './endpoints-organizations.ts'
import { userEndpoints } from './endpoints-users.ts'
import { Instance } from './instance.ts'
import type { InstanceData } from './objects.ts'
import { refuse, wholesaleRefusal } from './refusals.ts'

export const SECRET_KEY = 'sk_test_fakeClerkSecretKey0123456789'

export interface ClerkSettings {
  secretKey?: string
  /**
   * Documented limits: 1,000 requests in 10 s for production instances, 100 for development.
   * Default: no limit.
   */
  rate?: Rate
  /** Added to the returned totals. */
  totalsOff?: { memberships?: number }
  /** Fixed responses by path, for features that the instance does not have. */
  refused?: Record<string, { status: number; code: string }>
  networkErrors?: NetworkErrorSettings
  /** Milliseconds since the epoch. */
  now?: () => number
  onRequest?: (entry: LogEntry) => void | Promise<void>
  onAnswer?: AnswerHook
}

/** A Clerk instance on loopback. */
export interface FakeClerk extends FakeServer {
  /** The content of the instance, which tests can change. */
  instance: Instance
  /** `source` of a manifest for the instance. */
  source: { type: 'clerk'; secretKey: string; baseUrl: string }
  /** Rejects the secret key from now on. */
  revokeKey(): void
}

/** Starts an instance with this content. The caller closes it. */
export async function startFakeClerk(data: Partial<InstanceData>, settings: ClerkSettings = {}): Promise<FakeClerk> {
  const { secretKey = SECRET_KEY, now = Date.now } = settings
  const instance = new Instance(data, now)
  const bucket = settings.rate && new Bucket(settings.rate, now)
  let revoked = false

  const admit = ({ headers: { authorization }, route }: Call): Record<string, string> => {
    if (!authorization?.startsWith('Bearer ')) {
      refuse(401, 'authorization_header_format_invalid', 'Invalid Authorization header format')
    }
    if (revoked || authorization !== `Bearer ${secretKey}`) {
      const message = 'The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.'
      refuse(401, 'clerk_key_invalid', message)
    }
    const refused = settings.refused?.[route]
    if (refused !== undefined) refuse(refused.status, refused.code, 'Not for this instance')
    if (bucket === undefined || bucket.take()) return {}
    const headers = { 'Retry-After': String(Math.max(1, Math.ceil(bucket.waitMs / 1000))) }
    throw new Refused({ ...wholesaleRefusal(429), headers })
  }

  const server = await startFakeServer({
    endpoints: [
      ...userEndpoints(instance),
      ...organizationEndpoints(instance, settings.totalsOff ?? {}),
      ...connectionEndpoints(instance),
    ],
    admit,
    refusal: wholesaleRefusal,
    networkErrors: settings.networkErrors,
    onRequest: settings.onRequest,
    onAnswer: settings.onAnswer,
  })
  return {
    ...server,
    instance,
    source: { type: 'clerk', secretKey, baseUrl: server.url },
    revokeKey: () => {
      revoked = true
    },
  }
}
