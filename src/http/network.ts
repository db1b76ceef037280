/**
 * The connections of a client. In: the proxies of the environment. Out: a dispatcher for
 * `request.ts`, by which no request goes past them.
 */

import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import { type NamedProxy, ProxyFailure } from './failures.ts'
import { isLoopback, type Proxies, proxyUrl } from './proxy.ts'

/** The connections of one client. */
export interface Network {
  /**
   * What undici's `request` and `fetch` take. It fails with a UsageError where a proxy is needed
   * and its variable is bad.
   */
  dispatcher: Dispatcher
  destroy(): Promise<void>
}

export interface NetworkOptions {
  /** Connections to one host at most. Default: no limit. */
  connections?: number
  /**
   * Milliseconds until a connection is given up, and likewise a proxy that does not answer. Default
   * 10,000.
   */
  connectTimeout?: number
}

const CONNECT_TIMEOUT = 10_000
/** Milliseconds that an unused connection is kept. */
const KEEP_ALIVE = 4_000

/**
 * Opens a network that goes by the proxies of the environment; what leads to this machine itself
 * never does.
 */
export function openNetwork(proxies: Proxies, options: NetworkOptions = {}): Network {
  // One request a connection: with HTTP/2 the limit on connections would limit nothing.
  const settings = { connectTimeout: CONNECT_TIMEOUT, ...options, keepAliveTimeout: KEEP_ALIVE, allowH2: false }
  const direct = new Agent(settings)
  if (proxies.https === undefined) return { dispatcher: direct, destroy: () => direct.destroy() }
  let opened: Dispatcher | undefined
  const proxied = () => {
    opened ??= openProxied(proxies, settings)
    return opened
  }
  const dispatcher = direct.compose((dispatch) => (request, handler) => {
    const { hostname } = new URL(request.origin ?? '')
    return isLoopback(hostname) ? dispatch(request, handler) : proxied().dispatch(request, handler)
  })
  const destroy = async () => {
    await Promise.all([direct.destroy(), opened?.destroy()])
  }
  return { dispatcher, destroy }
}

/** @throws UsageError for a variable that names no proxy */
function openProxied({ https, http, except }: Proxies, settings: Agent.Options): Dispatcher {
  const secure = https === undefined ? undefined : proxyUrl(https)
  const urls = {
    httpsProxy: secure?.href ?? '',
    httpProxy: http === undefined ? '' : proxyUrl(http).href,
  }
  return new EnvHttpProxyAgent({
    ...settings,
    ...urls,
    token: secure && halfCredentials(secure),
    noProxy: except,
    clientFactory: (url, options) =>
      new ProxyPool(
        url,
        { ...options, headersTimeout: settings.connectTimeout },
        {
          variable: https?.name ?? '',
          protocol: url.protocol,
          host: url.host,
          hasCredentials: url.username !== '' || url.password !== '',
        },
      ),
  })
}

/**
 * What undici leaves out of an address: a token in the place of the user name or of the password,
 * beside nothing. RFC 7617
 */
function halfCredentials({ username, password }: URL): string | undefined {
  if ((username === '') === (password === '')) return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/**
 * The connections to a proxy. undici tells of one that is refused in words alone, and as if
 * somebody had aborted the request.
 */
class ProxyPool extends Pool {
  readonly #proxy: NamedProxy

  constructor(url: URL, options: Pool.Options, proxy: NamedProxy) {
    super(url, options)
    this.#proxy = proxy
  }

  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(options: Dispatcher.ConnectOptions, callback: ConnectCallback): void
  override connect(options: Dispatcher.ConnectOptions, callback?: ConnectCallback): unknown {
    return callback === undefined ? this.#tunnel(options) : super.connect(options, callback)
  }

  async #tunnel(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const answer = await super.connect(options).catch((reason: unknown) => {
      throw new ProxyFailure(this.#proxy, options.path, { reason })
    })
    const { statusCode: status, socket } = answer
    if (status === 200) return answer
    socket.on('error', () => {}).destroy()
    throw new ProxyFailure(this.#proxy, options.path, { status })
  }
}

type ConnectCallback = (error: Error | null, data: Dispatcher.ConnectData) => void
