import { describeFailure } from './describe-failure.ts'

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
