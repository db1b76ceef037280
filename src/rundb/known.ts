import { canonicalJson } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { KEYS_IN_RANGE } from './key-ranges.ts'
import { noteAll } from './notes.ts'
import type { RunDatabase } from './run-database.ts'

/** The copy of the state: the table `known`. */

/** The condition that a row `k` of the state is out of scope. */
export const BEYOND = 'EXISTS (SELECT 1 FROM beyond b WHERE b.kind = k.kind AND b.key = k.key)'

/** A resource of the state. For its fields see StateResource. */
export interface StateRow {
  key: string
  id: string
  attributes: Attributes
  digests: Record<string, string>
  refs: Record<string, string>
  ownership: 'created' | 'adopted'
  reduced?: string
  answered?: Attributes
  gone?: number
}

/** A row of `known`, for one desired resource. */
export type Known = Omit<StateRow, 'key' | 'refs'>

/** The part of a row of `known` that verifying needs. */
export type Applied = Pick<StateRow, 'id' | 'attributes' | 'reduced' | 'answered'>

/** A resource of the state whose key is no longer in the source. */
export type Orphan = Pick<StateRow, 'key' | 'attributes' | 'ownership'>

export function insertKnown(rundb: RunDatabase, kind: string, rows: readonly StateRow[]): void {
  rundb.transaction(() => {
    for (const { key, id, attributes, digests, refs, ownership, reduced, answered, gone } of rows) {
      rundb.run(
        `INSERT INTO known VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
           (SELECT ${isUnchanged('?4')} FROM desired d WHERE d.kind = ?1 AND d.key = ?2))`,
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

/** A version of a state. */
export interface StateVersion {
  lineage: string
  serial: number
}

/**
 * Copies one kind of a state that SQLite can open, all within SQLite. Attributes that equal the
 * desired ones or have one member are canonical JSON already; only others are parsed.
 * @param file a URL of the state's file
 * @returns false, with nothing copied, if the file cannot be opened or has another version, because
 *   someone might have replaced it
 */
export function copyKnown(rundb: RunDatabase, kind: string, file: string, version: StateVersion): boolean {
  try {
    rundb.run('ATTACH ? AS stored', file)
  } catch {
    return false
  }
  try {
    // One transaction, so that everything has the same version.
    return rundb.still(() => {
      if (!isVersion(rundb, version)) return false
      defineCanonical(rundb)
      copyInBatches(rundb, kind)
      return true
    })
  } finally {
    // Close it at once: the last user of the state cleans up next to it, and must be able to write.
    rundb.exec('DETACH stored')
  }
}

/**
 * Copies one kind; `known` must not have rows of it yet. A statement copies only some of them,
 * because it calls the JavaScript function `canonical`: see keyRanges.
 */
function copyInBatches(rundb: RunDatabase, kind: string): void {
  const copy = (sign: '>=' | '>') => `${COPY} AND s.key ${sign} ?2 ORDER BY s.key LIMIT ${KEYS_IN_RANGE}`
  const last = rundb.statement('SELECT max(key) AS key FROM known WHERE kind = ?')
  for (let copied = rundb.run(copy('>='), kind, ''); copied === KEYS_IN_RANGE; ) {
    copied = rundb.run(copy('>'), kind, String(last.get(kind)?.key))
  }
}

const COPY = `INSERT INTO known SELECT s.kind, s.key, s.id,
    CASE WHEN s.attributes = d.attributes OR ${isSingle('s.attributes')} THEN s.attributes ELSE canonical(s.attributes) END,
    s.digests, s.refs, s.ownership, s.reduced,
    CASE WHEN s.answered IS NOT NULL THEN canonical(s.answered) END, s.gone, iif(d.key IS NULL, NULL, ${isUnchanged('s.attributes')})
  FROM stored.resources s LEFT JOIN desired d ON d.kind = ?1 AND d.key = s.key WHERE s.kind = ?1`

/** Whether `d` equals what was applied, as far as SQL can tell, or has no managed attributes. */
function isUnchanged(applied: string): string {
  return `(d.attributes = ${applied} OR d.attributes = '{}')`
}

/** Whether JSON is an object with at most one member and no nested object: always canonical. */
function isSingle(json: string): string {
  return `(instr(substr(${json}, 2), '{') = 0 AND length(replace(${json}, '":', '')) >= length(${json}) - 2)`
}

function isVersion(rundb: RunDatabase, { lineage, serial }: StateVersion): boolean {
  const meta = rundb.statement('SELECT value FROM stored.meta WHERE name = ?')
  return meta.get('lineage')?.value === lineage && Number(meta.get('serial')?.value) === serial
}

/** Databases that have the function `canonical`. */
const canonical = new WeakSet<RunDatabase>()

function defineCanonical(rundb: RunDatabase): void {
  if (canonical.has(rundb)) return
  rundb.define('canonical', (text) => canonicalJson(JSON.parse(text)))
  canonical.add(rundb)
}

/** Creates the index on IDs of the state. A plan that finds nothing new in WorkOS needs none. */
export function indexKnownIds(rundb: RunDatabase): void {
  if (indexed.has(rundb)) return
  rundb.exec('CREATE INDEX known_by_id ON known (kind, id)')
  indexed.add(rundb)
}

/** Databases with this index. */
const indexed = new WeakSet<RunDatabase>()

export function hasKnown(rundb: RunDatabase, kind: string): boolean {
  return rundb.statement('SELECT 1 FROM known WHERE kind = ? LIMIT 1').get(kind) !== undefined
}

/** The key of an ID in the state. */
export function keyById(rundb: RunDatabase, kind: string, id: string): string | undefined {
  indexKnownIds(rundb)
  const row = rundb.statement('SELECT key FROM known WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** The orphan with this ID, if there is one. */
export function orphanById(rundb: RunDatabase, kind: string, id: string): Orphan | undefined {
  indexKnownIds(rundb)
  const row = rundb
    .statement(
      `SELECT key, attributes, ownership FROM known k INDEXED BY known_by_id WHERE kind = ? AND id = ? AND NOT EXISTS
         (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key) AND NOT EXISTS
         (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)`,
    )
    .get(kind, id)
  if (row === undefined) return undefined
  return { key: String(row.key), attributes: JSON.parse(String(row.attributes)), ownership: ownershipOf(row) }
}

/** Desired resources without an action that WorkOS changed on write, by kind and key. */
export function* answeredWithoutAction(
  rundb: RunDatabase,
): Generator<{ kind: string; key: string; attributes: Attributes; answered: Attributes }> {
  const rows = rundb.iterate(
    `SELECT k.kind, k.key, d.attributes, k.answered FROM known k CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key
       WHERE k.answered IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)
       ORDER BY k.kind, k.key`,
  )
  for (const { kind, key, attributes, answered } of rows) {
    yield {
      kind: String(kind),
      key: String(key),
      attributes: JSON.parse(String(attributes)),
      answered: JSON.parse(String(answered)),
    }
  }
}

/** Adds notes on desired resources without an action that WorkOS accepted only in part. */
export function insertReducedNotes(rundb: RunDatabase, code: string): void {
  noteAll(rundb, {
    from: 'known k CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key',
    where: 'k.reduced IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)',
    on: 'k',
    note: { code, detail: { sql: 'k.reduced' } },
  })
}

/** Reads a row with the columns of `known`. `base` contains its attributes. */
export function knownFromRow(row: Row): Known | undefined {
  if (row.id === null) return undefined
  return {
    id: String(row.id),
    attributes: JSON.parse(String(row.base)),
    digests: JSON.parse(String(row.digests)),
    ownership: ownershipOf(row),
    ...(row.reduced !== null && { reduced: String(row.reduced) }),
    ...(row.answered !== null && { answered: JSON.parse(String(row.answered)) }),
    ...(row.gone !== null && { gone: Number(row.gone) }),
  }
}

function ownershipOf({ ownership }: Row): StateRow['ownership'] {
  return ownership === 'created' ? 'created' : 'adopted'
}
/** The state of a resource, in JSON. Undefined: none. */
export function knownAttributes(rundb: RunDatabase, kind: string, key: string): string | undefined {
  const row = rundb.statement('SELECT attributes FROM known WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.attributes)
}
