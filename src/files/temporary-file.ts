import { randomUUID } from 'node:crypto'
import { openSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../diagnostics/errors.ts'

const PREFIX = '.workos-migrate-'
/** Includes SQLite's files next to a database: a backup is written under a temporary name. */
const NAME = /^\.workos-migrate-(.+)-(\d+)-[0-9a-f]{8}\.tmp(?:-journal|-wal|-shm)?$/

/**
 * After this time without a write, the process of a file is dead, on whatever machine.
 * Milliseconds.
 */
const ABANDONED_AFTER = 60 * 60_000

/** The files that this process is writing. */
const own = new Set<string>()

/** A file that replaces another when it is complete. Until then, only this process knows it. */
export interface TemporaryFile {
  path: string
  /** The descriptor, for writing. */
  file: number
  /** Removes it unless it was renamed. */
  forget(): void
}

/**
 * Creates an empty file in a folder, by default only for its owner, and removes those of dead
 * processes.
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
 * Removes temporary files of dead processes in a folder, which can contain private data. Never
 * fails, because the next command must not fail on it.
 */
export function removeAbandonedFiles(folder: string): void {
  for (const name of namesIn(folder)) {
    const [, where, pid] = NAME.exec(name) ?? []
    if (where === undefined || isOwn(name)) continue
    const path = join(folder, name)
    const isDead = where === place() && (Number(pid) === process.pid || !isAlive(Number(pid)))
    // Process numbers mean nothing on other machines or after a restart. The age of the file then
    // decides.
    if (isDead || isOld(path)) remove(path)
  }
}

/**
 * Where process numbers are comparable: a host, and on Linux one PID namespace, since containers
 * can share a host name.
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
    // It belongs to someone else, or the file system is read-only.
  }
}

/** Whether a process with this number exists here; other containers are not visible. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
