import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, readSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { StateError } from '../diagnostics/errors.ts'
import { NotRegularFile, refuseIrregular, regularFileAt } from './regular-file.ts'

/**
 * Makes sure that a file exists and only its owner may read it (0600, in a folder of 0700 if that must be made). One that
 * has content stays as it is: whose it is has to be found out first.
 * SQLite gives its journal files the mode of the database.
 * @throws StateError for anything but a regular file
 */
export function createPrivateFile(path: string): void {
  try {
    const found = regularFileAt(path)
    // Not opened where there is nothing to do: see takeFile.
    if (found === undefined || (found.size === 0 && !isPrivate(found))) takeFile(path, () => false)
  } catch (error) {
    if (!(error instanceof NotRegularFile)) throw error
    throw new StateError({ code: 'not_a_file', message: error.message, hint: placeHint(error) }, { cause: error })
  }
}

/** What would be right in place of it. */
export function placeHint({ what }: NotRegularFile): string {
  return what === 'a folder' ? 'name a file in it (state.path)' : 'name a regular file (state.path)'
}

/**
 * Opens a file, or makes it with its folder, and takes its mode to 0600 when it is empty or its beginning is ours. Nothing
 * of another file is touched.
 *
 * Closing a file gives up every lock that this process holds on it, SQLite's too: take it before SQLite opens it.
 * @throws NotRegularFile
 */
export function takeFile(path: string, isOurs: (head: Uint8Array) => boolean): void {
  const exists = regularFileAt(path) !== undefined
  if (!exists) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const { O_RDONLY, O_RDWR, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants
  const file = openSync(path, (exists ? O_RDONLY : O_RDWR | O_CREAT) | O_NONBLOCK | O_NOCTTY, 0o600)
  try {
    const found = fstatSync(file)
    refuseIrregular(path, found)
    const head = Buffer.alloc(HEAD_BYTES)
    const length = readSync(file, head, 0, HEAD_BYTES, 0)
    if (length !== 0 && !isOurs(head.subarray(0, length))) return
    if (!isPrivate(found)) fchmodSync(file, 0o600)
  } finally {
    closeSync(file)
  }
}

function isPrivate({ mode }: Stats): boolean {
  return (mode & 0o077) === 0
}

/** Of a database of SQLite: its header, and that of its first page. */
const HEAD_BYTES = 108
