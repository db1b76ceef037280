import type { SQLOutputValue } from 'node:sqlite'
import { canonicalJson } from '../json.ts'
import type { DesiredResource } from '../resource.ts'
import type { Parameter } from '../sqlite/open.ts'
import {
  countDesired,
  desiredAdded,
  desiredAsStaged,
  desiredChanged,
  desiredCounted,
  desiredRewritten,
  portionsCounted,
} from './desired-facts.ts'
import { countDrafts, countToldApart, draftCounts } from './draft-facts.ts'
import { FEW, lastDraftId, ROLE_ASSIGNMENT } from './drafts.ts'
import { noteDerived } from './loose.ts'
import { originOf, type Place, type RunDatabase, textIn } from './run-database.ts'
import { clearSeveral, findSeveral, hasRepeated, hasSeveral } from './several.ts'
import { noteHalfPairs, noteSize, noteTrait, TRAIT } from './traits.ts'

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
  /** Of several rows with one key, the first counts. Default: there are none. */
  first?: boolean
}

/**
 * Adds a resource to the desired set for every matching row.
 * @param parameters of the condition and the expressions
 * @returns the number of resources
 */
export function deriveAll(rundb: RunDatabase, derivation: Derivation, ...parameters: Parameter[]): number {
  const { kind, from, where, key, refs = "'{}'", attributes = "'{}'", secrets = 'NULL', at, records = '0' } = derivation
  const others = derivation.first ? 'ON CONFLICT (kind, key) DO NOTHING' : ''
  const place = at === undefined ? `${OF_MANIFEST}, NULL, NULL` : `${at}.seq, ${at}.file, ${at}.line`
  const bound = [...parameters]
  const kindOfAll = `?${bound.push(kind)}`
  if (!hasDesired(rundb, kind)) desiredCounted(rundb, kind, 0)
  const added = rundb.run(
    `INSERT INTO desired (${COLUMNS})
     SELECT ${kindOfAll}, ${key}, ${refs}, ${attributes}, ${secrets}, ${place}, ${records} FROM ${from} WHERE ${where} ${others}`,
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

/**
 * Moves resources with a single draft into the desired set, all within SQLite, and fills the table
 * `several` with the others. Keys that repeat are searched for only if some do.
 * @param repeats see findSeveral
 */
export function moveSingleDrafts(rundb: RunDatabase, kind: string, { repeats }: { repeats: boolean }): void {
  clearSeveral(rundb)
  const count = countDrafts(rundb, kind)
  if (count === 0) return
  const isKeyed = countToldApart(rundb, kind) === 0 && !hasRepeated(rundb, kind) && !hasDesired(rundb, kind)
  if (!isKeyed) findSeveral(rundb, kind, { repeats })
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
    first: isKeyed,
  }
  const moved = deriveAll(rundb, single, kind)
  if (moved === count && countDesired(rundb, kind) === count) desiredAsStaged(rundb, kind)
  else if (isKeyed) {
    findSeveral(rundb, kind, { repeats })
    desiredChanged(rundb, kind)
    rundb.run('DELETE FROM desired WHERE kind = ? AND key IN (SELECT substr(dedupe_group, 2) FROM several)', kind)
  }
}

/** Changes attributes or secrets of desired resources of a kind. @param sql an UPDATE */
export function changeDesired(rundb: RunDatabase, kind: string, sql: string, ...parameters: Parameter[]): void {
  if (rundb.run(sql, ...parameters) > 0) desiredRewritten(rundb, kind)
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
  changeDesired(rundb, kind, 'UPDATE desired SET attributes = ? WHERE kind = ? AND key = ?', merged, kind, key)
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

export function hasDesired(rundb: RunDatabase, kind: string): boolean {
  return rundb.statement('SELECT 1 FROM desired WHERE kind = ? LIMIT 1').get(kind) !== undefined
}

export function isDesired(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement('SELECT 1 FROM desired WHERE kind = ? AND key = ?').get(kind, key) !== undefined
}

/**
 * The number of records of each kind, in all staging tables. Role assignments: those that records
 * give to other users.
 */
export function countRecords(rundb: RunDatabase): Map<string, number> {
  const others = rundb
    .statement(
      `SELECT kind, sum(records) AS n FROM (
         SELECT kind, records FROM rejects WHERE kind <> 'record' UNION ALL SELECT kind, records FROM left_out_with
         UNION ALL SELECT '${ROLE_ASSIGNMENT}', 1 FROM grants) GROUP BY kind`,
    )
    .all()
  const counts = new Map([...draftCounts(rundb)].map(([kind, { records }]) => [kind, records]))
  for (const { kind, n } of others) counts.set(String(kind), (counts.get(String(kind)) ?? 0) + Number(n))
  return counts
}

/** By kind: the number of resources that come from records, and of these records. */
export function countAccepted(rundb: RunDatabase): Map<string, { distinct: number; records: number }> {
  const rows = rundb
    .statement(
      `SELECT kind, sum(records > 0) AS n, sum(records) AS records, count(*) AS resources, count(secrets) AS held
       FROM desired GROUP BY kind`,
    )
    .all()
  for (const { kind, n, resources, held } of rows) {
    desiredCounted(rundb, String(kind), Number(resources))
    portionsCounted(rundb, String(kind), { declared: Number(resources) - Number(n), withSecrets: Number(held) })
  }
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
