import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { StateError } from '../../diagnostics/errors.ts'
import { shellWord } from '../../diagnostics/shell-word.ts'
import { roomIn } from '../../files/disk.ts'
import {
  type DatabaseOwner,
  NotRegularFile,
  placeHint,
  regularFileAt,
  takeDatabaseFile,
} from '../../files/regular-file.ts'
import { mayBeFull } from '../../sqlite/errors.ts'
import { newestBackup } from './backups.ts'
import { APPLICATION_ID } from './migrations.ts'

/**
 * Looks at what is under the state's name, before a lock or a folder is made beside it.
 * @throws StateError for anything but a state, an empty file, or nothing: it is left as it is
 */
export function checkStateFile(path: string): void {
  if (regularStateAt(path) !== undefined) takeStateFile(path)
}

/** The file under the state's name, or undefined when there is nothing. @throws StateError for what is no regular file */
export function regularStateAt(path: string): Stats | undefined {
  return telling(path, () => regularFileAt(path))
}

/**
 * Makes the state's file when there is none, and keeps it from other users. Comes before SQLite opens it: see takeFile.
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
    const message = `the state cannot be kept in ${path}: that is ${error.what}`
    throw new StateError({ code: 'not_a_file', message, hint: placeHint(error) }, { cause: error })
  }
}

/** The ways on without the file as it is: the newest backup where there is one, else a new state. */
function wayOut(path: string): string {
  const anew = 'move it away and apply again: what exists in WorkOS is then found and adopted'
  const backup = newestBackup(path)
  if (backup === undefined) return `put back a copy of it; or ${anew}`
  return `move it away, with its -wal and -shm files, and put back the newest backup: cp ${shellWord(backup)} ${shellWord(path)}; or ${anew}`
}

/** The file is damaged, or no database at all. */
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

/** The disk is full, or the file may not be written. */
export function unwritable(path: string, reason: string, cause?: unknown): StateError {
  return new StateError(
    {
      code: 'state_unwritable',
      message: `the state file ${path} cannot be written: ${reason}${cause instanceof Error && mayBeFull(cause) ? roomIn(dirname(path)) : ''}`,
      hint: 'make room or correct the permissions, then run the same command again: it goes on where it stopped',
    },
    { cause },
  )
}

/** A database of another program. */
export function foreign(path: string): StateError {
  const backup = newestBackup(path)
  const back = backup === undefined ? '' : `; the newest backup of the state that was there is ${backup}`
  return new StateError({
    code: 'state_foreign',
    message: `${path} is not a state file of workos-migrate`,
    hint: `point state.path at another file${back}`,
  })
}

/** Its schema has steps that this version does not know. */
export function newer(path: string): StateError {
  return new StateError({
    code: 'state_newer',
    message: `the state file ${path} was written by a later version of workos-migrate`,
    hint: 'update workos-migrate',
  })
}
