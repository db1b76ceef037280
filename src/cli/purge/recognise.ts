import { closeSync, type Dirent, lstatSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { openRegular, readRegular } from '../../files/regular-file.ts'
import { isPlanHead } from '../../planning/plan-file.ts'
import { isEventLog } from '../../reporting/events.ts'
import { GENERATOR } from '../../reporting/html/document.ts'
import { isResetsHead } from '../../reporting/plan-documents.ts'
import { HEAD, PROGRESS, parseHead } from '../../sources/snapshot/format.ts'
import { REJECT_COLUMNS } from '../../sources/text/reject-columns.ts'
import { openReadOnly } from '../../sqlite/open.ts'

/**
 * What this program wrote, told by what is in it and never by its name alone. In: a file or a
 * folder. Out: what it is and which files make it up; undefined for anything else, which is
 * nobody's business here. Links are not followed.
 */

export type Sort =
  | 'snapshot'
  | 'unfinished snapshot'
  | 'saved plan'
  | 'report'
  | 'events'
  | 'rejected rows'
  | 'scratch folder'
  | 'state'
  | 'backup of the state'
  | 'sandbox'

export interface Recognised {
  sort: Sort
  /** The file or folder. */
  path: string
  /** The files that make it up; of a file itself. Others in the folder are left there. */
  files: string[]
  bytes: number
  /** When the newest of them was changed. Milliseconds since the epoch. */
  changedAt: number
}

/** What is read of a file at most: a row of names may be long. */
const HEAD_BYTES = 256 * 1024

/**
 * Documents that hold something of a run. Of `inspect` and the lists of `state` nothing says in the
 * file whose they are.
 */
const REPORTS =
  /^\uFEFF?\s*\{\s*"format":\s*"workos-migrate-(plan-report|apply-report|verification|explanation|errors|merges|export|tests|doctor-report|purge)"/

/** @param entry of a folder that was just read */
export function recognise(folder: string, entry: Dirent): Recognised | undefined {
  const path = join(folder, entry.name)
  try {
    if (entry.isDirectory()) return snapshotAt(path) ?? unfinishedAt(path)
    // Whoever opens and closes a file gives up the locks of this process on it.
    if (!entry.isFile() || entry.name.endsWith('.lock')) return undefined
    const sort = sortOf(headOf(path))
    return sort && made(sort, path, [path])
  } catch {
    // What cannot be read, or is gone by now, cannot be told.
    return undefined
  }
}

/**
 * With its size and its time. @throws an error of the operating system, as for a file that is gone
 */
export function made(sort: Sort, path: string, files: string[]): Recognised {
  const found = files.map((file) => lstatSync(file))
  return {
    sort,
    path,
    files,
    bytes: found.reduce((sum, { size }) => sum + size, 0),
    changedAt: Math.max(...found.map(({ mtimeMs }) => mtimeMs)),
  }
}

function headOf(path: string): string {
  const file = openRegular(path)
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return head.toString('utf8', 0, readSync(file, head, 0, HEAD_BYTES, 0))
  } finally {
    closeSync(file)
  }
}

function sortOf(head: string): Sort | undefined {
  if (isPlanHead(head)) return 'saved plan'
  if (isEventLog(head)) return 'events'
  if (REPORTS.test(head) || isResetsHead(head)) return 'report'
  if (head.startsWith('<!doctype html>') && head.includes(GENERATOR)) return 'report'
  return isRejectHead(head) ? 'rejected rows' : undefined
}

/** The names of all columns that such a file has, in its row of names or in its first record. */
function isRejectHead(head: string): boolean {
  const begun = /^\uFEFF?\s*[[{]/.test(head) ? head : (head.split('\n', 1)[0] ?? '')
  return REJECT_COLUMNS.filter((name) => name !== '_migrate_text').every((name) => begun.includes(name))
}

/** A finished snapshot, of a live source or of files. */
function snapshotAt(folder: string): Recognised | undefined {
  const names = readdirSync(folder)
  if (!names.includes(HEAD)) return undefined
  const { streams } = parseHead(readRegular(join(folder, HEAD)).toString('utf8'), folder)
  const files = [HEAD, ...streams.map(({ file }) => file)].filter((name) => names.includes(name))
  return made('snapshot', folder, paths(folder, files))
}

/** A reading of a live source that was cut off: its progress knows which files it has written. */
function unfinishedAt(folder: string): Recognised | undefined {
  const names = readdirSync(folder)
  if (!names.includes(PROGRESS)) return undefined
  const db = openReadOnly(join(folder, PROGRESS), 1000)
  try {
    db.prepare('SELECT version, source, identity, started_at FROM about').get()
    const rows = db.prepare('SELECT file FROM streams').all()
    const written = rows.map(({ file }) => String(file)).filter((file) => /^[\w-]+\.ndjson\.gz$/.test(file))
    const own = [...written, ...['', '-wal', '-shm', '-journal'].map((suffix) => PROGRESS + suffix)]
    return made(
      'unfinished snapshot',
      folder,
      paths(
        folder,
        [...new Set(own)].filter((name) => names.includes(name)),
      ),
    )
  } finally {
    db.close()
  }
}

function paths(folder: string, names: readonly string[]): string[] {
  return names.map((name) => join(folder, name))
}
