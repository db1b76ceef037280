import { canonicalJson } from '../json.ts'
import type { LiveResource } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import type { RunDatabase } from './run-database.ts'
import { LIVE_TABLE, liveIndexes } from './schema.ts'

/** What is in WorkOS, as far as this run has read it: the table `live`. */

export function insertLive(rundb: RunDatabase, kind: string, resources: readonly LiveResource[]): void {
  rundb.transaction(() => {
    for (const { id, externalId, naturalKey, attributes } of resources) {
      rundb.run(
        'INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?)',
        kind,
        id,
        externalId,
        naturalKey,
        canonicalJson(attributes),
      )
    }
  })
}

export function hasLive(rundb: RunDatabase, kind: string): boolean {
  return rundb.statement('SELECT 1 FROM live WHERE kind = ? LIMIT 1').get(kind) !== undefined
}

export function countLive(rundb: RunDatabase, kind: string): number {
  return rundb.count('SELECT count(*) FROM live WHERE kind = ?', kind)
}

/** Receives a list from WorkOS, page by page. */
export interface Listing {
  add(page: readonly LiveResource[]): void
  /** Call after the last page. If a resource was on two pages, the later one counts. */
  done(): void
}

/** Resources that are written at once. More of them would outlive V8's young generation. */
const AT_ONCE = 200

/** Receives a list into the table. */
export function listInto(rundb: RunDatabase, kind: string): Listing {
  const { add, done } = layInto(rundb, kind, 'temp')
  return {
    add,
    done() {
      if (!done()) insertLaid(rundb, kind, 'temp')
      rundb.run(`DELETE FROM ${laidIn('temp', kind)}`)
    },
  }
}

/**
 * Receives a list. Resources in the order of IDs are appended to the table. From the first one out
 * of order on, they are laid aside: `insertLaid` inserts them together, which costs much less.
 * @param aside the schema in which they are laid aside
 * @returns `done` returns whether none was laid aside
 */
export function layInto(rundb: RunDatabase, kind: string, aside: string) {
  const table = laidIn(aside, kind)
  rundb.exec(`CREATE TABLE IF NOT EXISTS ${table} (id TEXT, external_id TEXT, natural_key TEXT, attributes TEXT)`)
  rundb.run(`DELETE FROM ${table}`)
  const append = rundb.statement('INSERT INTO live VALUES (?, ?, ?, ?, ?)')
  const layAside = rundb.statement(`INSERT INTO ${table} VALUES (?, ?, ?, ?)`)
  let inOrder = unindexed.has(rundb) && !hasLive(rundb, kind)
  let last = ''
  let held: LiveResource[] = []
  const write = () => {
    rundb.transaction(() => {
      for (const { id, externalId, naturalKey, attributes } of held) {
        // SQLite compares the bytes of UTF-8, and IDs are ASCII. From the first ID out of order on,
        // the later of two duplicates counts.
        inOrder &&= id > last
        last = id
        const row = [id, externalId, naturalKey, canonicalJson(attributes)]
        if (inOrder) append.run(kind, ...row)
        else layAside.run(...row)
      }
    })
    held = []
  }
  return {
    add(page: readonly LiveResource[]) {
      held.push(...page)
      if (held.length >= AT_ONCE) write()
    },
    done(): boolean {
      write()
      return inOrder
    },
  }
}

function laidIn(aside: string, kind: string): string {
  return `${aside}."listed ${kind}"`
}

/** Inserts what was laid aside of a list. */
export function insertLaid(rundb: RunDatabase, kind: string, aside: string): void {
  const table = laidIn(aside, kind)
  rundb.run(
    `INSERT OR REPLACE INTO live SELECT ?, id, external_id, natural_key, attributes FROM ${table} ORDER BY id, rowid`,
    kind,
  )
}

/**
 * Without INDEXED BY, SQLite prefers the primary key of this table without rowids, which starts
 * with `kind`, to any index that is not unique, and scans the kind for every resource.
 */
const LOOKED_UP_BY = {
  id: '',
  external_id: 'INDEXED BY live_by_external_id',
  natural_key: 'INDEXED BY live_by_natural_key',
}

/**
 * Databases without the indexes by external ID and by identifier. If WorkOS matches the state, they
 * never need them.
 */
const unindexed = new WeakSet<RunDatabase>()

/** Databases whose table is in an attached file. */
const attached = new WeakSet<RunDatabase>()

/** The schema of the table `live`, for indexes on it. */
export function schemaOfLive(rundb: RunDatabase): 'main' | 'ahead' {
  return attached.has(rundb) ? 'ahead' : 'main'
}

/** Creates the table without these indexes. */
export function createLive(rundb: RunDatabase): void {
  rundb.exec(LIVE_TABLE)
  unindexed.add(rundb)
}

/**
 * Replaces the table by the one of another file, which is attached from now on.
 * @param file a database with a table of createLive
 */
export function useLive(rundb: RunDatabase, file: string): void {
  rundb.replace('live', 'ahead', file)
  attached.add(rundb)
  unindexed.add(rundb)
}

function ensureLiveIndexes(rundb: RunDatabase): void {
  if (unindexed.delete(rundb)) rundb.exec(liveIndexes(schemaOfLive(rundb)))
}

/** A live resource by its ID, external ID or identifier. */
export function findLive(
  rundb: RunDatabase,
  kind: string,
  column: 'id' | 'external_id' | 'natural_key',
  value: string,
): LiveResource | undefined {
  if (column !== 'id') ensureLiveIndexes(rundb)
  const row = rundb
    .statement(`SELECT * FROM live ${LOOKED_UP_BY[column]} WHERE kind = ? AND ${column} = ? LIMIT 1`)
    .get(kind, value)
  return row && liveFromRow(row)
}

/** IDs of the live resources with this identifier, if there are several: only names can repeat. */
function findNamesakes(rundb: RunDatabase, kind: string, naturalKey: string): string[] {
  ensureLiveIndexes(rundb)
  const rows = rundb
    .statement('SELECT id FROM live INDEXED BY live_by_natural_key WHERE kind = ? AND natural_key = ? ORDER BY id')
    .all(kind, naturalKey)
  return rows.length > 1 ? rows.map(({ id }) => String(id)) : []
}

/** Looks up live resources of a kind. */
export function liveLookup(rundb: RunDatabase, kind: string) {
  return {
    byId: (id: string) => findLive(rundb, kind, 'id', id),
    byExternalId: (externalId: string) => findLive(rundb, kind, 'external_id', externalId),
    byNaturalKey: (naturalKey: string) => findLive(rundb, kind, 'natural_key', naturalKey),
    namesakes: (naturalKey: string) => findNamesakes(rundb, kind, naturalKey),
  }
}

/**
 * Treats resources as found in WorkOS if the state has them under a key that left the source. Their
 * parent might have another key now.
 * @param parent the kind within which it is listed, with the same keys
 */
export function insertFormerAsLive(rundb: RunDatabase, kind: string, parent: string): void {
  rundb.run(
    `INSERT OR IGNORE INTO live SELECT k.kind, k.id, NULL, p.id, k.attributes FROM known k
     JOIN known p ON p.kind = ?2 AND p.key = k.key
     WHERE k.kind = ?1 AND NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)`,
    kind,
    parent,
  )
}

/** WorkOS IDs of a kind that are in the state or about to be adopted: parents for listing. */
export function idsOfParents(rundb: RunDatabase, kind: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM known k WHERE kind = ?1
         AND NOT EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)
       UNION SELECT id FROM decided_actions WHERE kind = ?1 AND type = 'adopt'`,
    )
    .all(kind)
    .map((row) => String(row.id))
}

function liveFromRow(row: Row): LiveResource {
  return {
    id: String(row.id),
    externalId: row.external_id === null ? null : String(row.external_id),
    naturalKey: row.natural_key === null ? null : String(row.natural_key),
    attributes: JSON.parse(String(row.attributes)),
  }
}
