import type { Call } from '../http/exchange.ts'
import { refuseParameter } from './refusals.ts'

/**
 * https://clerk.com/docs/reference/backend-api: limits from 1 to 500, default 10, and any offset.
 */
const MAX_LIMIT = 500
const DEFAULT_LIMIT = 10

export function page<Item>({ query }: Call, all: readonly Item[]): Item[] {
  const limit = whole(query, 'limit', DEFAULT_LIMIT)
  const offset = whole(query, 'offset', 0)
  if (limit < 1 || limit > MAX_LIMIT) refuseParameter('limit', `must be between 1 and ${MAX_LIMIT}`)
  return all.slice(offset, offset + limit)
}

/**
 * By `order_by`: a field with `+` (default) or `-` before it. Equal values are sorted by ID.
 * @param fields allowed fields
 */
export function ordered<Item extends { id: string }>(
  { query }: Call,
  all: Iterable<Item>,
  fields: readonly string[],
  absent = '-created_at',
): Item[] {
  const [, sign, field = ''] = /^([+-]?)(\w+)$/.exec(query.get('order_by') ?? absent) ?? []
  if (!fields.includes(field)) refuseParameter('order_by', `must be one of ${fields.join(', ')}`)
  const direction = sign === '-' ? -1 : 1
  const value = (item: Item): string | number => {
    const found: unknown = Reflect.get(item, field)
    return typeof found === 'number' ? found : String(found ?? '')
  }
  return [...all].sort((a, b) => {
    const [left, right] = [value(a), value(b)]
    if (left === right) return a.id < b.id ? -direction : direction
    return left < right ? -direction : direction
  })
}

function whole(query: URLSearchParams, name: string, absent: number): number {
  const text = query.get(name)
  if (text === null) return absent
  if (!/^\d+$/.test(text)) refuseParameter(name, 'must be a positive integer')
  return Number(text)
}
