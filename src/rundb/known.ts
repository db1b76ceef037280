import type { SQLOutputValue } from 'node:sqlite'
import { canonicalJson } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { Row } from '../sqlite/open.ts'
import { keyRanges } from './key-ranges.ts'
import { canBeKnown, countKnown, knownChanged } from './known-facts.ts'
import { noteAll } from './notes.ts'
import type { RunDatabase } from './run-database.ts'
import { KNOWN_TABLE } from './schema.ts'

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
  run: number
  reduced?: string
  answered?: Attributes
  gone?: number
}

/** A row of `known`, for one desired resource. */
export type Known = Omit<StateRow, 'key' | 'refs' | 'run'>

/** The part of a row of `known` that verifying needs. */
export type Applied = Pick<StateRow, 'id' | 'attributes' | 'reduced' | 'answered'>

/** A resource of the state whose key is no longer in the source. */
export type Orphan = Pick<StateRow, 'key' | 'attributes' | 'ownership'>

export function insertKnown(rundb: RunDatabase, kind: string, rows: readonly StateRow[]): void {
  knownChanged(rundb)
  rundb.transaction(() => {
    for (const { key, id, attributes, digests, refs, ownership, run, reduced, answered, gone } of rows) {
      rundb.run(
        'INSERT INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        kind,
        key,
        id,
        JSON.stringify(attributes),
        JSON.stringify(digests),
        JSON.stringify(refs),
        ownership,
        run,
        reduced ?? null,
        answered === undefined ? null : JSON.stringify(answered),
        gone ?? null,
      )
    }
  })
}

/** Creates the table in another file of the run. */
export function createKnown(rundb: RunDatabase): void {
  rundb.exec(KNOWN_TABLE)
}

/**
 * Replaces the table by the one of another file, which is attached from now on.
 * @param file a database with a table of createKnown
 */
export function useKnown(rundb: RunDatabase, file: string): void {
  rundb.replace('known', 'copied', file)
}

/** A version of a state. */
export interface StateVersion {
  lineage: string
  serial: number
}

/**
 * Copies a state that SQLite can open, all within SQLite.
 * @param file a URL of the state's file
 * @returns false, with nothing copied, if the file cannot be opened or has another version, because
 *   someone might have replaced it
 */
export function copyKnown(rundb: RunDatabase, file: string, version: StateVersion): boolean {
  try {
    rundb.run('ATTACH ? AS stored', file)
  } catch {
    return false
  }
  try {
    // One transaction, so that everything has the same version.
    return rundb.still(() => {
      if (!isVersion(rundb, version)) return false
      knownChanged(rundb)
      rundb.run(COPY)
      return true
    })
  } finally {
    // Close it at once: the last user of the state cleans up next to it, and must be able to write.
    rundb.exec('DETACH stored')
  }
}

/** SQLite copies the rows as bytes if both tables are declared alike: see PLAN_TABLES. */
export const COPY = 'INSERT INTO known SELECT * FROM stored.resources'

/** Forgets a kind that is not planned. */
export function forgetKnown(rundb: RunDatabase, kind: string): void {
  rundb.run('DELETE FROM known WHERE kind = ?', kind)
  knownChanged(rundb, kind)
}

/** A resource that is not desired as it is in the state. */
export interface Unlike {
  key: string
  /** It is desired at all. */
  desired: boolean
  /** It is not desired, or with other attributes. */
  isApart: boolean
  hasOtherSecrets: boolean
}

/**
 * The condition that a resource `k` of the state is not desired, as `d`, with its attributes. These
 * are equal if their JSON is, or if the source manages none.
 */
const IS_APART = "(d.key IS NULL OR NOT (d.attributes = k.attributes OR d.attributes = '{}'))"

/** The condition that secrets of `d` are not as in the state. Needs the function same_secrets. */
const HAS_OTHER_SECRETS = '(d.secrets IS NOT NULL AND NOT same_secrets(d.secrets || char(10) || k.digests))'

/**
 * Defines the function same_secrets.
 * @param isSame whether secrets surely match digests, both as JSON
 */
export function defineSameSecrets(rundb: RunDatabase, isSame: (secrets: string, digests: string) => boolean): void {
  // An SQL function takes one text. JSON contains no line ends.
  rundb.define('same_secrets', (both) => {
    const end = both.lastIndexOf('\n')
    return isSame(both.slice(0, end), both.slice(end + 1)) ? 1 : 0
  })
}

/**
 * A query for the resources of a kind `?1`, with keys from `?2` to `?3`, that are not desired as
 * they are in the state. Needs the function same_secrets.
 */
export const unlikeDesired = `SELECT k.key, d.key IS NOT NULL AS desired, ${IS_APART} AS apart, ${HAS_OTHER_SECRETS} AS changed
  FROM known k LEFT JOIN desired d ON d.kind = k.kind AND d.key = k.key
  WHERE k.kind = ?1 AND k.key BETWEEN ?2 AND ?3 AND (${IS_APART} OR ${HAS_OTHER_SECRETS})`

/** What is not desired as in the state, by kind, if it is known already. */
const unlike = new WeakMap<RunDatabase, ReadonlyMap<string, readonly Unlike[]>>()

/** Stores what a comparison found, by kind. The desired set must not change any more. */
export function noteUnlike(rundb: RunDatabase, found: ReadonlyMap<string, readonly Unlike[]>): void {
  unlike.set(rundb, found)
}

/** Compares the copy of a kind with the desired set: fills the table `apart`. */
export function setApart(rundb: RunDatabase, kind: string): void {
  const found = unlike.get(rundb)?.get(kind)
  if (found === undefined) {
    rundb.run(
      `INSERT INTO apart SELECT k.kind, k.key, d.key IS NOT NULL
       FROM known k LEFT JOIN desired d ON d.kind = k.kind AND d.key = k.key WHERE k.kind = ? AND ${IS_APART}`,
      kind,
    )
    return
  }
  for (const { key, desired, isApart } of found) {
    if (isApart) rundb.run('INSERT INTO apart VALUES (?, ?, ?)', kind, key, desired ? 1 : 0)
  }
}

/** The secrets of a resource and the digests last applied, as JSON. SQL cannot compare them. */
export interface SecretsAndDigests {
  key: string
  secrets: string
  digests: string
}

/**
 * Secrets of resources in the state, in key order.
 * @param isSame whether secrets surely match digests: these resources are skipped
 */
export function* secretsOfKnown(
  rundb: RunDatabase,
  kind: string,
  isSame: (secrets: string, digests: string) => boolean,
): Generator<SecretsAndDigests> {
  const query = (condition: string) => `SELECT d.key, d.secrets, k.digests
    FROM desired d JOIN known k ON k.kind = d.kind AND k.key = d.key WHERE d.kind = ? AND ${condition} ORDER BY d.key`
  const found = unlike.get(rundb)?.get(kind)
  if (found !== undefined) {
    const keys = found.filter(({ hasOtherSecrets }) => hasOtherSecrets).map(({ key }) => key)
    yield* secretsIn(rundb.iterate(query('d.key IN (SELECT value FROM json_each(?))'), kind, JSON.stringify(keys)))
    return
  }
  defineSameSecrets(rundb, isSame)
  for (const range of keyRanges(rundb, 'known', kind)) {
    yield* secretsIn(rundb.iterate(query(`d.key BETWEEN ? AND ? AND ${HAS_OTHER_SECRETS}`), kind, ...range))
  }
}

function* secretsIn(rows: Iterable<Row>): Generator<SecretsAndDigests> {
  for (const { key, secrets, digests } of rows) {
    yield { key: String(key), secrets: String(secrets), digests: String(digests) }
  }
}

/** SQL for the resources `k` of the state that are no longer desired, by kind and key. */
export const LEFT = 'apart p CROSS JOIN known k ON k.kind = p.kind AND k.key = p.key AND NOT p.desired'

/** The condition that a resource `k` of the state is no longer desired. */
export const HAS_LEFT = 'EXISTS (SELECT 1 FROM apart p WHERE p.kind = k.kind AND p.key = k.key AND NOT p.desired)'

/** The number of resources of a kind that are in the state and desired. */
export function countKnownDesired(rundb: RunDatabase, kind: string): number {
  const left = rundb.count('SELECT count(*) FROM apart WHERE kind = ? AND NOT desired', kind)
  return countKnown(rundb, kind) - left
}

function isVersion(rundb: RunDatabase, { lineage, serial }: StateVersion): boolean {
  const meta = rundb.statement('SELECT value FROM stored.meta WHERE name = ?')
  return meta.get('lineage')?.value === lineage && Number(meta.get('serial')?.value) === serial
}

export function hasKnown(rundb: RunDatabase, kind: string): boolean {
  return rundb.statement('SELECT 1 FROM known WHERE kind = ? LIMIT 1').get(kind) !== undefined
}

/** The key of an ID in the state. */
export function keyById(rundb: RunDatabase, kind: string, id: string): string | undefined {
  const row = rundb.statement('SELECT key FROM known WHERE kind = ? AND id = ?').get(kind, id)
  return row && String(row.key)
}

/** The orphan with this ID, if there is one. */
export function orphanById(rundb: RunDatabase, kind: string, id: string): Orphan | undefined {
  const row = rundb
    .statement(
      `SELECT key, attributes, ownership FROM known k INDEXED BY known_by_id WHERE kind = ? AND id = ? AND NOT EXISTS
         (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key) AND NOT EXISTS
         (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)`,
    )
    .get(kind, id)
  if (row === undefined) return undefined
  return { key: String(row.key), attributes: attributesIn(row.attributes), ownership: ownershipOf(row) }
}

/** Desired resources without an action that WorkOS changed on write, by kind and key. */
export function* answeredWithoutAction(
  rundb: RunDatabase,
): Generator<{ kind: string; key: string; attributes: Attributes; answered: Attributes }> {
  if (!canBeKnown(rundb, 'answered')) return
  const rows = rundb.iterate(
    `SELECT k.kind, k.key, d.attributes, k.answered FROM known k CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key
       WHERE k.answered IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.key = k.key)
       ORDER BY k.kind, k.key`,
  )
  for (const { kind, key, attributes, answered } of rows) {
    yield {
      kind: String(kind),
      key: String(key),
      attributes: JSON.parse(String(attributes)),
      answered: attributesIn(answered),
    }
  }
}

/** Adds notes on desired resources without an action that WorkOS accepted only in part. */
export function insertReducedNotes(rundb: RunDatabase, code: string): void {
  if (!canBeKnown(rundb, 'reduced')) return
  noteAll(rundb, {
    from: 'known k CROSS JOIN desired d ON d.kind = k.kind AND d.key = k.key',
    where:
      'k.reduced IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = k.kind AND a.key = k.key)',
    on: 'k',
    note: { code, detail: { sql: 'k.reduced' } },
  })
}

/** Reads a row with the columns of `known`. `base` contains its attributes. */
export function knownFromRow(row: Row): Known | undefined {
  if (row.id === null) return undefined
  return {
    id: String(row.id),
    attributes: attributesIn(row.base),
    digests: JSON.parse(String(row.digests)),
    ownership: ownershipOf(row),
    ...(row.reduced !== null && { reduced: String(row.reduced) }),
    ...(row.answered !== null && { answered: attributesIn(row.answered) }),
    ...(row.gone !== null && { gone: Number(row.gone) }),
  }
}

/** Attributes of the state with their members in order, whatever the order in its file. */
export function attributesIn(json: SQLOutputValue | undefined): Attributes {
  const attributes: Attributes = JSON.parse(String(json))
  const canonical = canonicalJson(attributes)
  return canonical === json ? attributes : JSON.parse(canonical)
}

function ownershipOf({ ownership }: Row): StateRow['ownership'] {
  return ownership === 'created' ? 'created' : 'adopted'
}

/** The attributes of a resource in the state. Undefined: it is not there. */
export function knownAttributes(rundb: RunDatabase, kind: string, key: string): Attributes | undefined {
  const row = rundb.statement('SELECT attributes FROM known WHERE kind = ? AND key = ?').get(kind, key)
  return row && attributesIn(row.attributes)
}
