import type { RejectedItem } from '../../rundb/rejects.ts'
import { rowReaders } from '../rows.ts'
import type { Address, Batch, Failure, Intent, Run, StateResource } from '../store.ts'
import type { Connection } from './connection.ts'
import { fromStored, toStored } from './text.ts'

/**
 * Rows of the state. In: resources, intents, runs. Out: the same from rows, and the statement that
 * writes a batch.
 */

export const { resourceFromRow, intentFromRow, failureFromRow, rejectFromRow, runFromRow } = rowReaders(fromStored)

/** Rows as one parameter for `json_to_recordset`, which the server splits. */
export type Rows = Record<string, string | number | null>[]

export function rowOfResource(resource: StateResource): Rows[number] {
  const { kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone } = resource
  return {
    kind: toStored(kind),
    key: toStored(key),
    id: toStored(id),
    attributes: JSON.stringify(attributes),
    digests: JSON.stringify(digests),
    refs: JSON.stringify(refs),
    ownership,
    run,
    reduced: reduced === undefined ? null : toStored(reduced),
    answered: answered === undefined ? null : JSON.stringify(answered),
    gone: gone ?? null,
  }
}

export function rowOfIntent({ kind, key, action, startedAt, attributes, digests, refs }: Intent): Rows[number] {
  return {
    kind: toStored(kind),
    key: toStored(key),
    action,
    started_at: startedAt,
    attributes: JSON.stringify(attributes),
    digests: JSON.stringify(digests),
    refs: JSON.stringify(refs),
  }
}

export function rowOfFailure(failure: Failure): Rows[number] {
  const { kind, key, action, outcome, code, message, origin, email } = failure
  return { ...stored({ kind, key, action, code, message, origin, email }), outcome }
}

export function rowOfReject(reject: RejectedItem, place: number): Rows[number] {
  const { kind, key, code, field, message, hint, origin, records, email } = reject
  return { ...stored({ kind, key, code, field, message, hint, origin, email }), records, place }
}

export function rowOfRun(run: Omit<Run, 'run' | 'counts'>): Rows[number] {
  const { command, startedAt, finishedAt, outcome, toolVersion, manifestDigest, source } = run
  return {
    ...stored({ command }),
    started_at: startedAt,
    finished_at: finishedAt,
    outcome,
    tool_version: toolVersion,
    manifest_digest: manifestDigest,
    source: source ?? null,
  }
}

function stored(texts: Record<string, string | null>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [name, value === null ? null : toStored(value)]),
  )
}

export function rowOfAddress({ kind, key }: Address): Rows[number] {
  return { kind: toStored(kind), key: toStored(key) }
}

/** What one statement can write: each address once, without dependencies between entries. */
export interface Part {
  saved: Rows
  removed: Rows
  gone: Rows
  /** Addresses whose intents end. */
  cleared: Rows
  opened: Rows
}

/** Splits a batch into parts with the same effect in sequence. Most batches are one part. */
export function partsOf({ outcomes, intents }: Batch): Part[] {
  const parts: Part[] = []
  let part = emptyPart()
  let taken = new Set<string>()
  const cut = () => {
    parts.push(part)
    part = emptyPart()
    taken = new Set()
  }
  const take = (names: string[], needsAnother: boolean) => {
    if (needsAnother || names.some((name) => taken.has(name))) cut()
    for (const name of names) taken.add(name)
  }
  for (const outcome of outcomes) {
    if (outcome.type === 'saved') {
      const { kind, key, id } = outcome.resource
      // Whether an ID stays created depends on what was saved and removed before.
      take([`${kind}:${key}`, `${kind}#${id}`], part.removed.length > 0)
      part.saved.push(rowOfResource(outcome.resource))
      part.cleared.push(rowOfAddress(outcome.resource))
      continue
    }
    const { address } = outcome
    take([`${address.kind}:${address.key}`], outcome.type === 'removed' && part.saved.length > 0)
    if (outcome.type === 'removed') part.removed.push(rowOfAddress(address))
    if (outcome.type === 'gone') part.gone.push({ ...rowOfAddress(address), run: outcome.run })
    else part.cleared.push(rowOfAddress(address))
  }
  for (const intent of intents) {
    take([`${intent.kind}:${intent.key}`], false)
    part.opened.push(rowOfIntent(intent))
  }
  parts.push(part)
  return parts
}

function emptyPart(): Part {
  return { saved: [], removed: [], gone: [], cleared: [], opened: [] }
}

/** The writer: the state, and the token of the lock holder. */
export interface Writer {
  state: number
  token: string
}

/** Columns of rows from `json_to_recordset`. */
const RESOURCE = `kind text, key text, id text, attributes text, digests text, refs text, ownership text, run integer,
  reduced text, answered text, gone integer`
const INTENT = 'kind text, key text, action text, started_at text, attributes text, digests text, refs text'
const ADDRESS = 'kind text, key text'

/**
 * The places of rows that a parameter names. The server plans a statement while tables are empty
 * and keeps the plan, which would scan the whole table: commits would get slower with the number of
 * resources. LATERAL with a LIMIT looks up each row by its key.
 */
function placesOf(table: string, parameter: string): string {
  return `SELECT l.ctid, c.* FROM held h CROSS JOIN json_to_recordset(${parameter}::json) AS c(${ADDRESS}, run integer)
    CROSS JOIN LATERAL (SELECT k.ctid FROM ${table} k WHERE k.state = h.state AND k.kind = c.kind AND k.key = c.key LIMIT 1) l`
}

/** A resource `o` by its WorkOS ID. Only the ID can use an index here, not the primary key. */
export const BY_ID = (state: string, kind: string, id: string) =>
  `o.id = ${id} AND o.kind || '' = ${kind} AND o.state + 0 = ${state}`

/**
 * Writes one part in one statement and one round trip. It increments the serial, and writes nothing
 * unless this session has the lock and the serial is as expected. Created resources stay created:
 * see the same statement of SQLite.
 */
const WRITE = `WITH held AS (
    UPDATE states SET serial = serial + $5, mark = $4
      WHERE state = $1 AND holder_token = $2 AND holder_backend = pg_backend_pid() AND serial = $3::bigint RETURNING state
  ), saved AS (
    INSERT INTO resources AS k (state, kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone)
      SELECT h.state, r.kind, r.key, r.id, r.attributes, r.digests, r.refs,
        CASE WHEN EXISTS (SELECT 1 FROM resources o WHERE ${BY_ID('h.state', 'r.kind', 'r.id')} AND o.ownership = 'created')
          THEN 'created' ELSE r.ownership END,
        r.run, r.reduced, r.answered, r.gone
      FROM held h CROSS JOIN json_to_recordset($6::json) AS r(${RESOURCE})
    ON CONFLICT (state, kind, key) DO UPDATE SET id = excluded.id, attributes = excluded.attributes, digests = excluded.digests,
      refs = excluded.refs, ownership = excluded.ownership, run = excluded.run, reduced = excluded.reduced,
      answered = excluded.answered, gone = excluded.gone
  ), cleared AS (
    DELETE FROM intents WHERE ctid = ANY (ARRAY(SELECT ctid FROM (${placesOf('intents', '$7')}) p))
  ), opened AS (
    INSERT INTO intents AS k (state, kind, key, action, started_at, attributes, digests, refs)
      SELECT h.state, r.kind, r.key, r.action, r.started_at, r.attributes, r.digests, r.refs
      FROM held h CROSS JOIN json_to_recordset($8::json) AS r(${INTENT})
    ON CONFLICT (state, kind, key) DO UPDATE SET action = excluded.action, started_at = excluded.started_at,
      attributes = excluded.attributes, digests = excluded.digests, refs = excluded.refs
  ), removed AS (
    DELETE FROM resources WHERE ctid = ANY (ARRAY(SELECT ctid FROM (${placesOf('resources', '$9')}) p))
  ), gone AS (
    UPDATE resources k SET gone = p.run FROM (${placesOf('resources', '$10')}) p WHERE k.ctid = p.ctid
  )
  SELECT count(*)::int AS held FROM held`

/** @returns false, with nothing written, if the session lacks the lock or the serial differs */
export async function writePart(
  connection: Connection,
  { state, token }: Writer,
  { part, serial, mark, counts }: { part: Part; serial: number; mark: string; counts: boolean },
): Promise<boolean> {
  const { saved, cleared, opened, removed, gone } = part
  const rows = [saved, cleared, opened, removed, gone].map((list) => JSON.stringify(list))
  const [answer] = await connection.query(WRITE, state, token, serial, mark, counts ? 1 : 0, ...rows)
  return answer?.held === 1
}
