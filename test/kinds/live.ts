import { onTestFinished } from 'vitest'
import { startSandbox } from '../../src/sandbox/server.ts'
import type { Api, WriteRequest } from '../../src/workos/api.ts'
import { WorkosClient } from '../../src/workos/client.ts'
import { RateLimiter } from '../../src/workos/limiter.ts'
import { createOpenApiChecker } from '../workos/openapi.ts'

const checker = createOpenApiChecker()
const PLENTY = { count: 1_000_000, perMs: 1000 }

export interface Live extends Api {
  /** `GET /path`, in the order of sending. */
  sent: string[]
}

/** All items of a list, page by page. */
export async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}

/**
 * The real client on a separate sandbox. Every write is first checked against the published API
 * description.
 */
export async function live(): Promise<Live> {
  const sandbox = await startSandbox({ data: ':memory:' })
  const limiter = new RateLimiter({ writes: PLENTY, reads: PLENTY, requests: PLENTY })
  const client = new WorkosClient({
    apiKey: 'sk_test_resources',
    baseUrl: sandbox.url,
    timeout: 10_000,
    connections: 4,
    limiter,
  })
  onTestFinished(async () => {
    await client.close()
    await sandbox.close()
  })
  const sent: string[] = []
  return {
    sent,
    read: (path, query) => {
      sent.push(`GET ${path}`)
      return client.read(path, query)
    },
    write: (request: WriteRequest, idempotencyKey) => {
      const complaints = checker.checkRequest(request.method, request.path, request.body)
      if (complaints.length > 0) throw new Error(complaints.join('\n'))
      sent.push(`${request.method} ${request.path}`)
      return client.write(request, idempotencyKey)
    },
  }
}

/** The only request of a list. */
export function only<T>(requests: readonly T[]): T {
  const [first, ...others] = requests
  if (first === undefined || others.length > 0) throw new Error(`${requests.length} requests`)
  return first
}
