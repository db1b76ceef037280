import { NetworkError, OperatorError } from '../diagnostics/errors.ts'
import { causesOf } from './describe-failure.ts'
import { ProxyFailure } from './proxy-failure.ts'
import { tlsFault } from './tls-faults.ts'

/** Answers of a proxy that another attempt may change. */
const PASSING = new Set([408, 425, 429])

/** The trouble with a proxy among the causes of a failure. */
export function proxyFailureIn(failure: unknown): ProxyFailure | undefined {
  return causesOf(failure).find((error) => error instanceof ProxyFailure)
}

/**
 * Why no answer came, if asking again will not change it: a proxy that refuses, a certificate that is not trusted, a variable that
 * names no proxy. Nothing of the request has left.
 * @param server what was asked, as messages name it
 */
export function permanentFailure(failure: unknown, server: string): OperatorError | undefined {
  const told = causesOf(failure).find((error) => error instanceof OperatorError)
  if (told !== undefined) return told
  const trouble = proxyFailureIn(failure)
  if (trouble === undefined) return tlsFault(failure, server)
  const { status, proxy, reason } = trouble
  if (status === undefined) return tlsFault(reason, `the proxy ${proxy.host} (${proxy.variable})`)
  return status >= 400 && status < 500 && !PASSING.has(status) ? refusal(trouble, status) : undefined
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
