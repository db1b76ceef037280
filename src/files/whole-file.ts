/**
 * Files that are written so that a crash, a full disk or another program loses nothing. In: a path
 * and what the file is for. Out: the whole file or what was there before, and every refusal as a
 * problem with the path.
 */

import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { FileError, UsageError } from '../diagnostics/errors.ts'
import { isDiskFull, roomIn, systemCode } from './disk.ts'
import { NotRegularFile, refuseIrregular } from './regular-file.ts'
import { createTemporaryFile, type TemporaryFile } from './temporary-file.ts'

const PRIVATE = 0o600

/** Characters that are gathered before they are written. */
const PIECE = 1 << 16

/** What messages say of a file that cannot be written. */
export interface Purpose {
  /** What it is, with its path: `the plan cannot be written to plan.ndjson`. */
  message: string
  /** Of the problem, unless the disk is full. */
  code: string
  /** How to name another file. */
  hint: string
}

/**
 * A file that is written piece by piece and appears whole or not at all: under a temporary name
 * beside it, synced, then renamed. What was there before stays until then. Only its owner may read
 * it, unless another mode is given.
 *
 * Whatever goes wrong is told with the path. A symbolic link, a device, a FIFO or a folder of that
 * name is refused, never replaced. Another name of the same file (a hard link) keeps the old
 * content.
 */
export class WholeFile {
  readonly #path: string
  readonly #purpose: Purpose
  readonly #temporary: TemporaryFile
  #isOpen = true
  #pending = ''

  /** @throws UsageError, FileError */
  constructor(path: string, purpose: Purpose, mode = PRIVATE) {
    this.#path = path
    this.#purpose = purpose
    this.#temporary = explaining(path, purpose, () => {
      refuseOccupied(path)
      return createTemporaryFile(dirname(path), mode)
    })
  }

  write(text: string): void {
    this.#pending += text
    if (this.#pending.length >= PIECE) this.#try(() => this.#flush())
  }

  /**
   * Brings all of it to the disk: after this, `finish` has nothing more to write. @throws
   * UsageError, FileError
   */
  complete(): void {
    this.#try(() => {
      this.#flush()
      fsyncSync(this.#temporary.file)
      this.#close()
    })
  }

  /** Puts it in its place. @throws UsageError, FileError: then the old file is still there */
  finish(): void {
    if (this.#isOpen) this.complete()
    this.#try(() => {
      refuseOccupied(this.#path)
      renameSync(this.#temporary.path, this.#path)
      syncFolder(dirname(this.#path))
    })
    this.#temporary.forget()
  }

  /** Leaves no trace of it, unless it is finished. */
  discard(): void {
    this.#close()
    this.#temporary.forget()
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    writeAll(this.#temporary.file, text)
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#temporary.file)
    this.#isOpen = false
  }

  #try(work: () => void): void {
    try {
      explaining(this.#path, this.#purpose, work)
    } catch (error) {
      this.discard()
      throw error
    }
  }
}

/** Writes a whole file. See WholeFile. */
export function writeWholeFile(path: string, pieces: Iterable<string>, purpose: Purpose, mode = PRIVATE): void {
  const file = new WholeFile(path, purpose, mode)
  try {
    for (const piece of pieces) file.write(piece)
    file.finish()
  } catch (error) {
    file.discard()
    throw error
  }
}

/**
 * Writes all of a text: the operating system may take a part of it, as on a disk that is nearly
 * full.
 */
export function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(file, bytes, at)
    if (written <= 0) throw new Error('the operating system takes no more bytes, and does not say why')
    at += written
  }
}

/**
 * Makes renames in a folder last through a power cut, where the file system lets a folder be
 * synced.
 */
export function syncFolder(folder: string): void {
  let descriptor: number
  try {
    descriptor = openSync(folder, constants.O_RDONLY)
  } catch {
    // Whoever may not read a folder may still write in it.
    return
  }
  try {
    fsyncSync(descriptor)
  } catch (error) {
    if (!UNSYNCABLE.has(systemCode(error))) throw error
  } finally {
    closeSync(descriptor)
  }
}

const UNSYNCABLE: ReadonlySet<unknown> = new Set(['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR'])

/** @throws UsageError when a whole file could not take that name */
export function checkReplaceable(path: string, purpose: Purpose): void {
  explaining(path, purpose, () => refuseOccupied(path))
}

/** A link is not followed: it may lead anywhere, and was perhaps laid by somebody else. */
function refuseOccupied(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found !== undefined) refuseIrregular(path, found)
}

/** Does what may fail on a disk, and tells of it with the path. */
export function explaining<T>(path: string, purpose: Purpose, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw writeRefusal(error, path, purpose)
  }
}

/**
 * What keeps a file from being written, as a problem with its path; an error of another kind as it
 * is.
 */
export function writeRefusal(error: unknown, path: string, { message, code, hint }: Purpose): unknown {
  const options = { cause: error }
  if (error instanceof NotRegularFile) {
    return new UsageError({ code, message: `${message}: that is ${error.what}`, hint }, options)
  }
  if (isDiskFull(error)) {
    const full = `${message}: the disk is full${roomIn(dirname(path))}`
    const room = `make room there, or ${hint}; what was there before is untouched`
    return new FileError({ code: 'disk_full', message: full, hint: room }, options)
  }
  const reason = systemCode(error)
  if (reason === undefined) return error
  return new UsageError({ code, message: `${message} (${reason})`, hint }, options)
}
