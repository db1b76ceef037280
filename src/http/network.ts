/**
 * The connections of a client. In: the proxies of the environment. Out: a dispatcher for
 * `request.ts` that no request bypasses.
 */

import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import { type NamedProxy, ProxyFailure } from './failures.ts'
import { isLoopback, type Proxies, proxyUrl } from './proxy.ts'

export interface Network {
  /**
   * For undici's `request` and `fetch`. Fails with a UsageError if it needs a proxy whose variable
   * is invalid.
   */
  dispatcher: Dispatcher
  destroy(): Promise<void>
}

export interface NetworkOptions {
  /** Maximum number of connections to one host. Default: no limit. */
  connections?: number
  /** Timeout of a connection, and of a proxy without a response. Milliseconds. Default 10,000. */
  connectTimeout?: number
}

const CONNECT_TIMEOUT = 10_000
/** Time to keep an unused connection, milliseconds. */
const KEEP_ALIVE = 4_000

/** Opens a network that uses the proxies of the environment, except for this machine itself. */
export function openNetwork(proxies: Proxies, options: NetworkOptions = {}): Network {
  // One request per connection: with HTTP/2, the limit on connections would have no effect.
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

/** @throws UsageError for an invalid proxy variable */
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

/** Credentials that undici drops: a token as the only user name or password. RFC 7617 */
function halfCredentials({ username, password }: URL): string | undefined {
  if ((username === '') === (password === '')) return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/**
 * Connections to a proxy. undici reports a rejected one only in words, and as an aborted request.
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
