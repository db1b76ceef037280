import type { Stats } from 'node:fs'
import { StateError } from '../diagnostics/errors.ts'
import { placeHint } from '../files/private-file.ts'
import { NotRegularFile, regularFileAt } from '../files/regular-file.ts'
import { type DatabaseOwner, takeDatabaseFile } from '../sqlite/database-file.ts'
import { APPLICATION_ID } from './migrations.ts'
import { foreign, unreadable } from './refusals.ts'

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
