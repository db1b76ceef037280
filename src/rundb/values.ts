import type { SQLOutputValue } from 'node:sqlite'
import type { JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { FEW, lastDraftId } from './drafts.ts'
import type { Lease } from './lease.ts'
import { isDerived } from './loose.ts'
import type { RunDatabase } from './run-database.ts'
import { hasTrait, largestSize, TRAIT } from './traits.ts'

/** Values of all resources of a kind, many at once. In: the desired set, or drafts. Out: JSON. */

/** Values of many resources of a kind, in lists of the same order. */
export interface Values {
  attributes: Attributes[]
  secrets: (JsonObject | null)[]
  /** The position of each resource: see DesiredRow.seq. */
  places: number[]
}

/** The position of resources out of scope: after all others. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER

type ValuesTable = 'desired' | 'out_of_scope'

const OWN_COLUMNS = "attributes, coalesce(secrets, 'null') AS secrets, seq AS place"

const COLUMNS_OF: Record<ValuesTable | 'drafts', string> = {
  drafts: OWN_COLUMNS,
  desired: OWN_COLUMNS,
  out_of_scope: `attributes, 'null' AS secrets, ${BEHIND_ALL} AS place`,
}

/** Maximum number of resources per read, and of bytes of their JSON. */
const VALUES_AT_ONCE = 500
const BYTES_AT_ONCE = 4 << 20

/**
 * The values of all resources of a kind, in key order.
 * @param table secrets of resources out of scope are unknown
 */
export function valuesOfKind(rundb: RunDatabase, kind: string, table: ValuesTable): Generator<Values> {
  // A resource that was not staged as it is might be larger than any draft.
  const atOnce = isDerived(rundb, kind) ? fitting(largestIn(rundb, kind, table)) : valuesAtOnce(rundb, kind, table)
  return pages(rundb, kind, table, atOnce)
}

/** Drafts to read ahead. */
export interface DraftsOfKind {
  kind: string
  /** Their number. */
  count: number
  /** How many to read at once: see valuesAtOnce. */
  atOnce: number
}

/**
 * The values of all drafts of a kind, while another thread changes other tables. Each key has one
 * draft. Their order is that of the keys, so that it decides about equal places, if there can be
 * any. Otherwise it is any order.
 * @throws LeaseEnded if drafts change before all are read
 */
export function valuesOfDrafts(
  rundb: RunDatabase,
  { kind, count, atOnce }: DraftsOfKind,
  lease: Lease,
): Generator<Values> {
  const read = (page: () => Row | undefined) => lease.read(page)
  const isByKey = () => count < lastDraftId(rundb) * FEW || hasTrait(rundb, kind, TRAIT.sameRecord)
  return pages(rundb, kind, 'drafts', atOnce, lease.read(isByKey) ? BY_KEY : AS_STAGED, read)
}

/** The column that orders the rows of pages, and a value before the first. */
interface Order {
  column: 'key' | 'id'
  start: string | number
  /** For SQLite. */
  hint: string
}

const BY_KEY: Order = { column: 'key', start: '', hint: '' }

/**
 * Reads each row where the last one ended, which takes three quarters of the time, unless most rows
 * are of other kinds.
 */
const AS_STAGED: Order = { column: 'id', start: 0, hint: 'NOT INDEXED' }

/** Read as one JSON text per page, which takes half the time of single rows. */
function* pages(
  rundb: RunDatabase,
  kind: string,
  table: keyof typeof COLUMNS_OF,
  atOnce: number,
  { column, start, hint } = BY_KEY,
  read = (page: () => Row | undefined) => page(),
): Generator<Values> {
  const page = (sign: '>=' | '>', after: SQLOutputValue) =>
    rundb
      .statement(
        `SELECT max(${column}) AS last, '[' || group_concat(attributes) || ']' AS attributes, '[' || group_concat(secrets) || ']' AS secrets,
         '[' || group_concat(place) || ']' AS places
         FROM (SELECT ${column}, ${COLUMNS_OF[table]} FROM ${table} ${hint}
               WHERE kind = ? AND ${column} ${sign} ? ORDER BY ${column} LIMIT ?)`,
      )
      .get(kind, after, atOnce)
  let row = read(() => page('>=', start))
  while (row !== undefined && row.last !== null) {
    yield valuesFromRow(row)
    const { last = null } = row
    row = read(() => page('>', last))
  }
}

/** The same in the order of the records; those without a record by key. */
export function* valuesInOrder(rundb: RunDatabase, kind: string, table: ValuesTable): Generator<Values> {
  const rows = rundb.iterate(
    `SELECT '[' || attributes || ']' AS attributes, '[' || secrets || ']' AS secrets, '[' || place || ']' AS places
     FROM (SELECT ${COLUMNS_OF[table]} FROM ${table} WHERE kind = ? ORDER BY place)`,
    kind,
  )
  for (const row of rows) yield valuesFromRow(row)
}

/** How many resources of a kind to read at once, if none is larger than its largest draft. */
export function valuesAtOnce(rundb: RunDatabase, kind: string, table: keyof typeof COLUMNS_OF): number {
  // In UTF-8, three bytes for each character of UTF-16 at most.
  const noted = 3 * largestSize(rundb, kind)
  return fitting(noted === 0 ? largestIn(rundb, kind, table) : noted)
}

/** @param largest bytes of a resource */
function fitting(largest: number): number {
  return Math.max(1, Math.min(VALUES_AT_ONCE, Math.floor(BYTES_AT_ONCE / Math.max(largest, 1))))
}

/** The bytes of the largest resource of a kind. */
function largestIn(rundb: RunDatabase, kind: string, table: keyof typeof COLUMNS_OF): number {
  const size = 'octet_length(attributes) + octet_length(secrets)'
  return rundb.count(`SELECT max(${size}) FROM (SELECT ${COLUMNS_OF[table]} FROM ${table} WHERE kind = ?)`, kind)
}

function valuesFromRow({ attributes, secrets, places }: Row): Values {
  return {
    attributes: JSON.parse(String(attributes)),
    secrets: JSON.parse(String(secrets)),
    places: JSON.parse(String(places)),
  }
}
