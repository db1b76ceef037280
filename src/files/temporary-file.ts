import { randomUUID } from 'node:crypto'
import { openSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../diagnostics/errors.ts'

const PREFIX = '.workos-migrate-'
/** What SQLite puts beside a database counts too: a backup is written under a temporary name. */
const NAME = /^\.workos-migrate-(.+)-(\d+)-[0-9a-f]{8}\.tmp(?:-journal|-wal|-shm)?$/

/** Nobody writes to a file so slowly: its process is dead, wherever that was. Milliseconds. */
const ABANDONED_AFTER = 60 * 60_000

/** Those that this process is writing. */
const own = new Set<string>()

/**
 * A file that takes the name of another one when it is whole. Until then only this process knows
 * it.
 */
export interface TemporaryFile {
  path: string
  /** Its descriptor, for writing. */
  file: number
  /** Nothing is left of it unless it was renamed. */
  forget(): void
}

/**
 * Makes an empty file in a folder, for its owner alone unless another mode is given, and removes
 * those that dead processes left there.
 */
export function createTemporaryFile(folder: string, mode = 0o600): TemporaryFile {
  removeAbandonedFiles(folder)
  const name = `${PREFIX}${place()}-${process.pid}-${randomUUID().slice(0, 8)}.tmp`
  const path = join(folder, name)
  const file = openSync(path, 'wx', mode)
  own.add(name)
  return {
    path,
    file,
    forget() {
      rmSync(path, { force: true })
      own.delete(name)
    },
  }
}

/**
 * Removes the temporary files that dead processes left in a folder: they may hold what is private.
 * It never fails: the command that comes after a kill has something else to do.
 */
export function removeAbandonedFiles(folder: string): void {
  for (const name of namesIn(folder)) {
    const [, where, pid] = NAME.exec(name) ?? []
    if (where === undefined || isOwn(name)) continue
    const path = join(folder, name)
    const isDead = where === place() && (Number(pid) === process.pid || !isAlive(Number(pid)))
    // Elsewhere, and after a restart, the number of a process says nothing of this one: then the
    // age of the file tells.
    if (isDead || isOld(path)) remove(path)
  }
}

/**
 * Where numbers of processes mean the same: a host, and on Linux a PID namespace of it, since
 * containers may share a host's name.
 */
export function place(): string {
  return `${hostname()}-${pidNamespace()}`
}

/** https://man7.org/linux/man-pages/man7/namespaces.7.html: `pid:[4026531836]` */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return '0'
  }
}

function isOwn(name: string): boolean {
  return own.has(name.replace(/-(?:journal|wal|shm)$/, ''))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isOld(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // It belongs to somebody else, or the file system is read-only.
  }
}

/** Whether a process of that number is there; one of another container is not seen. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
