/**
 * Why a request got no answer. In: what was thrown. Out: words for it, the error to end with where
 * another attempt meets the same, and whether anything of the request can have left.
 */

import { codeOf, NetworkError, OperatorError } from '../diagnostics/errors.ts'

/** Answers of a proxy that another attempt may change. */
const PASSING = new Set([408, 425, 429])

/** The failure of a proxy among the causes of a failure. */
function proxyFailureIn(failure: unknown): ProxyFailure | undefined {
  return causesOf(failure).find((error) => error instanceof ProxyFailure)
}

/**
 * Why no answer came, if asking again will not change it: a proxy that refuses, a certificate that
 * is not trusted, a variable that names no proxy. Nothing of the request has left.
 * @param server what was asked, as messages name it
 */
export function permanentFailure(failure: unknown, server: string): OperatorError | undefined {
  const known = causesOf(failure).find((error) => error instanceof OperatorError)
  if (known !== undefined) return known
  const proxyFailure = proxyFailureIn(failure)
  if (proxyFailure === undefined) return tlsFault(failure, server)
  const { status, proxy, reason } = proxyFailure
  if (status === undefined) return tlsFault(reason, `the proxy ${proxy.host} (${proxy.variable})`)
  return status >= 400 && status < 500 && !PASSING.has(status) ? refusal(proxyFailure, status) : undefined
}

/**
 * Why no answer came, if another attempt may get one.
 * @throws permanentFailure
 */
export function passingFailure(failure: unknown, server: string): string {
  const permanent = permanentFailure(failure, server)
  if (permanent !== undefined) throw permanent
  return describeFailure(failure)
}

function refusal({ proxy, destination }: ProxyFailure, status: number): NetworkError {
  const { protocol, host, variable, hasCredentials } = proxy
  if (status === 407) {
    return new NetworkError({
      code: 'proxy_credentials_refused',
      message: hasCredentials
        ? `the proxy ${host} refuses the user name and the password in ${variable} (HTTP 407)`
        : `the proxy ${host} wants a user name and a password, and ${variable} has none (HTTP 407)`,
      hint: `write them as ${variable}=${protocol}//USER:PASSWORD@${host}, characters such as @ : / # percent-encoded; a proxy that wants NTLM or Kerberos needs a local one in front of it`,
    })
  }
  return new NetworkError({
    code: 'proxy_refused',
    message: `the proxy ${host} lets no connection to ${destination} through (HTTP ${status})`,
    hint: `have ${destination} allowed there, with CONNECT; or name the host in NO_PROXY if it can be reached without ${variable}`,
  })
}

/** A proxy, as messages name it. */
export interface NamedProxy {
  /** The variable that names it. */
  variable: string
  /** `http:` or `https:`. */
  protocol: string
  /** Host and port, without credentials. */
  host: string
  /** Whether the variable has credentials for it. */
  hasCredentials: boolean
}

/** A proxy gave no connection. Nothing of the request that wanted it has left. */
export class ProxyFailure extends Error {
  readonly proxy: NamedProxy
  /** Host and port that were asked for. */
  readonly destination: string
  /** What the proxy answered; undefined: no answer came. */
  readonly status: number | undefined
  /** Why no answer came. */
  readonly reason: unknown

  constructor(proxy: NamedProxy, destination: string, { status, reason }: { status?: number; reason?: unknown }) {
    const what = `the proxy ${proxy.host} (${proxy.variable})`
    super(
      status === undefined
        ? `${what} cannot be reached: ${describeFailure(reason)}`
        : `${what} answered ${status} to CONNECT ${destination}`,
    )
    this.proxy = proxy
    this.destination = destination
    this.status = status
    this.reason = reason
  }
}

const CLOCK = 'check the address, and the clock of this machine; else its certificate needs to be renewed'
const HOST = 'check the address: it has to be one of those in the certificate'
const TRUST =
  'if a proxy or firewall of yours opens TLS, set NODE_EXTRA_CA_CERTS to the file of its CA certificate (PEM), and run the same command again; if not, somebody else may be answering'
const NO_TLS = 'check scheme and port of the address: what answers there speaks no TLS, or another version of it'

/**
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes, and the failures of a handshake.
 */
const FAULTS: Readonly<Record<string, [code: string, fault: string, hint: string]>> = {
  CERT_HAS_EXPIRED: ['unfit_certificate', 'its certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['unfit_certificate', 'its certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted_certificate', 'its certificate is signed by itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'untrusted_certificate',
    'its certificate comes from an authority that this machine does not know',
    TRUST,
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['untrusted_certificate', 'the authority of its certificate is missing', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'untrusted_certificate',
    'its certificate comes from an authority that this machine does not know',
    TRUST,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'untrusted_certificate',
    'its certificate comes without the one that signed it',
    TRUST,
  ],
  CERT_SIGNATURE_FAILURE: ['untrusted_certificate', 'the signature of its certificate is wrong', TRUST],
  CERT_UNTRUSTED: ['untrusted_certificate', 'its certificate is not trusted', TRUST],
  CERT_REJECTED: ['untrusted_certificate', 'its certificate is refused', TRUST],
  CERT_REVOKED: ['untrusted_certificate', 'its certificate is revoked', TRUST],
  CERT_CHAIN_TOO_LONG: ['untrusted_certificate', 'the chain of its certificates is too long', TRUST],
  INVALID_CA: ['untrusted_certificate', 'its certificate is signed by one that may sign none', TRUST],
  INVALID_PURPOSE: ['untrusted_certificate', 'its certificate is not one for servers', TRUST],
  PATH_LENGTH_EXCEEDED: [
    'untrusted_certificate',
    'the chain of its certificates is longer than its authority allows',
    TRUST,
  ],
  HOSTNAME_MISMATCH: ['unfit_certificate', 'its certificate is for another host', HOST],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unfit_certificate', 'its certificate is for another host', HOST],
  ERR_SSL_WRONG_VERSION_NUMBER: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_HTTP_REQUEST: ['no_tls', 'it does not speak TLS', NO_TLS],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['no_tls', 'it speaks an old version of TLS alone', NO_TLS],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['no_tls', 'it refuses the version of TLS', NO_TLS],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['no_tls', 'it refuses the TLS handshake', NO_TLS],
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ['no_tls', 'it refuses the TLS handshake', NO_TLS],
}

/**
 * What is wrong with the TLS of whoever answers: another attempt meets the same.
 * @param failure why a request got no answer
 * @param server as messages name it
 */
export function tlsFault(failure: unknown, server: string): NetworkError | undefined {
  for (const error of causesOf(failure)) {
    const name = codeOf(error) ?? ''
    const known = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
    if (known === undefined) continue
    const [code, fault, hint] = known
    return new NetworkError({ code, message: `${server} is not trusted: ${fault} (${name})`, hint })
  }
  return undefined
}

/** Why no answer came, in a few words. */
export function describeFailure(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  if (failure.name === 'TimeoutError' || failure.name === 'AbortError') return 'no answer in time'
  const causes = causesOf(failure)
  const innermost = causes.at(-1) ?? failure
  const code = causes.flatMap((error) => codeOf(error) ?? []).at(-1)
  const message = (innermost.message === '' ? failure.message : innermost.message).trim()
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}

/** The error and what it was caused by: fetch says no more than `fetch failed` itself. */
function causesOf(failure: unknown): Error[] {
  const causes: Error[] = []
  let error: unknown = failure
  while (error instanceof Error && causes.length < 8) {
    causes.push(error)
    error = error instanceof AggregateError ? (error.errors[0] ?? error.cause) : error.cause
  }
  return causes
}

/** Whether no byte of the request can have reached the server, so that repeating it is safe. */
export function neverSent(failure: unknown): boolean {
  return proxyFailureIn(failure) !== undefined || failureCodes(failure).some((code) => NEVER_SENT.has(code))
}

/** Every code of a failure and of its causes, the outermost first. */
function failureCodes(failure: unknown): string[] {
  const codes: string[] = []
  const pending: unknown[] = [failure]
  for (let depth = 0; depth < 8 && pending.length > 0; depth += 1) {
    const error = pending.shift()
    if (!(error instanceof Error)) continue
    const code = codeOf(error)
    if (code !== undefined) codes.push(code)
    if (error instanceof AggregateError) pending.push(...error.errors)
    pending.push(error.cause)
  }
  return codes
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
