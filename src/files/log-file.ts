import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { FileError, UsageError } from '../diagnostics/errors.ts'
import { isDiskFull, roomIn } from './disk.ts'
import { refuseIrregular } from './regular-file.ts'
import { explaining, type Purpose, writeAll } from './whole-file.ts'

/** Maximum number of characters to gather before a write. */
const PIECE = 1 << 16
const HEAD_BYTES = 256

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants

/**
 * A file that grows line by line while others read it (`tail -f`). It is overwritten in place,
 * because readers have it open. A file with other content is therefore rejected, never lost. Only
 * its owner can read it.
 */
export class LogFile {
  readonly #path: string
  readonly #purpose: Purpose
  readonly #file: number
  #pending = ''
  #flush: NodeJS.Immediate | undefined
  #failure: unknown

  /**
   * @param isOurs whether a file with this beginning can be overwritten
   * @throws UsageError, FileError
   */
  constructor(path: string, purpose: Purpose, isOurs: (head: string) => boolean) {
    this.#path = path
    this.#purpose = purpose
    this.#file = explaining(path, purpose, () => openLog(path, purpose, isOurs))
  }

  /**
   * Never throws: errors are kept for `check`. The line is readable as soon as the program pauses.
   */
  write(text: string): void {
    this.#pending += text
    if (this.#pending.length >= PIECE) this.#write()
    else this.#flush ??= setImmediate(() => this.#write())
  }

  /** @throws FileError, UsageError if something could not be written */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Writes the rest and closes the file. @throws see `check` */
  close(): void {
    this.#write()
    closeSync(this.#file)
    this.check()
  }

  #write(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    const text = this.#pending
    this.#pending = ''
    if (text === '' || this.#failure !== undefined) return
    try {
      explaining(this.#path, this.#purpose, () => writeAll(this.#file, text))
    } catch (error) {
      this.#failure = isFull(error) ? this.#full(error) : error
    }
  }

  #full(cause: unknown): FileError {
    const { message, hint } = this.#purpose
    return new FileError(
      {
        code: 'disk_full',
        message: `${message}: the disk is full${roomIn(dirname(this.#path))}`,
        hint: `free disk space, or ${hint}; then run the same command again: it continues from the state`,
      },
      { cause },
    )
  }
}

function isFull(error: unknown): boolean {
  return error instanceof FileError && isDiskFull(error.cause)
}

function openLog(path: string, { message, code, hint }: Purpose, isOurs: (head: string) => boolean): number {
  // Checked before opening, because opening a device can have effects.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found !== undefined) refuseIrregular(path, found)
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
  try {
    refuseIrregular(path, fstatSync(file))
    const head = Buffer.alloc(HEAD_BYTES)
    const length = readSync(file, head, 0, HEAD_BYTES, 0)
    if (length > 0 && !isOurs(head.toString('utf8', 0, length))) {
      throw new UsageError({ code, message: `${message}: the file contains something else`, hint })
    }
    fchmodSync(file, 0o600)
    ftruncateSync(file)
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}
