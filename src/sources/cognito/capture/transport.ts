import { Readable } from 'node:stream'
import type { CognitoIdentityProviderClientConfig } from '@aws-sdk/client-cognito-identity-provider'
import type { Network } from '../../../http/network.ts'
import { notJson } from '../../../http/refusal.ts'
import { type HttpRequest, send } from '../../../http/request.ts'
import { isPassing } from '../../../http/retry.ts'

/** A request signed by the SDK. */
interface SignedRequest {
  method: string
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  headers: Record<string, string>
  body?: unknown
}

/** Response headers that the SDK reads: error name, server clock, request ID. */
const READ = ['content-type', 'date', 'x-amzn-errortype', 'x-amzn-requestid', 'x-amzn-query-error', 'retry-after']

/**
 * Sends the SDK's requests through the program's own network, which uses the proxies. The SDK's
 * own transport does not, nor do its clients for single sign-on and roles.
 */
export function transportOf(dispatcher: Network['dispatcher']) {
  return {
    async handle(request: SignedRequest, { abortSignal }: { abortSignal?: unknown } = {}) {
      const answer = await send(addressOf(request), {
        method: methodOf(request.method),
        headers: request.headers,
        body: bodyOf(request.body),
        signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
        dispatcher,
      })
      const type = answer.header('content-type')?.split(';')[0]?.trim() ?? ''
      if (type === 'text/html' && !isPassing(answer.status)) {
        throw notJson(`a request to ${request.hostname}`, answer.status, type)
      }
      const headers: Record<string, string> = {}
      for (const name of READ) {
        const value = answer.header(name)
        if (value !== undefined) headers[name] = value
      }
      return { response: { statusCode: answer.status, headers, body: Readable.from([Buffer.from(answer.text)]) } }
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  } satisfies CognitoIdentityProviderClientConfig['requestHandler']
}

function addressOf({ protocol, hostname, port, path, query = {} }: SignedRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) url.searchParams.append(name, one ?? '')
  }
  return url.href
}

const METHODS: readonly HttpRequest['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function methodOf(name: string): HttpRequest['method'] {
  const method = METHODS.find((known) => known === name)
  if (method === undefined) throw new Error(`the SDK sends no ${name} requests`)
  return method
}

function bodyOf(body: unknown): string | undefined {
  if (body === undefined || body === null || typeof body === 'string') return body ?? undefined
  // From its bytes: the SDK's body has a toString, too, which writes a warning to the console.
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  throw new Error('the body of an SDK request must be text')
}
