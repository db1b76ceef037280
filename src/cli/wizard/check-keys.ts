import { CredentialsError, ManifestError, NetworkError, TargetError } from '../../diagnostics/errors.ts'
import { type Proxies, proxiesOf } from '../../http/proxy.ts'
import { openTarget } from '../../workos/target.ts'
import type { Context } from '../context.ts'
import { type Answers, keyVariable } from './answers.ts'
import type { Prompts } from './prompts.ts'
import type { ProposedManifest } from './propose-manifest.ts'

/**
 * Tries the WorkOS keys that are set, and asks for the first that is not where there is somebody to ask. A key that is typed
 * is tried and forgotten.
 * @returns the variables whose keys were tried
 * @throws CredentialsError when WorkOS refuses a key that is set
 */
export async function checkKeys(
  { variables }: ProposedManifest,
  { target, baseUrl }: Answers,
  prompts: Prompts | undefined,
  context: Context,
): Promise<Set<string>> {
  const { env, stderr, redactor, interrupted: signal } = context
  const tried = new Set<string>()
  const say = (text: string) => (prompts === undefined ? void stderr.write(`${text}\n`) : prompts.say(text))
  for (const { name, environment } of variables) {
    if (name !== keyVariable(environment || undefined) || tried.has(name)) continue
    const key = env[name]
    if (key !== undefined && key !== '') {
      redactor?.register(key)
      const check = await checkWorkosKey(key, { baseUrl, signal, proxies: proxiesOf(env) })
      if (check.kind === 'refused') throw refusedKey(name)
      say(check.kind === 'accepted' ? `${name} is accepted by WorkOS.` : `${name} was not tried: ${check.why}.`)
      tried.add(name)
    } else if (prompts !== undefined && target === 'workos' && environment === '') {
      await askForKey(name, baseUrl, prompts, context)
    }
  }
  return tried
}

async function askForKey(name: string, baseUrl: string | undefined, prompts: Prompts, context: Context): Promise<void> {
  for (;;) {
    const key = (await prompts.secret(`${name}? It is tried, not stored; Enter to do without`)).trim()
    if (key === '') return
    context.redactor?.register(key)
    const check = await checkWorkosKey(key, { baseUrl, signal: context.interrupted, proxies: proxiesOf(context.env) })
    if (check.kind === 'accepted') return prompts.say('WorkOS accepts it. Export it before the plan.')
    prompts.warn(check.kind === 'refused' ? 'WorkOS refuses it.' : `${check.why}.`)
    if (check.kind === 'unknown') return
  }
}

function refusedKey(name: string): CredentialsError {
  return new CredentialsError({
    code: 'key_refused',
    message: `WorkOS refuses the key in ${name}: nothing was written`,
    hint: `copy it again from the WorkOS dashboard (API keys), or unset ${name} to go on without it`,
  })
}

/** What became of trying a key. */
type KeyCheck = { kind: 'accepted' } | { kind: 'refused'; why: string } | { kind: 'unknown'; why: string }

/** Milliseconds until WorkOS counts as out of reach. */
const PATIENCE = 10_000

/** Tries a WorkOS key by reading one organization. Nothing is written, and the key goes nowhere else. */
async function checkWorkosKey(
  apiKey: string,
  { baseUrl, signal, proxies }: { baseUrl?: string; signal: AbortSignal; proxies: Proxies },
): Promise<KeyCheck> {
  const limits = { writes: '500/10s', reads: '1000/10s', requests: '6000/60s' }
  const run = { workers: 1, chunkSize: 1, concurrency: 1, limits }
  const target = {
    type: 'workos',
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    timeout: PATIENCE / 1000,
  } as const
  try {
    const interrupted = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
    const opened = await openTarget({ manifest: { target, run }, directory: '.', interrupted, proxies })
    try {
      await opened.client.read('/organizations', { limit: 1 })
      return { kind: 'accepted' }
    } finally {
      await opened.close()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CredentialsError) return { kind: 'refused', why: error.message }
    if (error instanceof ManifestError && error.problems[0]?.code === 'bad_api_key') {
      return { kind: 'refused', why: error.message }
    }
    if (error instanceof NetworkError) return { kind: 'unknown', why: error.message }
    if (error instanceof TargetError || isTimeout(error)) return { kind: 'unknown', why: 'WorkOS could not be reached' }
    throw error
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name)
}
