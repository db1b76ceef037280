import type { SQLOutputValue } from 'node:sqlite'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { Attributes, DesiredResource } from '../resource.ts'
import type { Parameter, Row } from '../sqlite/open.ts'
import { desiredAdded, desiredCounted } from './desired-facts.ts'
import { hasSeveral, lastDraftId, ROLE_ASSIGNMENT } from './drafts.ts'
import { isDerived, noteDerived } from './loose.ts'
import { originOf, type Place, type RunDatabase, textIn } from './run-database.ts'
import { largestSize, noteHalfPairs, noteSize, noteTrait, TRAIT } from './traits.ts'

/** The desired set: the table `desired`. In: merged drafts. Out: resources, values and counts. */

/** One row of the desired set. */
export interface DesiredRow extends DesiredResource {
  /** Position of its first record, or OF_MANIFEST. */
  seq: number
  /** Null: the manifest itself declares it. */
  place: Place | null
  /** The number of its records. */
  records: number
}

/** The position of resources without a record, before all records. */
const OF_MANIFEST = -1

const COLUMNS = 'kind, key, refs, attributes, secrets, seq, file, line, records'

export function insertDesired(rundb: RunDatabase, row: DesiredRow): void {
  desiredAdded(rundb, row.kind, 1)
  if (Object.keys(row.refs).length > 0) noteDerived(rundb, row.kind)
  const [refs, attributes] = [JSON.stringify(row.refs), canonicalJson(row.attributes)]
  noteHalfPairs(rundb, row.kind, refs)
  noteHalfPairs(rundb, row.kind, attributes)
  const secrets = row.secrets === null ? null : canonicalJson(row.secrets)
  noteSize(rundb, row.kind, attributes.length + (secrets?.length ?? 0))
  rundb.run(
    `INSERT INTO desired (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.kind,
    row.key,
    refs,
    attributes,
    secrets,
    row.seq,
    row.place?.fileId ?? null,
    row.place?.line ?? null,
    row.records,
  )
}

/** Resources that SQL makes from other rows. All but the kind is SQL. */
export interface Derivation {
  kind: string
  /** Tables, joined. */
  from: string
  /** The condition on the rows. Its parameters are `?1`, `?2` … */
  where: string
  key: string
  /** Default: none. */
  refs?: string
  /** Canonical JSON. Default: none. */
  attributes?: string
  secrets?: string
  /** The table or alias with the record and place. Default: the manifest declares the resource. */
  at?: string
  /** The number of its records. Default: none, because they count for its base resource. */
  records?: string
}

/**
 * Adds a resource to the desired set for every matching row.
 * @param parameters of the condition and the expressions
 * @returns the number of resources
 */
export function deriveAll(rundb: RunDatabase, derivation: Derivation, ...parameters: Parameter[]): number {
  const { kind, from, where, key, refs = "'{}'", attributes = "'{}'", secrets = 'NULL', at, records = '0' } = derivation
  const place = at === undefined ? `${OF_MANIFEST}, NULL, NULL` : `${at}.seq, ${at}.file, ${at}.line`
  const bound = [...parameters]
  const kindOfAll = `?${bound.push(kind)}`
  const isFirst = rundb.statement('SELECT 1 FROM desired WHERE kind = ? LIMIT 1').get(kind) === undefined
  if (isFirst) desiredCounted(rundb, kind, 0)
  const added = rundb.run(
    `INSERT INTO desired (${COLUMNS})
     SELECT ${kindOfAll}, ${key}, ${refs}, ${attributes}, ${secrets}, ${place}, ${records} FROM ${from} WHERE ${where}`,
    ...bound,
  )
  desiredAdded(rundb, kind, added)
  if (at !== DRAFTS && added > 0) {
    noteDerived(rundb, kind)
    noteTrait(rundb, kind, TRAIT.halfPair)
  }
  return added
}

/** The table of drafts, whose references are known: see canDangle. */
const DRAFTS = 'drafts'

/** A smaller share of all drafts is looked up by index. Else all are scanned and sorted. */
const FEW = 1 / 8

/**
 * How many places are sampled, how many drafts in key order at each, and how many of them can be
 * this many places apart.
 */
const IN_ORDER = { looks: 8, rows: 200, apart: 1_000, jumps: 5 }

/**
 * Whether drafts of a kind are nearly in key order. Most exports are sorted by creation, and many
 * IDs are, too. Then index lookups are close to each other, and no sort is needed.
 */
function areInOrder(rundb: RunDatabase, kind: string): boolean {
  const last = lastDraftId(rundb)
  const nearest = rundb.statement('SELECT key FROM drafts NOT INDEXED WHERE kind = ? AND id >= ? ORDER BY id LIMIT 1')
  const jumping = rundb.statement(
    `SELECT sum(abs(id - before) > ${IN_ORDER.apart}) AS jumps FROM (
       SELECT id, lag(id) OVER (ORDER BY key) AS before FROM (
         SELECT id, key FROM drafts INDEXED BY drafts_by_key WHERE kind = ? AND key >= ? ORDER BY key LIMIT ${IN_ORDER.rows}))`,
  )
  for (let look = 0; look < IN_ORDER.looks; look += 1) {
    const row = nearest.get(kind, Math.floor((last * look) / IN_ORDER.looks))
    if (row !== undefined && Number(jumping.get(kind, String(row.key))?.jumps) > IN_ORDER.jumps) return false
  }
  return true
}

/** Moves resources with a single draft into the desired set, all within SQLite. */
export function moveSingleDrafts(rundb: RunDatabase, kind: string): void {
  const count = rundb.count('SELECT count(*) FROM drafts WHERE kind = ?', kind)
  if (count === 0) return
  const lookedUp = count < lastDraftId(rundb) * FEW || areInOrder(rundb, kind)
  const single: Derivation = {
    kind,
    from: lookedUp ? 'drafts INDEXED BY drafts_by_key' : 'drafts NOT INDEXED',
    where: `kind = ?1 ${hasSeveral(rundb) ? 'AND dedupe_group NOT IN (SELECT dedupe_group FROM several)' : ''} ORDER BY key`,
    key: 'key',
    refs: 'refs',
    attributes: 'attributes',
    secrets: 'secrets',
    at: DRAFTS,
    records: 'records',
  }
  deriveAll(rundb, single, kind)
}

/** Overlays what the manifest defines on what records say about the same resource, by field. */
export function layOver(rundb: RunDatabase, { kind, key, attributes }: DesiredResource): void {
  const found = rundb.statement('SELECT attributes, secrets FROM desired WHERE kind = ? AND key = ?').get(kind, key)
  if (found === undefined) {
    const row = { kind, key, refs: {}, attributes, secrets: null, seq: OF_MANIFEST, place: null, records: 0 }
    insertDesired(rundb, row)
    return
  }
  const merged = canonicalJson({ ...JSON.parse(String(found.attributes)), ...attributes })
  noteHalfPairs(rundb, kind, merged)
  noteSize(rundb, kind, merged.length + String(found.secrets ?? '').length)
  rundb.run('UPDATE desired SET attributes = ? WHERE kind = ? AND key = ?', merged, kind, key)
}

export function findDesired(rundb: RunDatabase, kind: string, key: string): DesiredResource | undefined {
  const row = rundb.statement('SELECT * FROM desired WHERE kind = ? AND key = ?').get(kind, key)
  return row && desiredFromRow(row)
}

/** The place of its first record: `users.csv:12`. Undefined: the manifest itself declares it. */
export function originOfDesired(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb
    .statement(
      `SELECT ${originOf('d')} FROM desired d JOIN files f ON f.id = d.file
       WHERE d.kind = ? AND d.key = ?`,
    )
    .get(kind, key)
  return row && String(row.origin)
}

/** SQL for the email address of a user `row`, or of the user that it belongs to. */
export function addressIn(row: string): string {
  return `coalesce(${row}.attributes ->> '$.email',
    (SELECT u.attributes ->> '$.email' FROM desired u WHERE u.kind = 'user' AND u.key = ${row}.refs ->> '$.user'))`
}

/** The email address of a user, or of the user that a resource belongs to. Null: unknown. */
export function emailOfDesired(rundb: RunDatabase, kind: string, key: string): string | null {
  const row = rundb
    .statement(`SELECT ${addressIn('d')} AS email FROM desired d WHERE d.kind = ? AND d.key = ?`)
    .get(kind, key)
  return textIn(row?.email)
}

/** The number of resources of each kind. */
export function countByKind(rundb: RunDatabase, table: 'desired' | 'out_of_scope'): Map<string, number> {
  const rows = rundb.statement(`SELECT kind, count(*) AS n FROM ${table} GROUP BY kind`).all()
  return new Map(rows.map(({ kind, n }) => [String(kind), Number(n)]))
}

export function desiredFromRow(row: Record<string, SQLOutputValue>): DesiredResource {
  return {
    kind: String(row.kind),
    key: String(row.key),
    attributes: JSON.parse(String(row.attributes)),
    secrets: row.secrets === null ? null : JSON.parse(String(row.secrets)),
    refs: JSON.parse(String(row.refs)),
  }
}

export function isDesired(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement('SELECT 1 FROM desired WHERE kind = ? AND key = ?').get(kind, key) !== undefined
}

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

const COLUMNS_OF: Record<ValuesTable, string> = {
  desired: "attributes, coalesce(secrets, 'null') AS secrets, seq AS place",
  out_of_scope: `attributes, 'null' AS secrets, ${BEHIND_ALL} AS place`,
}

/** Maximum number of resources per read, and of bytes of their JSON. */
const VALUES_AT_ONCE = 500
const BYTES_AT_ONCE = 4 << 20

/**
 * The values of all resources of a kind, in key order. Read as one JSON text per batch, which takes
 * half the time of single rows.
 * @param table secrets of resources out of scope are unknown
 */
export function* valuesOfKind(rundb: RunDatabase, kind: string, table: ValuesTable): Generator<Values> {
  const atOnce = valuesAtOnce(rundb, kind, table)
  const page = (sign: '>=' | '>') =>
    rundb.statement(
      `SELECT max(key) AS last, '[' || group_concat(attributes) || ']' AS attributes, '[' || group_concat(secrets) || ']' AS secrets,
         '[' || group_concat(place) || ']' AS places
       FROM (SELECT key, ${COLUMNS_OF[table]} FROM ${table} WHERE kind = ? AND key ${sign} ? ORDER BY key LIMIT ?)`,
    )
  for (let row = page('>=').get(kind, '', atOnce); row !== undefined && row.last !== null; ) {
    yield valuesFromRow(row)
    row = page('>').get(kind, row.last ?? null, atOnce)
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

function valuesAtOnce(rundb: RunDatabase, kind: string, table: ValuesTable): number {
  // In UTF-8, three bytes for each character of UTF-16 at most.
  const noted = isDerived(rundb, kind) ? 0 : 3 * largestSize(rundb, kind)
  const largest = noted === 0 ? largestIn(rundb, kind, table) : noted
  return Math.max(1, Math.min(VALUES_AT_ONCE, Math.floor(BYTES_AT_ONCE / Math.max(largest, 1))))
}

/** The bytes of the largest resource of a kind. */
function largestIn(rundb: RunDatabase, kind: string, table: ValuesTable): number {
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

/**
 * The number of records of each kind, in all staging tables. Role assignments: those that records
 * give to other users. Drafts are counted by their index.
 */
export function countRecords(rundb: RunDatabase): Map<string, number> {
  const rows = rundb
    .statement(
      `SELECT kind, sum(records) AS n FROM (
         SELECT kind, sum(records) AS records FROM drafts GROUP BY kind UNION ALL SELECT kind, records FROM rejects WHERE kind <> 'record'
         UNION ALL SELECT kind, records FROM left_out_with
         UNION ALL SELECT '${ROLE_ASSIGNMENT}', 1 FROM grants) GROUP BY kind`,
    )
    .all()
  return new Map(rows.map((row) => [String(row.kind), Number(row.n)]))
}

/** By kind: the number of resources that come from records, and of these records. */
export function countAccepted(rundb: RunDatabase): Map<string, { distinct: number; records: number }> {
  const rows = rundb
    .statement(
      'SELECT kind, sum(records > 0) AS n, sum(records) AS records, count(*) AS resources FROM desired GROUP BY kind',
    )
    .all()
  for (const { kind, resources } of rows) desiredCounted(rundb, String(kind), Number(resources))
  return new Map(rows.map(({ kind, n, records }) => [String(kind), { distinct: Number(n), records: Number(records) }]))
}

/** The columns of a desired resource, secrets included. Only for digests. */
export function desiredColumns(
  rundb: RunDatabase,
  kind: string,
  key: string,
): { attributes: string; secrets: string | null; refs: string } | undefined {
  const row = rundb.statement('SELECT attributes, secrets, refs FROM desired WHERE kind = ? AND key = ?').get(kind, key)
  if (row === undefined) return undefined
  return {
    attributes: String(row.attributes),
    secrets: row.secrets === null ? null : String(row.secrets),
    refs: String(row.refs),
  }
}

/** The columns of all resources of a kind, secrets included, in key order. Only for digests. */
export function* allDesiredColumns(rundb: RunDatabase, kind: string): Generator<string> {
  const rows = rundb.iterate(
    `SELECT json_array(key, refs, attributes, secrets) AS columns FROM desired WHERE kind = ? ORDER BY key`,
    kind,
  )
  for (const { columns } of rows) yield String(columns)
}
