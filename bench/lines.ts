import { closeSync, openSync, writeSync } from 'node:fs'

/** Writes a file in pieces. */
export interface Lines {
  add(text: string): void
  close(): void
}

export function createLines(path: string): Lines {
  const file = openSync(path, 'w')
  let pending = ''
  const flush = () => {
    writeSync(file, pending)
    pending = ''
  }
  return {
    add(text) {
      pending += text
      if (pending.length > 1 << 18) flush()
    },
    close() {
      flush()
      closeSync(file)
    },
  }
}
