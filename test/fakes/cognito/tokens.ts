import { randomBytes } from 'node:crypto'
import { fault } from './faults.ts'

interface Place {
  list: string
  after: string
  /** Milliseconds since the epoch. */
  until: number
}

/**
 * Lifetime of a token:
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
const HOUR = 3_600_000

/** Paging tokens: opaque, different in each response, for one list, valid for an hour. */
export class PagingTokens {
  readonly #places = new Map<string, Place>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** @param after the name of the last entry of the page */
  give(list: string, after: string): string {
    const token = `CAISlAII${randomBytes(48).toString('base64')}`
    this.#places.set(token, { list, after, until: this.#now() + HOUR })
    return token
  }

  /** The name after which a list continues. */
  take(list: string, token: unknown): string | undefined {
    if (token === undefined) return undefined
    const place = typeof token === 'string' ? this.#places.get(token) : undefined
    if (place === undefined || place.list !== list || this.#now() >= place.until) {
      return fault('InvalidParameterException', 'Invalid pagination token provided.')
    }
    return place.after
  }

  /** Rejects all tokens issued so far. */
  forget(): void {
    this.#places.clear()
  }
}
