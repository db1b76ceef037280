import { ExitCode, ManifestError, OperatorError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { describeFailure, permanentFailure } from '../../http/failures.ts'
import { openNetwork } from '../../http/network.ts'
import { proxiesOf } from '../../http/proxy.ts'
import { environmentSort, keySort } from '../../planning/where.ts'
import { duration } from '../../reporting/style.ts'
import { type Answer, recordExchange, recordingFetch } from '../../workos/exchange.ts'
import { refusalOf } from '../../workos/refusal.ts'
import { checkBaseUrl, WORKOS } from '../../workos/target.ts'
import { type Finding, ofError, ok, problem, skipped, warning } from './finding.ts'
import { type Patient, soundIn, unsetIn } from './patient.ts'

/** Milliseconds until WorkOS counts as out of reach. */
const PATIENCE = 15_000

/** A clock that differs by more is a warning. Milliseconds. */
const OFF = 30_000

/** What is read to try the key. */
const PATH = '/organizations?limit=1'

/** The address of a target that is reached over a network; undefined for an embedded sandbox, and where none is known. */
function targetAddress(patient: Patient): string | undefined {
  const loaded = soundIn(patient, 'target')
  if (loaded === undefined || loaded.manifest.target.type !== 'workos') return undefined
  if (unsetIn(loaded, 'target').some(({ path }) => path === 'target.baseUrl')) return undefined
  return checkBaseUrl(loaded.manifest.target.baseUrl ?? WORKOS)
}

/** The same, and undefined for an invalid address: `lookAtTarget` reports that one. */
export function knownAddress(patient: Patient): string | undefined {
  try {
    return targetAddress(patient)
  } catch (error) {
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

/** Key and environment, and by one read whether the target accepts the key, with its clock. */
export async function lookAtTarget(patient: Patient): Promise<Finding[]> {
  const loaded = soundIn(patient, 'target')
  if (loaded === undefined) return [skipped('target', 'needs the target of the manifest')]
  const { target } = loaded.manifest
  if (target.type === 'sandbox') {
    return [ok('target', 'an embedded sandbox: it needs no key, and nothing leaves this machine')]
  }
  const address = targetAddress(patient)
  const { apiKey = '' } = target
  if (address === undefined || unsetIn(loaded, 'target').length > 0)
    return [skipped('target', 'a reference of it is not set')]
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    const what = apiKey === '' ? 'is empty' : 'has characters that no API key has'
    return [
      problem('target', `target.apiKey ${what}`, 'copy the whole key again from the WorkOS dashboard', ExitCode.usage),
    ]
  }
  const fits = keyFits(apiKey, loaded.environment)
  if (patient.options.offline) return [skipped('target', `${address} was not asked: --offline`), ...fits]
  return [...(await ask(patient, address, apiKey)), ...fits]
}

/** Whether a key is one for trials, and whether that is what the name of the environment says. */
export function keyFits(apiKey: string, environment: string | undefined): Finding[] {
  const kind = keySort({ type: 'workos', apiKey })
  const named = environment === undefined ? 'no environment' : `environment ${environment}`
  if (kind === null) return [ok('environment', `${named}; the key does not say whether it is live`)]
  const said = `${named}, with a ${kind} key`
  const sort = environment === undefined ? undefined : environmentSort(environment)
  if (sort !== (kind === 'live' ? 'trial' : 'production')) return [ok('environment', said)]
  return [warning('environment', said, 'check which variable target.apiKey refers to, and what it is set to')]
}

async function ask({ context }: Patient, address: string, apiKey: string): Promise<Finding[]> {
  const network = openNetwork(proxiesOf(context.env))
  const signal = AbortSignal.any([context.interrupted, AbortSignal.timeout(PATIENCE)])
  try {
    const sent = context.now()
    const get = recordingFetch(network.dispatcher, () => signal)
    const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
    const { answer, failure } = await recordExchange(() => get(`${address}${PATH}`, { headers }))
    if (answer === undefined) throw failure
    const middle = (sent + context.now()) / 2
    return [judge(address, apiKey, answer), ...clockAgainst(answer.date, middle)]
  } catch (error) {
    context.interrupted.throwIfAborted()
    const settled = error instanceof OperatorError ? error : permanentFailure(error, address)
    if (settled !== undefined) return ofError('target', settled)
    const why = signal.aborted ? `no answer within ${PATIENCE / 1000} s` : describeFailure(error)
    return [
      problem('target', `${address} cannot be reached: ${why}`, 'check the network, target.baseUrl and the proxy'),
    ]
  } finally {
    await network.destroy()
  }
}

function judge(address: string, apiKey: string, answer: Answer): Finding {
  const { status } = answer
  if (status < 300 && Array.isArray(answer.body?.data)) return ok('target', `${address} accepts the key`)
  if (status < 300) return strange(address, status)
  if (status === 429) {
    const hint = 'other programs use the same allowance: wait, or lower run.limits'
    return warning('target', `${address} has no room for a request (HTTP 429)`, hint)
  }
  if (status >= 500) {
    return problem('target', `${address} answers HTTP ${status}`, 'try again later: https://status.workos.com')
  }
  const redactor = new Redactor()
  redactor.register(apiKey)
  const [first] = ofError('target', refusalOf(address, { method: 'GET', path: PATH }, answer, redactor))
  return first ?? problem('target', `${address} answers HTTP ${status}`, 'check target.baseUrl')
}

/** A sign-in page of a network, for instance. */
function strange(address: string, status: number): Finding {
  const message = `${address} does not answer as WorkOS does: HTTP ${status} without a list in JSON`
  const hint = 'check target.baseUrl; a sign-in page or a proxy may answer in its place'
  return { ...problem('target', message, hint), code: 'unexpected_answer' }
}

/** @param ours milliseconds since the epoch */
export function clockAgainst(header: string | undefined, ours: number): Finding[] {
  const theirs = Date.parse(header ?? '')
  if (Number.isNaN(theirs)) return [skipped('clock', 'the target does not tell the time')]
  const off = ours - theirs
  if (Math.abs(off) < OFF) return [ok('clock', "as the target's")]
  const said = `this machine's clock is ${duration(Math.abs(off) / 1000)} ${off > 0 ? 'ahead of' : 'behind'} the target's`
  return [
    warning(
      'clock',
      said,
      'set it, by NTP if you can: certificates, codes of second factors and ages of snapshots go by it',
    ),
  ]
}
