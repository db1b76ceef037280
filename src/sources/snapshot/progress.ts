import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { LockedError } from '../../diagnostics/errors.ts'
import { createPrivateFile } from '../../files/regular-file.ts'
import type { Json, JsonObject } from '../../json.ts'
import { openKept, openLocked } from '../../sqlite/open.ts'
import { damaged, nextOf, otherVersion, PROGRESS } from './format.ts'
import type { StepProgress } from './snapshot.ts'

const VERSION = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS about (
    version INTEGER NOT NULL, source TEXT NOT NULL, identity TEXT NOT NULL, started_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS streams (
    name TEXT PRIMARY KEY, file TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS steps (step TEXT PRIMARY KEY, cursor TEXT NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
`

/** The durable part of a stream. */
export interface WrittenStream {
  name: string
  file: string
  records: number
  bytes: number
  sha256: string
}

export interface About {
  source: string
  identity: JsonObject
  startedAt: string
}

/** Data that becomes durable in one transaction. */
export interface Checkpoint {
  streams: readonly WrittenStream[]
  steps: Iterable<StepProgress>
  facts: Iterable<readonly [string, Json]>
}

/**
 * The progress of an unfinished snapshot, in a database next to its files. The database is locked
 * while it is open.
 */
export interface ProgressStore {
  about: About
  streams(): WrittenStream[]
  step(name: string): { cursor: Json; done: boolean } | undefined
  /** Steps that began and are not done. */
  openSteps(): string[]
  facts(): JsonObject
  commit(checkpoint: Checkpoint): void
  close(): void
}

/** Whether there is an unfinished snapshot. */
export function isBegun(folder: string): boolean {
  return existsSync(join(nextOf(folder), PROGRESS))
}

/**
 * Removes an unfinished snapshot in any version and state.
 * @throws LockedError when another process writes it
 */
export function discardUnfinished(folder: string): void {
  const path = join(nextOf(folder), PROGRESS)
  if (existsSync(path)) {
    try {
      openLocked(path).close()
    } catch (error) {
      const reason = explained(error, nextOf(folder))
      if (reason instanceof LockedError) throw reason
    }
  }
  rmSync(nextOf(folder), { recursive: true, force: true })
}

/**
 * Opens or creates the progress database.
 * @throws LockedError when another process writes it; SourceError when it is damaged or of another
 *   version
 */
export function openProgress(folder: string, begin: About): ProgressStore {
  const path = join(folder, PROGRESS)
  createPrivateFile(path)
  let db: DatabaseSync | undefined
  try {
    db = openKept(path, { timeout: 0, synchronous: 'FULL', exclusive: true })
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA}`)
    if (db.prepare('SELECT 1 FROM about').get() === undefined) {
      db.prepare('INSERT INTO about VALUES (?, ?, ?, ?)').run(
        VERSION,
        begin.source,
        JSON.stringify(begin.identity),
        begin.startedAt,
      )
    }
    db.exec('COMMIT')
    return progressIn(db, folder)
  } catch (error) {
    db?.close()
    throw explained(error, folder)
  }
}

function progressIn(db: DatabaseSync, folder: string): ProgressStore {
  const { version, source, identity, started_at } = db.prepare('SELECT * FROM about').get() ?? {}
  if (version !== VERSION) throw otherVersion(folder)
  const about = { source: String(source), identity: JSON.parse(String(identity)), startedAt: String(started_at) }
  const findStep = db.prepare('SELECT cursor, done FROM steps WHERE step = ?')
  // Not REPLACE, which would change the rowid and with it the order of the streams.
  const putStream = db.prepare(
    `INSERT INTO streams VALUES (?, ?, ?, ?, ?) ON CONFLICT (name)
     DO UPDATE SET records = excluded.records, bytes = excluded.bytes, sha256 = excluded.sha256`,
  )
  const putStep = db.prepare('INSERT OR REPLACE INTO steps VALUES (?, ?, ?)')
  const putFact = db.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)')
  return {
    about,
    streams: () =>
      db
        .prepare('SELECT * FROM streams ORDER BY rowid')
        .all()
        .map((row) => ({
          name: String(row.name),
          file: String(row.file),
          records: Number(row.records),
          bytes: Number(row.bytes),
          sha256: String(row.sha256),
        })),
    step(name) {
      const row = findStep.get(name)
      return row && { cursor: JSON.parse(String(row.cursor)), done: row.done === 1 }
    },
    openSteps: () =>
      db
        .prepare('SELECT step FROM steps WHERE done = 0 ORDER BY step')
        .all()
        .map(({ step }) => String(step)),
    facts() {
      const facts: JsonObject = {}
      for (const { name, value } of db.prepare('SELECT * FROM facts ORDER BY name').all()) {
        facts[String(name)] = JSON.parse(String(value))
      }
      return facts
    },
    commit({ streams, steps, facts }) {
      db.exec('BEGIN')
      for (const { name, file, records, bytes, sha256 } of streams) putStream.run(name, file, records, bytes, sha256)
      for (const { step, cursor, done } of steps) putStep.run(step, JSON.stringify(cursor), done ? 1 : 0)
      for (const [name, value] of facts) putFact.run(name, JSON.stringify(value))
      db.exec('COMMIT')
    },
    close: () => db.close(),
  }
}

/** Result codes of SQLite: https://www.sqlite.org/rescode.html */
function explained(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === 5 || code === 6) {
    return new LockedError({
      code: 'snapshot_locked',
      message: `another process is reading the source into ${folder}`,
      hint: 'wait until that process ends',
      at: { file: folder },
    })
  }
  if (code === 11 || code === 26) return damaged(folder, 'its progress database is damaged', error)
  return error
}
