import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StateError } from '../diagnostics/errors.ts'

/**
 * Makes sure that a file exists and only its owner may read it (0600, in a folder of 0700 if that must be made).
 * SQLite gives its journal files the mode of the database.
 * @throws StateError for a folder
 */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StateError({ code: 'not_a_file', message: `${path} is a folder`, hint: 'name a file in it (state.path)' })
  }
  if (existsSync(path)) chmodSync(path, 0o600)
  else closeSync(openSync(path, 'a', 0o600))
}
