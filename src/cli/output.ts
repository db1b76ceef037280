import type { Writable } from 'node:stream'
import { FileError } from '../diagnostics/errors.ts'
import { isDiskFull, systemCode } from '../files/disk.ts'

export interface Output {
  /** Buffers the text and writes in pieces of 64 KiB. */
  write(text: string): void
  /** Whether the reader is slower than the writer; more writes would fill the memory. */
  isFull(): boolean
  /** Waits until the reader catches up or stops reading. */
  room(): Promise<void>
  /** Waits until everything is written, or the reader stops reading. */
  end(): Promise<void>
}

/** A buffered output to a stream. */
export function buffered(stream: Writable): Output {
  let pending = ''
  const flush = (length = pending.length) => {
    if (length > 0) stream.write(pending.slice(0, length))
    pending = pending.slice(length)
  }
  return {
    write(text) {
      pending += text
      // Whole lines, because the mask finds an address only in one piece.
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

/** The error for a standard stream that cannot be written. */
export function outputRefusal(error: Error, name: string): FileError {
  const full = isDiskFull(error)
  return new FileError(
    {
      code: full ? 'disk_full' : 'output_unwritable',
      message: `${name} cannot be written: ${full ? 'the disk is full' : (systemCode(error) ?? error.message)}`,
      hint: `${full ? 'free up space, or redirect' : 'redirect'} the output; then run the same command again: the state has what was applied`,
    },
    { cause: error },
  )
}
