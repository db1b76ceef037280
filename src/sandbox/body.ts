import type { IncomingMessage } from 'node:http'
import { isObject } from '../json.ts'
import { refusal } from './refusal.ts'

/** More than any request here needs, and little enough to hold in memory. */
export const MAX_BODY_BYTES = 1024 * 1024

/**
 * Reads a request's body to its end; empty for a request without one.
 * @throws Refusal 413 for one that is too large; Error when the client goes away
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const { headers } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return ''
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(refusal(413, 'payload_too_large', 'The request body is too large.'))
      else resolve(Buffer.concat(chunks).toString('utf8'))
    })
    request.on('error', reject)
  })
}

/**
 * The JSON object of a body; an empty body is an empty object.
 * @throws Refusal 400 for anything else
 */
export function parseBody(text: string): Record<string, unknown> {
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refusal(400, 'bad_request', 'The request body is not valid JSON.')
  }
  if (!isObject(value)) throw refusal(400, 'bad_request', 'The request body must be a JSON object.')
  return value
}
