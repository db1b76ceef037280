import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { FileError, UsageError } from '../diagnostics/errors.ts'
import { isDiskFull, roomIn } from './disk.ts'
import { refuseIrregular } from './regular-file.ts'
import { explaining, type Purpose, writeAll } from './whole-file.ts'

/** Characters that are gathered at most before they are written. */
const PIECE = 1 << 16
const HEAD_BYTES = 256

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants

/**
 * A file that grows line by line while others read it (`tail -f`). It is overwritten in its place,
 * since whoever follows it has it open: so one that holds anything else is refused, never lost.
 * Only its owner may read it.
 */
export class LogFile {
  readonly #path: string
  readonly #purpose: Purpose
  readonly #file: number
  #pending = ''
  #flush: NodeJS.Immediate | undefined
  #failure: unknown

  /**
   * @param isOurs whether a file that begins so may be overwritten
   * @throws UsageError, FileError
   */
  constructor(path: string, purpose: Purpose, isOurs: (head: string) => boolean) {
    this.#path = path
    this.#purpose = purpose
    this.#file = explaining(path, purpose, () => openLog(path, purpose, isOurs))
  }

  /**
   * Never throws: what goes wrong is kept for `check`. The line can be read as soon as the program
   * pauses.
   */
  write(text: string): void {
    this.#pending += text
    if (this.#pending.length >= PIECE) this.#write()
    else this.#flush ??= setImmediate(() => this.#write())
  }

  /** @throws FileError, UsageError when something could not be written */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Writes what is left and closes the file. @throws see `check` */
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
        hint: `make room there, or ${hint}; what was applied is in the state: the same command goes on from there`,
      },
      { cause },
    )
  }
}

function isFull(error: unknown): boolean {
  return error instanceof FileError && isDiskFull(error.cause)
}

function openLog(path: string, { message, code, hint }: Purpose, isOurs: (head: string) => boolean): number {
  // Before it is opened: to open a device may do something.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found !== undefined) refuseIrregular(path, found)
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
  try {
    refuseIrregular(path, fstatSync(file))
    const head = Buffer.alloc(HEAD_BYTES)
    const length = readSync(file, head, 0, HEAD_BYTES, 0)
    if (length > 0 && !isOurs(head.toString('utf8', 0, length))) {
      throw new UsageError({ code, message: `${message}: it holds something else`, hint })
    }
    fchmodSync(file, 0o600)
    ftruncateSync(file)
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}
