import type { Response } from 'undici'
import { isObject } from '../../json.ts'

/** The largest answer that is taken, bytes: a page of 500 users with full metadata is a twentieth of it. */
export const LARGEST_BODY = 256 * 1024 * 1024

/** An answer of which no more is read. */
export class TooLarge extends Error {}

/**
 * The body as text, UTF-8.
 * @throws TooLarge beyond `limit` bytes, before they are held in memory
 */
export async function readText(response: Response, limit = LARGEST_BODY): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let length = 0
  let text = ''
  for await (const chunk of response.body) {
    length += chunk.byteLength
    if (length > limit) throw new TooLarge(`an answer of more than ${limit} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Members of a request's body whose values no message may show: an answer may echo them. */
const SECRET_MEMBER = /secret|password|assertion|token/i

/** The secrets among the members of a request's body. */
export function secretsIn(body: unknown): string[] {
  if (!isObject(body)) return []
  return Object.entries(body).flatMap(([member, value]) =>
    SECRET_MEMBER.test(member) && typeof value === 'string' ? [value] : [],
  )
}
