import { WorkOS } from '@workos-inc/node'
import { openNetwork } from '../http/network.ts'
import { NO_PROXIES, type Proxies } from '../http/proxy.ts'
import type { WriteRequest } from './api.ts'
import { type EndOf, recordExchange, recordingFetch, type Transport } from './exchange.ts'

export interface SdkOptions {
  apiKey: string
  baseUrl: string
  /** Timeout of a request, milliseconds. */
  timeout: number
  /** Maximum number of open connections. */
  connections: number
  proxies?: Proxies
}

/** Sends requests through `@workos-inc/node`, without its own retries. */
export function openSdk({ apiKey, baseUrl, timeout, connections, proxies }: SdkOptions, endOf: EndOf): Transport {
  const url = new URL(baseUrl)
  const network = openNetwork(proxies ?? NO_PROXIES, { connections })
  const sdk = new WorkOS({
    apiKey,
    apiHostname: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    https: url.protocol === 'https:',
    timeout,
    maxRetries: 0,
    fetchFn: recordingFetch(network.dispatcher, endOf),
  })
  return {
    read: (path, query) => recordExchange(() => sdk.get(path, { query })),
    write: (request, idempotencyKey) => recordExchange(() => send(sdk, request, idempotencyKey)),
    close: () => network.destroy(),
  }
}

function send(sdk: WorkOS, write: WriteRequest, idempotencyKey: string | undefined): Promise<unknown> {
  switch (write.method) {
    case 'POST':
      return sdk.post(write.path, write.body ?? {}, { idempotencyKey })
    case 'PUT':
      return sdk.put(write.path, write.body ?? {}, { idempotencyKey })
    case 'PATCH':
      return sdk.patch(write.path, write.body ?? {}, { idempotencyKey })
    case 'DELETE':
      return sdk.delete(write.path)
  }
}
