import { dirname } from 'node:path'
import { StateError } from '../diagnostics/errors.ts'
import { shellWord } from '../diagnostics/shell-word.ts'
import { roomIn } from '../files/disk.ts'
import { newestBackup } from './backups.ts'
import { mayBeFull } from './sqlite-errors.ts'

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
