import type { Writable } from 'node:stream'
import { FileError } from '../diagnostics/errors.ts'
import { isDiskFull, systemCode } from '../files/disk.ts'

/** A function that writes to a stream in pieces of 64 KiB, and one that waits until everything is out or nobody reads on. */
export function buffered(stream: Writable): { write(text: string): void; end(): Promise<void> } {
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
    end() {
      flush()
      const events = ['drain', 'error', 'close']
      return new Promise((resolve) => {
        const settle = () => {
          for (const event of events) stream.off(event, settle)
          resolve()
        }
        for (const event of events) stream.on(event, settle)
        if (!stream.writableNeedDrain || stream.errored) settle()
      })
    },
  }
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
