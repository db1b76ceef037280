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

/** Milliseconds until WorkOS counts as out of reach. */
const PATIENCE = 15_000

/** A clock that differs by more is a warning. Milliseconds. */
const OFF = 30_000

/** What is read to try the key. */
const PATH = '/organizations?limit=1'

/**
 * The address of a target that is reached over a network; undefined for an embedded sandbox, and
 * where none is known.
 */
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
    const permanent = error instanceof OperatorError ? error : permanentFailure(error, address)
    if (permanent !== undefined) return ofError('target', permanent)
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
function clockAgainst(header: string | undefined, ours: number): Finding[] {
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

const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** Certificates of a file that somebody put together by hand. */
const FEW = 10

/** The way to the target: a proxy, or none. */
export function lookAtProxy(patient: Patient): Finding[] {
  const address = knownAddress(patient)
  const proxies = proxiesOf(patient.context.env)
  if (address === undefined) return []
  const variable = proxyFor(proxies, address)
  const { host } = new URL(address)
  if (variable === undefined) {
    const why = proxies.https === undefined ? '' : `, although ${proxies.https.name} is set`
    return [ok('proxy', `${host} is reached directly${why}`)]
  }
  // Host and port alone: what stands before them are credentials.
  return [ok('proxy', `${host} is reached through ${proxyUrl(variable).host} (${variable.name})`)]
}

/** Authorities that Node.js is to trust besides its own. */
export function lookAtCertificates({ context: { env, now } }: Patient): Finding[] {
  const findings: Finding[] = []
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    findings.push(
      warning(
        'certificates',
        'NODE_TLS_REJECT_UNAUTHORIZED is 0: whoever stands in between can read the API key and every password hash',
        'unset it; for an authority of your own set NODE_EXTRA_CA_CERTS',
      ),
    )
  }
  const file = env.NODE_EXTRA_CA_CERTS
  if (file === undefined || file === '') {
    return findings.length > 0 ? findings : [ok('certificates', 'those that Node.js brings along')]
  }
  return [...findings, extraAuthorities(file, now())]
}

function extraAuthorities(file: string, now: number): Finding {
  const hint = 'name a file of certificates in PEM: Node.js goes on without it'
  let certificates: X509Certificate[]
  try {
    const blocks = readRegular(file).toString('latin1').match(PEM) ?? []
    certificates = blocks.map((block) => new X509Certificate(block))
  } catch {
    return problem('certificates', `${file} of NODE_EXTRA_CA_CERTS cannot be read as certificates`, hint)
  }
  if (certificates.length === 0)
    return problem('certificates', `${file} of NODE_EXTRA_CA_CERTS holds no certificate`, hint)
  const past = certificates.filter(({ validTo }) => Date.parse(validTo) < now)
  // A bundle of all the authorities of a system has some that are past.
  if (past.length === 0 || certificates.length > FEW) {
    return ok('certificates', `${counted(certificates.length, 'certificate')} of NODE_EXTRA_CA_CERTS`)
  }
  const expired = `${counted(past.length, 'certificate')} of NODE_EXTRA_CA_CERTS ${past.length === 1 ? 'has' : 'have'} expired`
  return warning('certificates', expired, 'ask for the new one, and name its file')
}
