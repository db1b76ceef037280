import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StateError } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/printable.ts'
import { roomIn } from '../../files/disk.ts'
import {
  type DatabaseOwner,
  NotRegularFile,
  placeHint,
  regularFileAt,
  takeDatabaseFile,
} from '../../files/regular-file.ts'
import { createTemporaryFile } from '../../files/temporary-file.ts'
import { explaining, type Purpose, syncFolder } from '../../files/whole-file.ts'
import { hasNoRoom, mayBeFull } from '../../sqlite/errors.ts'
import { databaseId, openReadOnly } from '../../sqlite/open.ts'

/**
 * The file of a state, and its backups. In: the path of a state. Out: checks with remedies, and
 * copies next to it.
 */

/** Marks a SQLite file as ours (`PRAGMA application_id`): the letters "WMst". */
export const APPLICATION_ID = 0x57_4d_73_74

/**
 * Checks what is at the state's path, before a lock or a folder is created.
 * @throws StateError for anything except a state, an empty file, or nothing. The file is unchanged.
 */
export function checkStateFile(path: string): void {
  if (regularStateAt(path) !== undefined) takeStateFile(path)
}

/** The file at the state's path. Undefined: none. @throws StateError if it is not regular */
export function regularStateAt(path: string): Stats | undefined {
  return telling(path, () => regularFileAt(path))
}

/**
 * Creates the state's file if necessary, and removes access of other users. Call it before SQLite
 * opens the file: see takeFile.
 * @throws StateError as checkStateFile
 */
export function takeStateFile(path: string): void {
  const owner: DatabaseOwner = telling(path, () => takeDatabaseFile(path, APPLICATION_ID))
  if (owner === 'another program') throw foreign(path)
  if (owner === 'no database') throw unreadable(path, 'file is not a database')
}

function telling<T>(path: string, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof NotRegularFile)) throw error
    const message = `the state cannot be stored in ${path}: it is ${error.what}`
    throw new StateError({ code: 'not_a_file', message, hint: placeHint(error) }, { cause: error })
  }
}

/** How to continue without the file: with the newest backup, else with a new state. */
function wayOut(path: string): string {
  const anew = 'move it away and apply again: apply then adopts what exists in WorkOS'
  const backup = newestBackup(path)
  if (backup === undefined) return `restore a copy of it; or ${anew}`
  return `move it away with its -wal and -shm files, and restore the newest backup: cp ${shellWord(backup)} ${shellWord(path)}; or ${anew}`
}

/** The file is damaged, or not a database. */
export function unreadable(path: string, reason: string, cause?: unknown): StateError {
  return new StateError(
    {
      code: 'state_unreadable',
      message: `the state file ${path} cannot be read: ${reason}`,
      hint: wayOut(path),
    },
    { cause },
  )
}

/** The disk is full, or the file is not writable. */
export function unwritable(path: string, reason: string, cause?: unknown): StateError {
  return new StateError(
    {
      code: 'state_unwritable',
      message: `the state file ${path} cannot be written: ${reason}${cause instanceof Error && mayBeFull(cause) ? roomIn(dirname(path)) : ''}`,
      hint: 'free disk space or correct the permissions, then run the same command again: it continues where it stopped',
    },
    { cause },
  )
}

/** A database of another program. */
export function foreign(path: string): StateError {
  const backup = newestBackup(path)
  const back = backup === undefined ? '' : `; the newest backup of the former state is ${backup}`
  return new StateError({
    code: 'state_foreign',
    message: `${path} is not a state file of workos-migrate`,
    hint: `point state.path at another file${back}`,
  })
}

/** Its schema has steps that this version does not have. */
export function newer(path: string): StateError {
  return new StateError({
    code: 'state_newer',
    message: `the state file ${path} was written by a later version of workos-migrate`,
    hint: 'update workos-migrate',
  })
}

const SUFFIX = '.bak'

export function backupPurpose(file: string): Purpose {
  return {
    message: `the backup cannot be written to ${file}`,
    code: 'backup_unwritable',
    hint: 'choose a file in an existing folder that you can write to',
  }
}

/** The default path of a backup. `version`: of the schema, before a migration. */
export function backupPath(statePath: string, now: Date, version?: number): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, '')
  return `${statePath}${version === undefined ? '' : `.v${version}`}.${time}${SUFFIX}`
}

/**
 * The files of a state and its backups. Checks their application ID in addition to their names, so
 * that no file of another program is included.
 */
export function filesOfState(statePath: string): { files: string[]; backups: string[] } {
  const isOurs = (path: string) => databaseId(path) === APPLICATION_ID
  const begins = basename(statePath)
  const names = existsSync(dirname(statePath)) ? readdirSync(dirname(statePath)) : []
  const backups = names
    .filter((name) => name.startsWith(begins) && BACKUP.test(name.slice(begins.length)))
    .map((name) => join(dirname(statePath), name))
  const files = ['', '-wal', '-shm', '-journal'].map((suffix) => statePath + suffix).filter((path) => existsSync(path))
  return { files: isOurs(statePath) ? files : [], backups: backups.filter(isOurs) }
}

/** The suffixes that `backupPath` adds to the name of the state. */
const BACKUP = /^(\.v\d+)?\.\d{8}T\d{9}Z\.bak$/

/**
 * Copies the database to a new file (0600), as it is at this moment, even during writes. The copy
 * is checked and synced before it gets its name, so a file with that name is always complete.
 * @throws StateError if the file exists or the copy is damaged; UsageError, FileError if it cannot
 *   be written
 */
export function writeBackup(db: DatabaseSync, file: string): void {
  refuseExisting(file)
  explaining(file, backupPurpose(file), () => {
    // SQLite copies into an empty file, which keeps its mode.
    const temporary = createTemporaryFile(dirname(file))
    try {
      closeSync(temporary.file)
      copyInto(db, temporary.path, file)
      check(temporary.path)
      sync(temporary.path)
      renameSync(temporary.path, file)
      syncFolder(dirname(file))
    } finally {
      temporary.forget()
    }
  })
}

/** @throws StateError for a file that a backup would replace */
export function refuseExisting(file: string): void {
  // A broken link also exists.
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new StateError({
      code: 'backup_exists',
      message: `${file} already exists, and a backup never replaces a file`,
      hint: 'choose another file, or omit the file name to use a name with the time',
    })
  }
}

function copyInto(db: DatabaseSync, partial: string, file: string): void {
  try {
    db.prepare('VACUUM INTO ?').run(partial)
  } catch (error) {
    if (!(error instanceof Error) || !hasNoRoom(error)) throw error
    throw new StateError(
      {
        code: 'backup_unwritable',
        message: `the backup ${file} cannot be written: ${error.message}`,
        hint: 'free disk space there: the state itself is unchanged',
      },
      { cause: error },
    )
  }
}

function check(file: string): void {
  const copy = openReadOnly(file, 0)
  try {
    const damage = firstDamage(copy)
    if (damage === undefined) return
    throw new StateError({
      code: 'backup_damaged',
      message: `the backup ${file} is damaged: ${damage}`,
      hint: 'try another disk',
    })
  } finally {
    copy.close()
  }
}

/** The damage that SQLite finds in a database, reading all of it (about 1 GB/s), if any. */
export function firstDamage(db: DatabaseSync): string | undefined {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
  return found === 'ok' ? undefined : String(found)
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The newest backup next to the state, from any command. */
export function newestBackup(statePath: string): string | undefined {
  const folder = dirname(statePath)
  const mine = (name: string) => name.startsWith(`${basename(statePath)}.`) && name.endsWith(SUFFIX)
  const files = existsSync(folder) ? readdirSync(folder).filter(mine) : []
  return files
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((one, other) => other.time - one.time)[0]?.path
}
