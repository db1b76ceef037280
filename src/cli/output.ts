import type { Writable } from 'node:stream'

/** A function that writes to a stream in pieces of 64 KiB, and one that waits until everything is out. */
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
      return new Promise((resolve) => {
        if (stream.writableNeedDrain) stream.once('drain', resolve)
        else resolve()
      })
    },
  }
}
