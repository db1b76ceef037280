import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

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
