/**
 * Loaded before a program (`--import`), it simulates a nearly full disk: one that accepts only part
 * of a write, and nothing after a number of bytes, given as JSON in the variable WEAK_DISK. For
 * machines that cannot mount a small file system, and to choose the exact place at which it fills
 * up.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'

interface WeakDisk {
  /** Bytes available for whole files. Default: unlimited. */
  bytes?: number
  /** Maximum number of bytes accepted per call. */
  piece?: number
  /** Pages of a staging database. */
  pages?: number
  /** Error of syncing a file. */
  sync?: 'EIO' | 'ENOSPC'
}

const { bytes = Number.POSITIVE_INFINITY, piece, pages, sync }: WeakDisk = JSON.parse(process.env.WEAK_DISK ?? '{}')
let room = bytes

const { writeSync, fsyncSync } = fs
const weakWrite = (file: number, data: Uint8Array | string, at = 0) => {
  const whole = Buffer.from(data)
  return writeSync(file, whole, at, taken(whole.length - at))
}
fs.writeSync = weakWrite as typeof fs.writeSync
fs.fsyncSync = (file) => {
  if (sync !== undefined) throw refusal(sync, 'fsync')
  fsyncSync(file)
}
syncBuiltinESMExports()
await weakenHandles()

if (pages !== undefined) boundStaging(pages)

/** How many of these bytes are written. @throws Error if there is no room */
function taken(wanted: number): number {
  const length = Math.min(wanted, piece ?? wanted, room)
  if (length === 0 && wanted > 0) throw refusal('ENOSPC', 'no space left on device, write')
  room -= length
  return length
}

/** The same for files of `fs/promises`, whose class has no name. */
async function weakenHandles(): Promise<void> {
  const handle = await fs.promises.open(process.execPath)
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  const { write } = prototype
  prototype.write = function (this: unknown, data: Uint8Array, at: number, length: number, position: number) {
    return write.call(this, data, at, taken(length), position)
  }
}

function refusal(code: string, words: string): Error {
  return Object.assign(new Error(`${code}: ${words}`), { code, syscall: words })
}

/** SQLite reports a database that cannot grow as a full disk: SQLITE_FULL. */
function boundStaging(most: number): void {
  const { exec } = DatabaseSync.prototype
  const bounded = new WeakSet<DatabaseSync>()
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    exec.call(this, sql)
    if (bounded.has(this) || !this.location()?.includes('/scratch-') || this.location()?.endsWith('.lock')) return
    bounded.add(this)
    exec.call(this, `PRAGMA max_page_count = ${most}`)
  }
}
