/**
 * Writes files so that a crash, a full disk or another program loses nothing. In: a path and the
 * file's purpose. Out: the complete file or the old one, and every failure as a problem with the
 * path.
 */

import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { FileError, UsageError } from '../diagnostics/errors.ts'
import { isDiskFull, roomIn, systemCode } from './disk.ts'
import { NotRegularFile, refuseIrregular } from './regular-file.ts'
import { createTemporaryFile, type TemporaryFile } from './temporary-file.ts'

const PRIVATE = 0o600

/** Characters to gather before a write. */
const PIECE = 1 << 16

/** The parts of messages about a file that cannot be written. */
export interface Purpose {
  /** What failed, with the path: `the plan cannot be written to plan.ndjson`. */
  message: string
  /** Code of the problem, unless the disk is full. */
  code: string
  /** How to choose another file. */
  hint: string
}

/**
 * A file that is written in pieces and appears completely or not at all: it has a temporary name
 * next to it, is synced, then renamed. Until then, the old file stays. By default, only its owner
 * can read it.
 *
 * Every failure includes the path. A symbolic link, device, FIFO or folder with that name is
 * rejected, never replaced. Another name of the same file (a hard link) keeps the old content.
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
   * Writes everything to disk, so that `finish` has nothing left to write. @throws UsageError,
   * FileError
   */
  complete(): void {
    this.#try(() => {
      this.#flush()
      fsyncSync(this.#temporary.file)
      this.#close()
    })
  }

  /**
   * Renames it to its final name. @throws UsageError, FileError: then the old file is still there
   */
  finish(): void {
    if (this.#isOpen) this.complete()
    this.#try(() => {
      refuseOccupied(this.#path)
      renameSync(this.#temporary.path, this.#path)
      syncFolder(dirname(this.#path))
    })
    this.#temporary.forget()
  }

  /** Removes it unless it is finished. */
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

/** Writes a complete file. See WholeFile. */
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
 * Writes a whole text: the operating system can accept only part of it, as on a nearly full disk.
 */
export function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(file, bytes, at)
    if (written <= 0) throw new Error('the operating system accepts no more bytes and reports no reason')
    at += written
  }
}

/** Makes renames in a folder survive a power cut, if the file system can sync folders. */
export function syncFolder(folder: string): void {
  let descriptor: number
  try {
    descriptor = openSync(folder, constants.O_RDONLY)
  } catch {
    // You can write to a folder without permission to read it.
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

/** @throws UsageError if a complete file could not take that name */
export function checkReplaceable(path: string, purpose: Purpose): void {
  explaining(path, purpose, () => refuseOccupied(path))
}

/** Links are not followed: they can lead anywhere, and someone else might have created them. */
function refuseOccupied(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found !== undefined) refuseIrregular(path, found)
}

/** Runs work on a disk, and adds the path to its errors. */
export function explaining<T>(path: string, purpose: Purpose, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw writeRefusal(error, path, purpose)
  }
}

/** Explains why a file cannot be written, with its path. Returns other errors unchanged. */
export function writeRefusal(error: unknown, path: string, { message, code, hint }: Purpose): unknown {
  const options = { cause: error }
  if (error instanceof NotRegularFile) {
    return new UsageError({ code, message: `${message}: it is ${error.what}`, hint }, options)
  }
  if (isDiskFull(error)) {
    const full = `${message}: the disk is full${roomIn(dirname(path))}`
    const room = `free disk space, or ${hint}; an earlier file is unchanged`
    return new FileError({ code: 'disk_full', message: full, hint: room }, options)
  }
  const reason = systemCode(error)
  if (reason === undefined) return error
  return new UsageError({ code, message: `${message} (${reason})`, hint }, options)
}
