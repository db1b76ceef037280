import { closeSync, existsSync, fsyncSync, lstatSync, openSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StateError } from '../../diagnostics/errors.ts'
import { createTemporaryFile } from '../../files/temporary-file.ts'
import { explaining, type Purpose, syncFolder } from '../../files/whole-file.ts'
import { hasNoRoom } from '../../sqlite/errors.ts'
import { openReadOnly } from '../../sqlite/open.ts'

const SUFFIX = '.bak'

function purposeOf(file: string): Purpose {
  return {
    message: `the backup cannot be written to ${file}`,
    code: 'backup_unwritable',
    hint: 'name a file in a folder that exists and that you may write to',
  }
}

/** Where a backup goes unless somebody names a file; `version` is the schema's, before a migration. */
export function backupPath(statePath: string, now: Date, version?: number): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, '')
  return `${statePath}${version === undefined ? '' : `.v${version}`}.${time}${SUFFIX}`
}

/**
 * Copies the database to a new file (0600), as it stands at this moment, whoever writes to it meanwhile. The copy is checked
 * and on the disk before it takes its name, so a file under that name is a whole backup.
 * @throws StateError when the file exists, or the copy is damaged; UsageError, FileError when it cannot be written
 */
export function writeBackup(db: DatabaseSync, file: string): void {
  // A link that leads nowhere exists as well.
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new StateError({
      code: 'backup_exists',
      message: `${file} exists already, and a backup never replaces one`,
      hint: 'name another file, or none: a name with the time is then chosen',
    })
  }
  explaining(file, purposeOf(file), () => {
    // SQLite copies into an empty file, which keeps the mode that it was made with.
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

function copyInto(db: DatabaseSync, partial: string, file: string): void {
  try {
    db.prepare('VACUUM INTO ?').run(partial)
  } catch (error) {
    if (!(error instanceof Error) || !hasNoRoom(error)) throw error
    throw new StateError(
      {
        code: 'backup_unwritable',
        message: `the backup ${file} cannot be written: ${error.message}`,
        hint: 'make room there: the state itself is untouched',
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

/** What SQLite finds wrong with a database, reading all of it (about 1 GB/s); undefined: nothing. */
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

/** The newest backup beside the state, by whichever command it was made. */
export function newestBackup(statePath: string): string | undefined {
  const folder = dirname(statePath)
  const mine = (name: string) => name.startsWith(`${basename(statePath)}.`) && name.endsWith(SUFFIX)
  const files = existsSync(folder) ? readdirSync(folder).filter(mine) : []
  return files
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((one, other) => other.time - one.time)[0]?.path
}
