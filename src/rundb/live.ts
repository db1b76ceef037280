import { canonicalJson } from '../json.ts'
import type { LiveResource } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import type { RunDatabase } from './run-database.ts'
import { LIVE_INDEXES } from './schema.ts'

/** What WorkOS holds, as far as this run has read it: the table `live`. */

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

/** What a list of WorkOS's yields, page by page. */
export interface Listing {
  add(page: readonly LiveResource[]): void
  /** Everything was read. Where something was on two pages, the later one counts. */
  done(): void
}

/**
 * Takes in a list. Its pages are laid aside as they come, and enter the table together, in its order: a page alone would touch as many
 * places of the table and of its indexes as it has resources, which costs several times as much.
 */
export function listInto(rundb: RunDatabase, kind: string): Listing {
  const table = `"listed ${kind}"`
  rundb.exec(`CREATE TEMP TABLE IF NOT EXISTS ${table} (id TEXT, external_id TEXT, natural_key TEXT, attributes TEXT)`)
  rundb.run(`DELETE FROM ${table}`)
  const insert = rundb.statement(`INSERT INTO ${table} VALUES (?, ?, ?, ?)`)
  return {
    add(page) {
      rundb.transaction(() => {
        for (const { id, externalId, naturalKey, attributes } of page) {
          insert.run(id, externalId, naturalKey, canonicalJson(attributes))
        }
      })
    },
    done() {
      rundb.run(
        `INSERT OR REPLACE INTO live SELECT ?, id, external_id, natural_key, attributes FROM ${table} ORDER BY id, rowid`,
        kind,
      )
      rundb.run(`DELETE FROM ${table}`)
    },
  }
}

/**
 * Without a word about it SQLite takes the primary key of a table without rowids, of which `kind` is the beginning, for the better way
 * to whatever index is not unique, and reads everything of the kind: for every resource, once more.
 */
const LOOKED_UP_BY = {
  id: '',
  external_id: 'INDEXED BY live_by_external_id',
  natural_key: 'INDEXED BY live_by_natural_key',
}

/** Databases without the indexes by external id and by natural identity. */
const unindexed = new WeakSet<RunDatabase>()

/** Leaves these indexes away until something is looked up by them: where all is as the state says, nothing is. */
export function deferLiveIndexes(rundb: RunDatabase): void {
  rundb.exec('DROP INDEX live_by_external_id; DROP INDEX live_by_natural_key')
  unindexed.add(rundb)
}

function ensureLiveIndexes(rundb: RunDatabase): void {
  if (!unindexed.delete(rundb)) return
  rundb.exec(LIVE_INDEXES)
}

/** A live resource by its id, external id or natural identity. */
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

/** Ids of the live resources with this natural identity, where there are several: only names can be in WorkOS more than once. */
function findNamesakes(rundb: RunDatabase, kind: string, naturalKey: string): string[] {
  ensureLiveIndexes(rundb)
  const rows = rundb
    .statement('SELECT id FROM live INDEXED BY live_by_natural_key WHERE kind = ? AND natural_key = ? ORDER BY id')
    .all(kind, naturalKey)
  return rows.length > 1 ? rows.map(({ id }) => String(id)) : []
}

/** Looks the live resources of a kind up. */
export function liveLookup(rundb: RunDatabase, kind: string) {
  return {
    byId: (id: string) => findLive(rundb, kind, 'id', id),
    byExternalId: (externalId: string) => findLive(rundb, kind, 'external_id', externalId),
    byNaturalKey: (naturalKey: string) => findLive(rundb, kind, 'natural_key', naturalKey),
    namesakes: (naturalKey: string) => findNamesakes(rundb, kind, naturalKey),
  }
}

/**
 * Counts what the state has under a key that has left the source as found in WorkOS: its holder may have another key now.
 * @param parent the kind that it is listed within, whose keys it shares
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

/** WorkOS ids of a kind that exist by the state or are about to be adopted: what another kind is listed within. */
export function idsOfParents(rundb: RunDatabase, kind: string): string[] {
  return rundb
    .statement(
      `SELECT id FROM known k WHERE kind = ?1
         AND NOT EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)
       UNION SELECT id FROM actions WHERE kind = ?1 AND type = 'adopt'`,
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
