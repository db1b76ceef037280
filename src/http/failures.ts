/**
 * Why a request got no response. In: what was thrown. Out: a description, the error to end with if
 * another attempt would fail too, and whether part of the request can have left.
 */

import { codeOf, NetworkError, OperatorError } from '../diagnostics/errors.ts'

/** Statuses of a proxy that can change with another attempt. */
const PASSING = new Set([408, 425, 429])

function proxyFailureIn(failure: unknown): ProxyFailure | undefined {
  return causesOf(failure).find((error) => error instanceof ProxyFailure)
}

/**
 * Why there was no response, if another attempt would fail too: a proxy that denies access, an
 * untrusted certificate, a bad proxy variable. Nothing of the request has left.
 * @param server the server, as messages name it
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
 * Why there was no response, if another attempt can succeed.
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
        ? `the proxy ${host} rejected the user name and password in ${variable} (HTTP 407)`
        : `the proxy ${host} requires a user name and password, and ${variable} has none (HTTP 407)`,
      hint: `set ${variable}=${protocol}//USER:PASSWORD@${host} and percent-encode characters such as @ : / #; for NTLM or Kerberos, run a local proxy in front of it`,
    })
  }
  return new NetworkError({
    code: 'proxy_refused',
    message: `the proxy ${host} does not allow connections to ${destination} (HTTP ${status})`,
    hint: `allow CONNECT to ${destination} in the proxy, or add the host to NO_PROXY if it is reachable without ${variable}`,
  })
}

/** A proxy, as messages name it. */
export interface NamedProxy {
  /** The variable with its URL. */
  variable: string
  /** `http:` or `https:`. */
  protocol: string
  /** Host and port, without credentials. */
  host: string
  /** Whether the variable has credentials for it. */
  hasCredentials: boolean
}

/** A proxy provided no connection. Nothing of the request has left. */
export class ProxyFailure extends Error {
  readonly proxy: NamedProxy
  /** Requested host and port. */
  readonly destination: string
  /** The proxy's status; undefined: no response. */
  readonly status: number | undefined
  /** Why there was no response. */
  readonly reason: unknown

  constructor(proxy: NamedProxy, destination: string, { status, reason }: { status?: number; reason?: unknown }) {
    const what = `the proxy ${proxy.host} (${proxy.variable})`
    super(
      status === undefined
        ? `${what} cannot be reached: ${describeFailure(reason)}`
        : `${what} returned HTTP ${status} for CONNECT ${destination}`,
    )
    this.proxy = proxy
    this.destination = destination
    this.status = status
    this.reason = reason
  }
}

const CLOCK = 'check the URL and the clock of this machine; if both are right, have the certificate renewed'
const HOST = 'check the URL: the certificate must list its host'
const TRUST =
  'if your proxy or firewall inspects TLS, set NODE_EXTRA_CA_CERTS to its CA certificate file (PEM) and run the same command again; otherwise someone might be intercepting the connection'
const NO_TLS = 'check the scheme and port of the URL: the server there does not use TLS, or uses an unsupported version'

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and failures of a handshake. */
const FAULTS: Readonly<Record<string, [code: string, fault: string, hint: string]>> = {
  CERT_HAS_EXPIRED: ['unfit_certificate', 'its certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['unfit_certificate', 'its certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['untrusted_certificate', 'its certificate is self-signed', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'untrusted_certificate',
    'its certificate is from a CA that this machine does not trust',
    TRUST,
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['untrusted_certificate', 'the CA of its certificate is missing', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'untrusted_certificate',
    'its certificate is from a CA that this machine does not trust',
    TRUST,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'untrusted_certificate',
    'its certificate comes without the intermediate certificate that signed it',
    TRUST,
  ],
  CERT_SIGNATURE_FAILURE: ['untrusted_certificate', 'the signature of its certificate is wrong', TRUST],
  CERT_UNTRUSTED: ['untrusted_certificate', 'its certificate is not trusted', TRUST],
  CERT_REJECTED: ['untrusted_certificate', 'its certificate was rejected', TRUST],
  CERT_REVOKED: ['untrusted_certificate', 'its certificate was revoked', TRUST],
  CERT_CHAIN_TOO_LONG: ['untrusted_certificate', 'its certificate chain is too long', TRUST],
  INVALID_CA: ['untrusted_certificate', 'its certificate is signed by a certificate that is not a CA', TRUST],
  INVALID_PURPOSE: ['untrusted_certificate', 'its certificate is not a server certificate', TRUST],
  PATH_LENGTH_EXCEEDED: ['untrusted_certificate', 'its certificate chain is longer than its CA allows', TRUST],
  HOSTNAME_MISMATCH: ['unfit_certificate', 'its certificate is for a different host', HOST],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unfit_certificate', 'its certificate is for a different host', HOST],
  ERR_SSL_WRONG_VERSION_NUMBER: ['no_tls', 'it does not use TLS', NO_TLS],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['no_tls', 'it does not use TLS', NO_TLS],
  ERR_SSL_HTTP_REQUEST: ['no_tls', 'it does not use TLS', NO_TLS],
  ERR_SSL_UNSUPPORTED_PROTOCOL: ['no_tls', 'it only supports an old version of TLS', NO_TLS],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['no_tls', 'it rejected the TLS version', NO_TLS],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['no_tls', 'it rejected the TLS handshake', NO_TLS],
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ['no_tls', 'it rejected the TLS handshake', NO_TLS],
}

/**
 * A TLS fault of the server, which another attempt would meet again.
 * @param failure why there was no response
 * @param server the server, as messages name it
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

/** Why there was no response, in a few words. */
export function describeFailure(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  if (failure.name === 'TimeoutError' || failure.name === 'AbortError') return 'no response in time'
  const causes = causesOf(failure)
  const innermost = causes.at(-1) ?? failure
  const code = causes.flatMap((error) => codeOf(error) ?? []).at(-1)
  const message = (innermost.message === '' ? failure.message : innermost.message).trim()
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}

/** The error and its causes: fetch itself reports only `fetch failed`. */
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

/** The codes of a failure and its causes, the outermost first. */
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
