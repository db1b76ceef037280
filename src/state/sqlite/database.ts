import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../../diagnostics/errors.ts'
import { openKept, pragma } from '../../sqlite/open.ts'
import { explained } from './connection.ts'
import { acquireLock } from './lock.ts'
import { APPLICATION_ID, backupPath, firstDamage, foreign, newer, unreadable, writeBackup } from './state-file.ts'

export interface OpenDatabaseOptions {
  /** The caller holds the state's lock and is about to write: check the whole file first. */
  locked?: boolean
  /** The steps of the schema. */
  steps?: readonly string[]
}

/**
 * Opens a state's database and updates its schema.
 *
 * Every opening runs the cheap checks: owner, version, and size. The whole file is read and checked
 * (about a second per GB) before writing, after a command that did not close it, and before a
 * migration.
 * @throws StateError for a corrupt, foreign or newer file, LockedError if it needs a migration and
 *   another command uses it
 */
export function openDatabase(
  path: string,
  { locked = false, steps = migrations }: OpenDatabaseOptions = {},
): DatabaseSync {
  const cutOff = wasCutOff(path)
  let db: DatabaseSync | undefined
  try {
    let version = 0
    const check = (opened: DatabaseSync) => {
      version = identify(opened, path, steps.length)
      if (version > 0 && (locked || cutOff || version < steps.length)) checkWhole(opened, path)
    }
    // FULL: an intent must be on the disk before its write is sent, even if the power fails.
    db = openKept(path, { timeout: 5_000, synchronous: 'FULL', check })
    db.exec('PRAGMA foreign_keys = ON')
    if (version < steps.length) migrate(db, path, { locked: locked || version === 0, steps })
    return db
  } catch (error) {
    db?.close()
    if (error instanceof OperatorError) throw error
    const told = explained(path, error)
    throw told === error ? unreadable(path, error instanceof Error ? error.message : String(error), error) : told
  }
}

/** SQLite removes this file when the last connection is closed properly. */
function wasCutOff(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** The version of the schema. 0: the file is new. */
function identify(db: DatabaseSync, path: string, latest: number): number {
  const id = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  const fresh = id === 0 && version === 0 && db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0
  if (!fresh && id !== APPLICATION_ID) throw foreign(path)
  if (version > latest) throw newer(path)
  return version
}

function checkWhole(db: DatabaseSync, path: string): void {
  const damage = firstDamage(db)
  if (damage !== undefined) throw unreadable(path, damage)
}

/**
 * Takes the missing steps, each in its own transaction, so that a killed process leaves the schema
 * before or after a step. Before each step the whole state is copied next to the file.
 */
function migrate(db: DatabaseSync, path: string, options: Required<OpenDatabaseOptions>): void {
  const release = options.locked ? () => {} : acquireLock(path, 'migration of the state', new Date())
  try {
    const before = pragma(db, 'user_version')
    for (let version = before; version < options.steps.length; ) {
      // A new state has nothing to lose between two steps.
      if (before > 0) writeBackup(db, backupPath(path, new Date(), version))
      db.exec('BEGIN IMMEDIATE')
      try {
        // Two processes can find an empty file at the same time. The second one sees here that the
        // step is done.
        if (pragma(db, 'user_version') === version) {
          db.exec(`${options.steps[version]};
            PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}`)
        }
        db.exec('COMMIT')
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
      version = pragma(db, 'user_version')
    }
  } finally {
    release()
  }
}

/**
 * The numbered steps of the schema. Never edit a published step: add a new one. `PRAGMA
 * user_version` is the number of steps taken.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

  CREATE TABLE resources (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    ownership TEXT NOT NULL CHECK (ownership IN ('created', 'adopted')),
    run INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX resources_by_id ON resources (kind, id);

  CREATE TABLE intents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    started_at TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    outcome TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    counts TEXT NOT NULL
  ) STRICT;

  CREATE TABLE failures (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (run, kind, key)
  ) WITHOUT ROWID, STRICT;
  `,
  `
  CREATE TABLE rejects (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT,
    code TEXT NOT NULL,
    field TEXT,
    message TEXT NOT NULL,
    hint TEXT,
    origin TEXT NOT NULL,
    records INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX rejects_by_run ON rejects (run, id);
  `,
  `
  ALTER TABLE resources ADD COLUMN reduced TEXT;
  `,
  `
  ALTER TABLE resources ADD COLUMN answered TEXT;
  ALTER TABLE resources ADD COLUMN gone INTEGER;
  `,
  `
  ALTER TABLE runs ADD COLUMN source TEXT;
  `,
  `
  ALTER TABLE failures ADD COLUMN email TEXT;
  ALTER TABLE rejects ADD COLUMN email TEXT;
  `,
]
