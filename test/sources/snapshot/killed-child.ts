/**
 * Writes a snapshot of a paged source into the given folder, and kills itself with SIGKILL at the
 * nth disk operation: before each one, and in the middle of writing a file. With n = 0, it counts
 * the operations and prints the number. The writer's functions are wrapped from outside.
 */
import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const [folder = '', fatal = '0', version = '1'] = process.argv.slice(2)
let steps = 0

function step(): void {
  steps += 1
  if (steps !== Number(fatal)) return
  process.kill(process.pid, 'SIGKILL')
  // The signal ends the process before the next statement. Waits in case it is late.
  for (;;);
}

const file = await open(fileURLToPath(import.meta.url))
const FileHandle: { write(this: unknown, bytes: Buffer, from: number, length: number, at: number): Promise<unknown> } =
  Object.getPrototypeOf(file)
await file.close()
const write = FileHandle.write
FileHandle.write = async function (bytes, from, length, at) {
  step()
  if (steps + 1 === Number(fatal)) await write.call(this, bytes, from, Math.floor(length / 2), at)
  step()
  return write.call(this, bytes, from, length, at)
}

const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function (sql) {
  step()
  exec.call(this, sql)
}

for (const name of ['renameSync', 'rmSync', 'writeFileSync'] as const) {
  const original: (...args: never[]) => unknown = fs[name]
  Object.assign(fs, {
    [name](...args: never[]) {
      step()
      return original(...args)
    },
  })
}
syncBuiltinESMExports()

const { openSnapshotWriter } = await import('../../../src/sources/snapshot/writer.ts')
const { readPages, OF } = await import('./pages.ts')
const writer = await openSnapshotWriter(folder, OF, { checkpoint: { characters: 0, milliseconds: 0 } })
await readPages(writer, version)
await writer.finish()
fs.writeSync(1, `${steps}`)
