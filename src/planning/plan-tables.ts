import type { SQLOutputValue } from 'node:sqlite'
import { canonicalJson } from '../json.ts'
import type { LiveResource } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { PLAN_TABLES } from '../rundb/schema.ts'
import type { StateResource, StateStore } from '../state/store.ts'
import type { Action, Drift } from './action.ts'
import { phaseOf } from './phases.ts'

export function createPlanTables(rundb: RunDatabase): void {
  rundb.exec(PLAN_TABLES)
}

/** Copies one kind of the state into the run's database. */
export async function loadKnown(rundb: RunDatabase, state: StateStore, kind: string): Promise<void> {
  for await (const batch of state.resources(kind)) {
    rundb.transaction(() => {
      for (const { key, id, attributes, digests, refs, ownership, reduced, answered, gone } of batch) {
        rundb.run(
          'INSERT INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
          kind,
          key,
          id,
          canonicalJson(attributes),
          canonicalJson(digests),
          JSON.stringify(refs),
          ownership,
          reduced ?? null,
          answered === undefined ? null : canonicalJson(answered),
          gone ?? null,
        )
      }
    })
  }
}

/** What the renderings and the apply read by, made once the actions are complete. */
export function indexActions(rundb: RunDatabase): void {
  rundb.db.exec(`CREATE INDEX actions_by_type ON actions (kind, type, position);
    CREATE INDEX actions_by_phase ON actions (phase, position)`)
}

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

/**
 * Without a word about it SQLite takes the primary key of a table without rowids, of which `kind` is the beginning, for the better way
 * to whatever index is not unique, and reads everything of the kind: for every resource, once more.
 */
const LIVE_INDEXES = {
  id: '',
  external_id: 'INDEXED BY live_by_external_id',
  natural_key: 'INDEXED BY live_by_natural_key',
}

/** A live resource by its id, external id or natural identity. */
export function findLive(
  rundb: RunDatabase,
  kind: string,
  column: 'id' | 'external_id' | 'natural_key',
  value: string,
): LiveResource | undefined {
  const row = rundb
    .statement(`SELECT * FROM live ${LIVE_INDEXES[column]} WHERE kind = ? AND ${column} = ? LIMIT 1`)
    .get(kind, value)
  return row && liveFromRow(row)
}

/** Ids of the live resources with this natural identity, where there are several: only names can be in WorkOS more than once. */
export function findNamesakes(rundb: RunDatabase, kind: string, naturalKey: string): string[] {
  const rows = rundb
    .statement('SELECT id FROM live INDEXED BY live_by_natural_key WHERE kind = ? AND natural_key = ? ORDER BY id')
    .all(kind, naturalKey)
  return rows.length > 1 ? rows.map(({ id }) => String(id)) : []
}

function liveFromRow(row: Record<string, SQLOutputValue>): LiveResource {
  return {
    id: String(row.id),
    externalId: row.external_id === null ? null : String(row.external_id),
    naturalKey: row.natural_key === null ? null : String(row.natural_key),
    attributes: JSON.parse(String(row.attributes)),
  }
}

export function insertAction(rundb: RunDatabase, action: Action): void {
  rundb.run(
    'INSERT INTO actions (phase, kind, key, type, id, action) VALUES (?, ?, ?, ?, ?, ?)',
    phaseOf(action),
    action.kind,
    action.key,
    action.type,
    'id' in action ? action.id : null,
    JSON.stringify(action),
  )
}

export function insertDrift(rundb: RunDatabase, drift: Drift): void {
  rundb.run('INSERT INTO drift VALUES (?, ?, ?, ?)', drift.kind, drift.key, drift.field, JSON.stringify(drift))
}

/** The known resource with this id, if there is one. */
export function knownById(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM known WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** A resource of the state that the source no longer has under its key. */
export type Orphan = Pick<StateResource, 'key' | 'attributes' | 'ownership'>

/** The orphan with this id, if there is one. */
export function orphanById(rundb: RunDatabase, kind: string, id: string): Orphan | undefined {
  const row = rundb
    .statement(
      `SELECT key, attributes, ownership FROM known k INDEXED BY known_by_id WHERE kind = ? AND id = ? AND NOT EXISTS
         (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key) AND NOT EXISTS
         (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)`,
    )
    .get(kind, id)
  if (row === undefined) return undefined
  const ownership = row.ownership === 'created' ? 'created' : 'adopted'
  return { key: String(row.key), attributes: JSON.parse(String(row.attributes)), ownership }
}

/** What a row of `known` says, for one desired resource. */
export type Known = Pick<StateResource, 'id' | 'attributes' | 'digests' | 'ownership' | 'reduced' | 'answered' | 'gone'>
