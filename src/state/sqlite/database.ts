import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../../diagnostics/errors.ts'
import { openKept, pragma } from '../../sqlite/open.ts'
import { backupPath, firstDamage, writeBackup } from './backups.ts'
import { explained } from './connection.ts'
import { acquireLock } from './lock.ts'
import { APPLICATION_ID, migrations } from './migrations.ts'
import { foreign, newer, unreadable } from './state-file.ts'

export interface OpenDatabaseOptions {
  /** The caller holds the state's lock: it is about to write, so the whole file is checked first. */
  locked?: boolean
  /** The steps of the schema. */
  steps?: readonly string[]
}

/**
 * Opens a state's database and brings its schema up to date.
 *
 * Every opening checks what costs nothing: whose file it is, its version, and that no part is cut off. The whole file is
 * read and checked (about a second per GB) when the caller is about to write, when the last one did not close it, and before
 * a migration.
 * @throws StateError for a corrupt, foreign or newer file, LockedError when it has to be migrated and somebody is at work
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
    // FULL: an intent must be on the disk before its write leaves, even if the machine then loses power.
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

/** SQLite removes this file when the last one closes the database in order. */
function wasCutOff(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** The version of the schema; 0: the file is new. */
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
 * Takes the steps that are missing, each in a transaction of its own: a process that is killed leaves the schema before a
 * step or after it. Before each step the whole state is copied beside the file.
 */
function migrate(db: DatabaseSync, path: string, options: Required<OpenDatabaseOptions>): void {
  const release = options.locked ? () => {} : acquireLock(path, 'migration of the state', new Date())
  try {
    const before = pragma(db, 'user_version')
    for (let version = before; version < options.steps.length; ) {
      // A state that is being made has nothing to lose between two steps.
      if (before > 0) writeBackup(db, backupPath(path, new Date(), version))
      db.exec('BEGIN IMMEDIATE')
      try {
        // Two processes may find an empty file at the same time: the second sees here what the first has done.
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
