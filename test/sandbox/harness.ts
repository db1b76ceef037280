import { expect } from 'vitest'
import { type RequestLogEntry, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'
import { createOpenApiChecker, type OpenApiChecker } from '../workos/openapi.ts'

/** A response body. The OpenAPI checker verifies its form; a test names the members it reads. */
export interface Body {
  id: string
  slug: string
  code?: string
  created_at: string
  updated_at: string
  metadata: Record<string, string>
  permissions: string[]
  errors?: { code: string; field?: string }[]
  data: Body[]
  list_metadata: { before: string | null; after: string | null }
  authentication_factor: Body
  [member: string]: unknown
}

export interface Answer {
  status: number
  body: Body
  headers: Headers
}

/**
 * A running sandbox. Its responses, and the requests it accepts, are checked against the OpenAPI
 * document.
 */
export interface Subject {
  url: string
  log: RequestLogEntry[]
  call(method: string, path: string, body?: unknown, key?: string): Promise<Answer>
  /** Like `call`, for requests that must succeed. */
  ok(method: string, path: string, body?: unknown, key?: string): Promise<Body>
  /** Stops, and fails on any difference from the document. */
  close(): Promise<void>
}

export const KEY = 'sk_test_spec'
let checker: OpenApiChecker | undefined

export async function startSubject(options: Partial<SandboxOptions> = {}): Promise<Subject> {
  checker ??= createOpenApiChecker()
  const { checkRequest, checkResponse } = checker
  const log: RequestLogEntry[] = []
  const differences: string[] = []
  const sandbox = await startSandbox({
    data: ':memory:',
    ...options,
    onRequest(entry) {
      log.push(entry)
      if (entry.route === undefined || entry.status === 0) return
      differences.push(...checkResponse(entry.method, entry.path, entry.status, entry.responseBody))
      if (entry.status < 300) differences.push(...checkRequest(entry.method, entry.path, entry.body))
    },
  })

  const call = async (method: string, path: string, body?: unknown, key = KEY): Promise<Answer> => {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: JSON.parse(text === '' ? 'null' : text), headers: response.headers }
  }
  return {
    url: sandbox.url,
    log,
    call,
    async ok(method, path, body, key) {
      const answer = await call(method, path, body, key)
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
      return answer.body
    },
    async close() {
      await sandbox.close()
      expect(differences).toEqual([])
    },
  }
}

/** The status and every code of a response, the top-level one first. */
export function refusalOf({ status, body }: Answer): [number, ...string[]] {
  const nested = (body.errors ?? []).map((error) => error.code)
  return [status, ...(body.code === undefined ? [] : [body.code]), ...nested]
}
