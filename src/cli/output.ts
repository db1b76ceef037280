import type { Writable } from 'node:stream'

/** A function that writes to a stream in pieces of 64 KiB, and one that waits until everything is out or nobody reads on. */
export function buffered(stream: Writable): { write(text: string): void; end(): Promise<void> } {
  let pending = ''
  const flush = () => {
    if (pending !== '') stream.write(pending)
    pending = ''
  }
  return {
    write(text) {
      pending += text
      if (pending.length > 1 << 16) flush()
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
