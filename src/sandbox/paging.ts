import type { SQLInputValue } from 'node:sqlite'
import type { JsonObject } from '../json.ts'
import { type Call, type FieldError, invalidParameters, type Reply } from './call.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100

export interface ListQuery<Row> {
  /** SELECT … FROM … with its joins. */
  select: string
  /** The column with the IDs of the listed objects. */
  idColumn: string
  /** Conditions joined by AND, and their parameters in order. */
  where: readonly string[]
  parameters: readonly SQLInputValue[]
  idOf(row: Row): string
  present(row: Row): JsonObject
}

interface Page {
  limit: number
  ascending: boolean
  /** Bounds in the order of the list, both exclusive. */
  after: string | null
  before: string | null
  /** In the order `normal`, `before` and `after` are swapped. */
  exchanged: boolean
}

/**
 * Answers a list request. Cursors are IDs that are compared, not looked up, so objects that come or
 * go between pages neither repeat nor hide others.
 * @throws Refusal 422 for a bad `limit` or `order`
 */
export function listPage<Row>(call: Call, list: ListQuery<Row>): Reply {
  const page = readPage(call.query)
  // Only `before` given: the page ends at the cursor, so it is read backward from there.
  const backward = page.before !== null && page.after === null
  const ascending = page.ascending !== backward
  const where = [...list.where]
  const parameters = [...list.parameters]
  if (page.after !== null) {
    where.push(`${list.idColumn} ${page.ascending ? '>' : '<'} ?`)
    parameters.push(page.after)
  }
  if (page.before !== null) {
    where.push(`${list.idColumn} ${page.ascending ? '<' : '>'} ?`)
    parameters.push(page.before)
  }
  const order = `ORDER BY ${list.idColumn} ${ascending ? 'ASC' : 'DESC'} LIMIT ?`
  const sql = `${list.select} WHERE ${where.join(' AND ')} ${order}`
  const rows = call.database.all<Row>(sql, ...parameters, page.limit + 1)
  const more = rows.length > page.limit
  if (more) rows.pop()
  if (backward) rows.reverse()

  const first = rows[0]
  const last = rows.at(-1)
  const previous = first !== undefined && (backward ? more : page.after !== null) ? list.idOf(first) : null
  const next = last !== undefined && (backward || more) ? list.idOf(last) : null
  const metadata = page.exchanged ? { before: next, after: previous } : { before: previous, after: next }
  return { status: 200, body: { object: 'list', data: rows.map(list.present), list_metadata: metadata } }
}

/**
 * A page of objects in their own order, such as priority: `limit` objects after the one in `after`.
 * An unknown cursor starts over.
 */
export function slicePage<Row extends { id: string }>(
  call: Call,
  rows: readonly Row[],
  present: (row: Row) => JsonObject,
): Reply {
  const { limit, after } = readPage(call.query)
  const start = rows.findIndex(({ id }) => id === after) + 1
  const page = rows.slice(start, start + limit)
  const next = start + limit < rows.length ? page.at(-1)?.id : undefined
  const list_metadata = { before: start > 0 ? (page[0]?.id ?? null) : null, after: next ?? null }
  return { status: 200, body: { object: 'list', data: page.map(present), list_metadata } }
}

function readPage(query: URLSearchParams): Page {
  const errors: FieldError[] = []
  const limitText = query.get('limit')
  const limit = limitText === null ? DEFAULT_LIMIT : /^\d{1,4}$/.test(limitText) ? Number(limitText) : 0
  if (limit < 1 || limit > MAX_LIMIT) {
    errors.push({ code: 'limit_invalid', message: `limit must be an integer from 1 to ${MAX_LIMIT}`, field: 'limit' })
  }
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc' && order !== 'normal') {
    errors.push({ code: 'order_invalid', message: 'order must be asc, desc or normal', field: 'order' })
  }
  if (errors.length > 0) throw invalidParameters(errors)
  const exchanged = order === 'normal'
  // Some clients send an empty cursor for "from the start".
  const before = query.get('before') || null
  const after = query.get('after') || null
  return {
    limit,
    ascending: order === 'asc',
    after: exchanged ? before : after,
    before: exchanged ? after : before,
    exchanged,
  }
}
