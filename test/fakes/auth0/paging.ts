import type { Call } from '../http/exchange.ts'
import type { Ordered } from '../ordered.ts'
import { refuse } from './refusals.ts'

/**
 * Pages end after the first 1,000 records:
 * https://auth0.com/docs/manage-users/user-search/view-search-results-by-page
 */
const LAST_RECORD = 1000
const DEFAULT_SIZE = 50
export const MAX_SIZE = 100

export interface OffsetPage {
  start: number
  size: number
}

/** A page by `page` and `per_page`. */
export function offsetPage({ query }: Call, cap: number, beyond: (page: number) => never): OffsetPage {
  const page = whole(query, 'page', 0, 0)
  const size = Math.min(whole(query, 'per_page', DEFAULT_SIZE, 0), cap)
  const start = page * size
  if (start >= LAST_RECORD) beyond(page)
  return { start, size: Math.min(size, LAST_RECORD - start) }
}

export function refuseOffset(page: number): never {
  refuse(
    400,
    `Requesting page ${page} exceeds the allowed maximum of 1000 records. To fetch results beyond 1000, use the checkpoint pagination method.`,
    'invalid_paging',
  )
}

/** Whether a request uses checkpoints. */
export function hasCheckpoint({ query }: Call): boolean {
  if (!query.has('take') && !query.has('from')) return false
  if (query.has('page') || query.has('per_page')) {
    refuse(400, "Query validation error: 'take' and 'from' exclude 'page' and 'per_page'.", 'invalid_query_string')
  }
  return true
}

/** The content of a page with checkpoints. */
export interface CheckpointPage<Item> {
  items: Item[]
  next?: string
}

/** Pages by opaque checkpoints, each only for its own list. */
export class Checkpoints {
  readonly #random: () => number
  readonly #shortPages: number

  constructor(shortPages: number, random: () => number) {
    this.#shortPages = shortPages
    this.#random = random
  }

  page<Item>({ query }: Call, list: string, all: Ordered<Item>): CheckpointPage<Item> {
    const take = Math.min(whole(query, 'take', DEFAULT_SIZE, 1), MAX_SIZE)
    const from = query.get('from')
    const start = from === null ? 0 : placeOf(from, list)
    const short = this.#random() < this.#shortPages
    const { items, last, more } = all.after(start, short ? Math.floor(this.#random() * take) : take)
    // Sometimes only the next page, which is empty, shows the end.
    return more || (short && items.length > 0) ? { items, next: checkpoint(list, last) } : { items }
  }
}

function checkpoint(list: string, number: number): string {
  return Buffer.from(`${number} ${list}`).toString('base64url').split('').reverse().join('')
}

function placeOf(from: string, list: string): number {
  const [number, of] = Buffer.from(from.split('').reverse().join(''), 'base64url').toString().split(' ')
  if (of !== list) refuse(400, "Query validation error: invalid 'from' checkpoint.", 'invalid_query_string')
  return Number(number)
}

function whole(query: URLSearchParams, name: string, absent: number, least: number): number {
  const text = query.get(name)
  if (text === null) return absent
  if (!/^\d+$/.test(text) || Number(text) < least) {
    refuse(400, `Query validation error: '${name}' must be an integer of at least ${least}.`, 'invalid_query_string')
  }
  return Number(text)
}

export function flag({ query }: Call, name: string, absent = false): boolean {
  const text = query.get(name)
  if (text !== null && text !== 'true' && text !== 'false') {
    refuse(400, `Query validation error: '${name}' must be a boolean.`, 'invalid_query_string')
  }
  return text === null ? absent : text === 'true'
}

/** The fields of an object that `fields` and `include_fields` select. */
export function pick(call: Call, object: Record<string, unknown>): Record<string, unknown> {
  const fields = call.query.get('fields')
  if (fields === null || fields === '') return object
  const named = new Set(fields.split(','))
  const included = flag(call, 'include_fields', true)
  return Object.fromEntries(Object.entries(object).filter(([name]) => named.has(name) === included))
}
