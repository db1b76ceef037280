import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StateError } from '../diagnostics/errors.ts'

const READING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** What stands under a name is neither a regular file nor nothing: callers say in their own words what would be right. */
export class NotRegularFile extends Error {
  /** With its article: `a folder`, `a FIFO`. */
  readonly what: string

  constructor(path: string, what: string) {
    super(`${path} is ${what}`)
    this.name = 'NotRegularFile'
    this.what = what
  }
}

/**
 * Opens a regular file for reading; symbolic links are followed. A FIFO that nobody writes to does not hold the program up.
 * @throws NotRegularFile, or an error of the operating system such as ENOENT
 */
export function openRegular(path: string): number {
  // Before it is opened: to open a device may do something. Then once more, by what was opened: the name may mean another by then.
  refuseIrregular(path, statSync(path))
  const file = openSync(path, READING)
  try {
    refuseIrregular(path, fstatSync(file))
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/** As `openRegular`, for reading in pieces: the handle waits for reads that are under way before it closes. */
export async function openRegularHandle(path: string): Promise<FileHandle> {
  refuseIrregular(path, statSync(path))
  const handle = await open(path, READING)
  try {
    refuseIrregular(path, await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The bytes of a regular file. @throws see openRegular */
export function readRegular(path: string): Buffer {
  const file = openRegular(path)
  try {
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** The regular file of that name, or undefined when there is nothing. @throws NotRegularFile */
export function regularFileAt(path: string): Stats | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined) refuseIrregular(path, found)
  return found
}

/** @throws NotRegularFile */
export function refuseIrregular(path: string, found: Stats): void {
  if (!found.isFile()) throw new NotRegularFile(path, kindOf(found))
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a FIFO'
  if (found.isSocket()) return 'a socket'
  if (found.isSymbolicLink()) return 'a symbolic link'
  return 'a device'
}

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
