import { resolve } from 'node:path'
import type { Clock, Wait } from '../clock.ts'
import type { Manifest } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import { isLoopback, type Proxies } from '../http/proxy.ts'
import type { FailedRequest } from '../http/retry.ts'
import { type ClientOptions, WorkosClient } from './client.ts'
import { DOCUMENTED_LIMITS, type Limits, limitsOf, NO_LIMITS, RateLimiter, type RequestClass } from './limiter.ts'

/** Identifies an environment. */
export interface TargetIdentity {
  type: 'workos' | 'sandbox'
  /** For an embedded sandbox, which has no address: `sandbox:` and its database. */
  baseUrl: string
  /** Secret. */
  apiKey: string
}

/** An open target. */
export interface Target {
  identity: TargetIdentity
  client: WorkosClient
  limits: Limits
  /** See RateLimiter.leastMs. */
  leastMs(requests: Partial<Record<RequestClass, number>>): number
  close(): Promise<void>
}

/** The public URL of the API. */
export const WORKOS = 'https://api.workos.com'

/** The default key of an embedded sandbox's environment. Not a secret. */
const SANDBOX_KEY = 'sk_test_sandbox'

export interface OpenTargetOptions {
  manifest: Pick<Manifest, 'target' | 'run'>
  /** Base of relative paths. */
  directory: string
  interrupted?: AbortSignal
  killed?: AbortSignal
  clock?: Clock
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
  /** Awaited before each write leaves: see ClientOptions. */
  mayWrite?: () => Promise<void>
  /** Called for long pauses. */
  onWait?: (wait: Wait) => void
  /** Called for requests without a usable response. */
  onFailedRequest?: (request: FailedRequest) => void
}

/**
 * Opens the target in the manifest. An embedded sandbox runs as long as the target is open.
 * @throws ManifestError for an invalid base URL, a missing or invalid key, or a sandbox in memory
 */
export async function openTarget({
  manifest,
  directory,
  clock,
  proxies,
  onWait,
  onFailedRequest,
  ...signals
}: OpenTargetOptions): Promise<Target> {
  const { target, run } = manifest
  const limits = limitsOf(run.limits)
  const limiter = new RateLimiter(isPaced(manifest) ? limits : NO_LIMITS, clock, onWait)
  const leastMs: Target['leastMs'] = (requests) => limiter.leastMs(requests)
  const connect = ({ apiKey, baseUrl }: TargetIdentity, transport?: ClientOptions['transport']): WorkosClient =>
    new WorkosClient({
      apiKey,
      baseUrl,
      transport,
      timeout: target.timeout * 1000,
      connections: run.concurrency,
      limiter,
      clock,
      proxies,
      onWait,
      onFailedRequest,
      ...signals,
    })
  if (target.type === 'sandbox') {
    refuseMemory(target.data)
    const data = resolve(directory, target.data ?? '.workos-migrate/sandbox.sqlite')
    const identity: TargetIdentity = {
      type: 'sandbox',
      baseUrl: `sandbox:${data}`,
      apiKey: checkKey(target.apiKey ?? SANDBOX_KEY),
    }
    const [{ embedSandbox }, { inProcess }] = await Promise.all([
      import('../sandbox/embedded.ts'),
      import('./embedded.ts'),
    ])
    const sandbox = embedSandbox({ data, limits: target.limits ?? false, apiKey: identity.apiKey })
    const client = connect(identity, (endOf) => inProcess(sandbox, endOf))
    const close = async () => {
      await client.close()
      sandbox.close()
    }
    return { identity, client, limits, leastMs, close }
  }
  const baseUrl = checkBaseUrl(target.baseUrl ?? WORKOS)
  const identity: TargetIdentity = { type: 'workos', baseUrl, apiKey: checkKey(target.apiKey) }
  const client = connect(identity)
  return { identity, client, limits, leastMs, close: () => client.close() }
}

/**
 * Whether requests wait for their turn. A sandbox without limits is not paced, unless the manifest
 * sets other limits.
 */
function isPaced({ target, run }: OpenTargetOptions['manifest']): boolean {
  if (target.type !== 'sandbox' || target.limits === true) return true
  if (typeof run.limits === 'string') return true
  const { writes, reads, requests } = DOCUMENTED_LIMITS
  return run.limits.writes !== writes || run.limits.reads !== reads || run.limits.requests !== requests
}

/**
 * The origin of a base URL. http is only for loopback: a key must not cross a network in plain
 * text.
 * @throws ManifestError
 */
export function checkBaseUrl(text: string): string {
  const url = URL.parse(text)
  const problem = (message: string, hint: string) =>
    new ManifestError({ code: 'bad_base_url', message, hint, path: 'target.baseUrl' })
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw problem(`target.baseUrl is not an http(s) URL: ${text}`, `set it like ${WORKOS} or http://127.0.0.1:4100`)
  }
  if (url.username !== '' || url.password !== '') {
    throw problem('target.baseUrl contains a user name or password', `set it to ${url.origin}`)
  }
  // A query can contain a secret, so it is not quoted.
  if (url.href !== `${url.origin}/`) {
    const quoted = text.replace(/[?#].*$/s, '…')
    throw problem(`target.baseUrl has more than a host and a port: ${quoted}`, `set it to ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw problem(`target.baseUrl would send the API key unencrypted to ${url.hostname}`, 'use https')
  }
  return url.origin
}

/** In memory, an embedded sandbox would be empty for every command and lose the last apply. */
function refuseMemory(data: string | undefined): void {
  if (data !== ':memory:') return
  throw new ManifestError({
    code: 'bad_value',
    message: 'target.data is :memory:, but an embedded sandbox must keep its data after the command ends',
    hint: 'set a file, or run `workos-migrate sandbox --data :memory:` and set type: workos and baseUrl: http://127.0.0.1:4100',
    path: 'target.data',
  })
}

/** An API key that fits into an HTTP header. The ellipsis of a shortened key does not. */
function checkKey(apiKey: string | undefined): string {
  if (apiKey !== undefined && /^[\x21-\x7e]+$/.test(apiKey)) return apiKey
  if (apiKey !== undefined && apiKey !== '') {
    throw new ManifestError({
      code: 'bad_api_key',
      message: 'target.apiKey contains blanks, line ends or non-ASCII characters, which no API key has',
      hint: 'copy the whole key again from the WorkOS dashboard',
      path: 'target.apiKey',
    })
  }
  throw new ManifestError({
    code: 'missing_api_key',
    message: 'target.apiKey is missing',
    hint: 'set target.apiKey: ${WORKOS_API_KEY} in the manifest, and set this environment variable',
    path: 'target.apiKey',
  })
}
