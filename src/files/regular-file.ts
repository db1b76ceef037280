import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf, StateError } from '../diagnostics/errors.ts'

const READING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** A path leads to something that is not a regular file. Callers add the remedy. */
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
 * Opens a regular file for reading. Follows symbolic links. A FIFO without a writer does not block.
 * @throws NotRegularFile, or an error of the operating system such as ENOENT
 */
export function openRegular(path: string): number {
  // Checked before opening, because opening a device can have effects, and again by descriptor,
  // because the name can mean another file by then.
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

/** As `openRegular`, for reading in pieces: the handle waits for pending reads before it closes. */
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

/** The regular file with this name, or undefined if there is none. @throws NotRegularFile */
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
 * Ensures that a file exists and only its owner can read it (0600, in a folder of 0700 if that must
 * be created). A file with content stays as it is until its owner is known. SQLite gives its
 * journal files the mode of the database.
 * @throws StateError for anything but a regular file
 */
export function createPrivateFile(path: string): void {
  try {
    const found = regularFileAt(path)
    // Not opened unnecessarily: see takeFile.
    if (found === undefined || (found.size === 0 && !isPrivate(found))) takeFile(path, () => false)
  } catch (error) {
    if (!(error instanceof NotRegularFile)) throw error
    throw new StateError({ code: 'not_a_file', message: error.message, hint: placeHint(error) }, { cause: error })
  }
}

/** The remedy. */
export function placeHint({ what }: NotRegularFile): string {
  return what === 'a folder' ? 'set state.path to a file in this folder' : 'set state.path to a regular file'
}

/**
 * Opens or creates a file with its folder, and sets its mode to 0600 if it is empty or its
 * beginning is ours. Changes nothing of other files.
 *
 * Closing a file releases every lock of this process on it, including SQLite's. Call this before
 * SQLite opens the file.
 * @throws NotRegularFile
 */
function takeFile(path: string, isOurs: (head: Uint8Array) => boolean): void {
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

/** Bytes of a SQLite database: its header, and the header of its first page. */
const HEAD_BYTES = 108

const MAGIC = 'SQLite format 3\0'

/**
 * The owner of a file, by its first bytes
 * (https://www.sqlite.org/fileformat2.html#the_database_header). `nobody`: empty, or a database
 * without tables; SQLite's journal can contain more.
 */
export type DatabaseOwner = 'nobody' | 'ours' | 'another program' | 'no database'

/**
 * Prepares a file for SQLite: creates a missing one, sets the mode of ours or an empty one to 0600,
 * and leaves any other alone. SQLite itself would write into another program's file, to finish a
 * transaction.
 * @throws NotRegularFile
 */
export function takeDatabaseFile(path: string, applicationId: number): DatabaseOwner {
  let owner: DatabaseOwner = 'nobody'
  takeFile(path, (head) => {
    owner = ownerOf(head, applicationId)
    return owner === 'ours'
  })
  return owner
}

function ownerOf(bytes: Uint8Array, applicationId: number): DatabaseOwner {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (head.length < 108 || head.toString('latin1', 0, 16) !== MAGIC) return 'no database'
  const id = head.readInt32BE(68)
  if (id === applicationId) return 'ours'
  // Cells of the first page are tables. One transaction writes our tables and the ID into the same
  // page.
  return id === 0 && head.readUInt16BE(103) === 0 ? 'nobody' : 'another program'
}

/**
 * Identifies the file behind a path; undefined: none. A moved file keeps its identity, a copy has
 * another.
 */
export function identityOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}`
}

/** Maximum number of links to follow from a missing file. */
const LINKS = 40

/** The path without symbolic links, also for a file that does not exist yet. */
export function realPathOf(path: string, links = LINKS): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (dirname(path) === path || !isMissing(error)) throw error
  }
  const leadsTo = links > 0 && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
  if (leadsTo) return realPathOf(resolve(dirname(path), readlinkSync(path)), links - 1)
  return join(realPathOf(dirname(path), links), basename(path))
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}
