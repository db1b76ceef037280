import type { Writable } from 'node:stream'
import { FileError } from '../diagnostics/errors.ts'
import { isDiskFull, systemCode } from '../files/disk.ts'

export interface Output {
  /** Writes in pieces of 64 KiB. */
  write(text: string): void
  /** Whether the reader is slower than the writer: what is written now stays in memory. */
  isFull(): boolean
  /** Waits until the reader has caught up, or nobody reads on. */
  room(): Promise<void>
  /** Waits until everything is out, or nobody reads on. */
  end(): Promise<void>
}

/** An output to a stream that its reader may read as slowly as it likes. */
export function buffered(stream: Writable): Output {
  let pending = ''
  const flush = (length = pending.length) => {
    if (length > 0) stream.write(pending.slice(0, length))
    pending = pending.slice(length)
  }
  return {
    write(text) {
      pending += text
      // In whole lines: what hides addresses must have them in one piece.
      if (pending.length > 1 << 16) flush(pending.lastIndexOf('\n') + 1)
    },
    isFull: () => stream.writableNeedDrain && !stream.errored,
    room: () => drained(stream),
    end() {
      flush()
      return drained(stream)
    },
  }
}

function drained(stream: Writable): Promise<void> {
  const events = ['drain', 'error', 'close']
  return new Promise((resolve) => {
    const end = () => {
      for (const event of events) stream.off(event, end)
      resolve()
    }
    for (const event of events) stream.on(event, end)
    if (!stream.writableNeedDrain || stream.errored) end()
  })
}

/** What keeps a stream of the process from being written, told with its name. */
export function outputRefusal(error: Error, name: string): FileError {
  const full = isDiskFull(error)
  return new FileError(
    {
      code: full ? 'disk_full' : 'output_unwritable',
      message: `${name} cannot be written: ${full ? 'the disk is full' : (systemCode(error) ?? error.message)}`,
      hint: `${full ? 'make room there, or send' : 'send'} it elsewhere; then run the same command again: what was applied is in the state`,
    },
    { cause: error },
  )
}
