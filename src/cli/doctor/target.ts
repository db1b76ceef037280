import { X509Certificate } from 'node:crypto'
import { ExitCode, ManifestError, OperatorError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { readRegular } from '../../files/regular-file.ts'
import { describeFailure, permanentFailure } from '../../http/failures.ts'
import { openNetwork } from '../../http/network.ts'
import { proxiesOf, proxyFor, proxyUrl } from '../../http/proxy.ts'
import { environmentSort, keySort } from '../../planning/binding.ts'
import { counted, duration } from '../../reporting/style.ts'
import { type Answer, recordExchange, recordingFetch } from '../../workos/exchange.ts'
import { refusalOf } from '../../workos/refusal.ts'
import { checkBaseUrl, WORKOS } from '../../workos/target.ts'
import { type Finding, ofError, ok, type Patient, problem, skipped, soundIn, unsetIn, warning } from './patient.ts'

/** Time to wait for WorkOS. Milliseconds. */
const PATIENCE = 15_000

/** A larger clock difference is a warning. Milliseconds. */
const OFF = 30_000

const PATH = '/organizations?limit=1'

/** The URL of the target; undefined for an embedded sandbox, or if it is not known. */
function targetAddress(patient: Patient): string | undefined {
  const loaded = soundIn(patient, 'target')
  if (loaded === undefined || loaded.manifest.target.type !== 'workos') return undefined
  if (unsetIn(loaded, 'target').some(({ path }) => path === 'target.baseUrl')) return undefined
  return checkBaseUrl(loaded.manifest.target.baseUrl ?? WORKOS)
}

/** The same, but undefined for an invalid URL, which `lookAtTarget` reports. */
export function knownAddress(patient: Patient): string | undefined {
  try {
    return targetAddress(patient)
  } catch (error) {
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

/** Checks the key with one request, the clock, and whether the key fits the environment. */
export async function lookAtTarget(patient: Patient): Promise<Finding[]> {
  const loaded = soundIn(patient, 'target')
  if (loaded === undefined) return [skipped('target', 'needs the target from the manifest')]
  const { target } = loaded.manifest
  if (target.type === 'sandbox') {
    return [ok('target', 'an embedded sandbox: no key is needed, and no data leaves this machine')]
  }
  const address = targetAddress(patient)
  const { apiKey = '' } = target
  if (address === undefined || unsetIn(loaded, 'target').length > 0)
    return [skipped('target', 'a reference in target is not set')]
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    const what = apiKey === '' ? 'is empty' : 'contains characters that are not valid in an API key'
    return [
      problem('target', `target.apiKey ${what}`, 'copy the whole key from the WorkOS dashboard again', ExitCode.usage),
    ]
  }
  const fits = keyFits(apiKey, loaded.environment)
  if (patient.options.offline) return [skipped('target', `no request to ${address}: --offline`), ...fits]
  return [...(await ask(patient, address, apiKey)), ...fits]
}

/** Compares the sort of key, test or live, with the name of the environment. */
export function keyFits(apiKey: string, environment: string | undefined): Finding[] {
  const kind = keySort({ type: 'workos', apiKey })
  const named = environment === undefined ? 'no environment' : `environment ${environment}`
  if (kind === null) return [ok('environment', `${named}; the key does not show whether it is live`)]
  const said = `${named}, with a ${kind} key`
  const sort = environment === undefined ? undefined : environmentSort(environment)
  if (sort !== (kind === 'live' ? 'trial' : 'production')) return [ok('environment', said)]
  return [warning('environment', said, 'check which variable target.apiKey refers to, and its value')]
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
    const permanent = error instanceof OperatorError ? error : permanentFailure(error, address)
    if (permanent !== undefined) return ofError('target', permanent)
    const why = signal.aborted ? `no response within ${PATIENCE / 1000} s` : describeFailure(error)
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
    const hint = 'wait, or lower run.limits: other programs share the same rate limit'
    return warning('target', `${address} is at its rate limit (HTTP 429)`, hint)
  }
  if (status >= 500) {
    return problem('target', `${address} returned HTTP ${status}`, 'try again later: https://status.workos.com')
  }
  const redactor = new Redactor()
  redactor.register(apiKey)
  const [first] = ofError('target', refusalOf(address, { method: 'GET', path: PATH }, answer, redactor))
  return first ?? problem('target', `${address} returned HTTP ${status}`, 'check target.baseUrl')
}

/** For example, the sign-in page of a network. */
function strange(address: string, status: number): Finding {
  const message = `${address} does not respond like WorkOS: HTTP ${status} without a JSON list`
  const hint = 'check target.baseUrl, and whether a sign-in page or a proxy responds instead'
  return { ...problem('target', message, hint), code: 'unexpected_answer' }
}

/** @param ours milliseconds since the epoch */
function clockAgainst(header: string | undefined, ours: number): Finding[] {
  const theirs = Date.parse(header ?? '')
  if (Number.isNaN(theirs)) return [skipped('clock', 'the target does not send its time')]
  const off = ours - theirs
  if (Math.abs(off) < OFF) return [ok('clock', 'same as the target')]
  const said = `the clock of this machine is ${duration(Math.abs(off) / 1000)} ${off > 0 ? 'ahead of' : 'behind'} the target`
  return [
    warning(
      'clock',
      said,
      'set the clock, with NTP if possible: certificates, one-time codes and snapshot ages depend on it',
    ),
  ]
}

const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** A file with more certificates is a bundle of a system. */
const FEW = 10

/** Shows whether a proxy is used for the target. */
export function lookAtProxy(patient: Patient): Finding[] {
  const address = knownAddress(patient)
  const proxies = proxiesOf(patient.context.env)
  if (address === undefined) return []
  const variable = proxyFor(proxies, address)
  const { host } = new URL(address)
  if (variable === undefined) {
    const why = proxies.https === undefined ? '' : `, although ${proxies.https.name} is set`
    return [ok('proxy', `connects to ${host} directly${why}`)]
  }
  // Host and port only: a proxy URL can contain credentials.
  return [ok('proxy', `connects to ${host} through ${proxyUrl(variable).host} (${variable.name})`)]
}

/** Checks the additional certificate authorities. */
export function lookAtCertificates({ context: { env, now } }: Patient): Finding[] {
  const findings: Finding[] = []
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    findings.push(
      warning(
        'certificates',
        'NODE_TLS_REJECT_UNAUTHORIZED is 0: anyone on the network path can read the API key and every password hash',
        'unset it; for your own certificate authority, set NODE_EXTRA_CA_CERTS',
      ),
    )
  }
  const file = env.NODE_EXTRA_CA_CERTS
  if (file === undefined || file === '') {
    return findings.length > 0 ? findings : [ok('certificates', 'those of Node.js')]
  }
  return [...findings, extraAuthorities(file, now())]
}

function extraAuthorities(file: string, now: number): Finding {
  const hint = 'set it to a file of PEM certificates: Node.js ignores this file'
  let certificates: X509Certificate[]
  try {
    const blocks = readRegular(file).toString('latin1').match(PEM) ?? []
    certificates = blocks.map((block) => new X509Certificate(block))
  } catch {
    return problem('certificates', `cannot read certificates from ${file} (NODE_EXTRA_CA_CERTS)`, hint)
  }
  if (certificates.length === 0)
    return problem('certificates', `${file} (NODE_EXTRA_CA_CERTS) contains no certificate`, hint)
  const past = certificates.filter(({ validTo }) => Date.parse(validTo) < now)
  // A system bundle always contains some expired certificates.
  if (past.length === 0 || certificates.length > FEW) {
    return ok('certificates', `${counted(certificates.length, 'certificate')} from NODE_EXTRA_CA_CERTS`)
  }
  const expired = `${counted(past.length, 'certificate')} from NODE_EXTRA_CA_CERTS ${past.length === 1 ? 'has' : 'have'} expired`
  return warning('certificates', expired, 'get the new certificate, and set NODE_EXTRA_CA_CERTS to its file')
}
