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
 * Recognizes what this program wrote by its content, never by its name alone. In: a file or a
 * folder. Out: its sort and its files; undefined for anything else. Does not follow links.
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
  path: string
  /** Its files; of a single file, the file itself. Other files in the folder are not included. */
  files: string[]
  bytes: number
  /** When the newest file changed. Milliseconds since the epoch. */
  changedAt: number
}

/** Bytes to read of a file: a header row can be long. */
const HEAD_BYTES = 256 * 1024

/** JSON reports. The output of `inspect` and the lists of `state` have no format mark. */
const REPORTS =
  /^\uFEFF?\s*\{\s*"format":\s*"workos-migrate-(plan-report|apply-report|verification|explanation|errors|merges|export|tests|doctor-report|purge)"/

/** @param entry of a folder that was just read */
export function recognise(folder: string, entry: Dirent): Recognised | undefined {
  const path = join(folder, entry.name)
  try {
    if (entry.isDirectory()) return snapshotAt(path) ?? unfinishedAt(path)
    // Closing a file drops this process's POSIX locks on it.
    if (!entry.isFile() || entry.name.endsWith('.lock')) return undefined
    const sort = sortOf(headOf(path))
    return sort && made(sort, path, [path])
  } catch {
    // Unreadable, or removed in the meantime.
    return undefined
  }
}

/** Adds size and time. @throws a system error, as for a missing file */
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

/** Whether the header row or the first record has all columns of a reject file. */
function isRejectHead(head: string): boolean {
  const begun = /^\uFEFF?\s*[[{]/.test(head) ? head : (head.split('\n', 1)[0] ?? '')
  return REJECT_COLUMNS.filter((name) => name !== '_migrate_text').every((name) => begun.includes(name))
}

function snapshotAt(folder: string): Recognised | undefined {
  const names = readdirSync(folder)
  if (!names.includes(HEAD)) return undefined
  const { streams } = parseHead(readRegular(join(folder, HEAD)).toString('utf8'), folder)
  const files = [HEAD, ...streams.map(({ file }) => file)].filter((name) => names.includes(name))
  return made('snapshot', folder, paths(folder, files))
}

/** An interrupted snapshot, whose progress file lists the files it wrote. */
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
