import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Characters that are gathered before they are written. */
const PIECE = 1 << 16

/** Writes a file piece by piece. Only its owner may read it (0600), and it appears whole or not at all. */
export function writeWholeFile(path: string, pieces: Iterable<string>): void {
  const temporary = `${path}.${process.pid}.tmp`
  const file = openSync(temporary, 'w', 0o600)
  try {
    try {
      let pending = ''
      for (const piece of pieces) {
        pending += piece
        if (pending.length < PIECE) continue
        writeSync(file, pending)
        pending = ''
      }
      writeSync(file, pending)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
