import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, SourceError, UsageError } from '../../diagnostics/errors.ts'
import { syncFolder } from '../../files/whole-file.ts'
import { canonicalJson, isObject, type JsonObject } from '../../json.ts'
import type { SnapshotStream } from './snapshot.ts'

const FORMAT = 'workos-migrate-snapshot'
const VERSION = 1

/** Written last: its presence means that the snapshot is finished. */
export const HEAD = 'snapshot.json'

/** The content of `snapshot.json`. */
export interface SnapshotHead {
  /** The version of workos-migrate that wrote it. */
  toolVersion: string
  source: string
  identity: JsonObject
  startedAt: string
  finishedAt: string
  streams: SnapshotStream[]
  facts: JsonObject
  digest: string
}

const FIELDS = [
  ['toolVersion', isText],
  ['source', isText],
  ['identity', isObject],
  ['startedAt', isTime],
  ['finishedAt', isTime],
  ['streams', (value: unknown) => Array.isArray(value) && value.every(isStream)],
  ['facts', isObject],
  ['digest', isText],
] as const

/** The text of `snapshot.json`, with a digest over all of it to detect edits. */
export function headText(head: SnapshotHead): string {
  const content = { format: FORMAT, version: VERSION, ...head }
  return `${JSON.stringify({ ...content, seal: sealOf(content) }, null, 2)}\n`
}

/** @throws SourceError when it is damaged, edited, or of another version */
export function parseHead(text: string, folder: string): SnapshotHead {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw damaged(folder, `${HEAD} is not JSON`)
  }
  if (!isObject(value) || value.format !== FORMAT) throw damaged(folder, `${HEAD} does not belong to a snapshot`)
  if (value.version !== VERSION) throw otherVersion(folder)
  const { seal, ...content } = value
  const lacks = FIELDS.filter(([name, fits]) => !fits(content[name])).map(([name]) => name)
  if (lacks.length > 0) throw damaged(folder, `${HEAD} lacks ${lacks.join(', ')}`)
  if (seal !== sealOf(content)) throw damaged(folder, `${HEAD} was changed after it was written`)
  const { format: _format, version: _version, ...head } = content
  return head as object as SnapshotHead
}

/**
 * SHA-256 (hex) over the digests of all streams, ordered by name: equal rows have equal digests.
 */
export function digestStreams(streams: readonly Pick<SnapshotStream, 'name' | 'sha256'>[]): string {
  const hash = createHash('sha256')
  for (const { name, sha256 } of streams.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${JSON.stringify(name)} ${sha256}\n`)
  }
  return hash.digest('hex')
}

export function damaged(folder: string, why: string, cause?: unknown): SourceError {
  return new SourceError(
    {
      code: 'snapshot_damaged',
      message: `the snapshot in ${folder} cannot be used: ${why}`,
      hint: 'copy the snapshot again, or read the source again with --fresh or workos-migrate export',
      at: { file: folder },
    },
    { cause },
  )
}

/** For a snapshot in another format version. */
export function otherVersion(folder: string): SourceError {
  return new SourceError({
    code: 'snapshot_version',
    message: `the snapshot in ${folder} has a format of another version of workos-migrate, which this version cannot read`,
    hint: 'read the source again with --fresh or workos-migrate export',
    at: { file: folder },
  })
}

function sealOf(content: object): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

/**
 * A file is a plain name, never a path, so that a foreign snapshot cannot reach outside its folder.
 */
function isStream(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, file, records, bytes, sha256 } = value
  const fits = isText(name) && typeof file === 'string' && /^[\w-]+\.ndjson\.gz$/.test(file) && isText(sha256)
  return fits && Number.isInteger(records) && Number.isInteger(bytes)
}

/** The progress database, in the folder of an unfinished snapshot. */
export const PROGRESS = 'progress.sqlite'

/** The folder of an unfinished snapshot. */
export function nextOf(folder: string): string {
  return `${folder}.next`
}

/** The folder of the previous snapshot until it is removed. */
function oldOf(folder: string): string {
  return `${folder}.old`
}

/**
 * Moves a finished snapshot into place. Also completes the renames of a killed process: at each
 * point, the old snapshot or the new one is whole.
 * @throws UsageError when the folder contains other files
 */
export function finishReplacement(folder: string): void {
  const [next, old] = [nextOf(folder), oldOf(folder)]
  if (existsSync(join(next, HEAD))) {
    checkReplaceable(folder)
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(join(next, PROGRESS + suffix), { force: true })
    if (existsSync(folder)) {
      rmSync(old, { recursive: true, force: true })
      renameSync(folder, old)
    }
    renameSync(next, folder)
    // Before the old snapshot is removed.
    syncFolder(dirname(folder))
  } else if (!existsSync(folder) && existsSync(join(old, HEAD))) {
    renameSync(old, folder)
  }
  if (existsSync(join(folder, HEAD)) && existsSync(join(old, HEAD))) rmSync(old, { recursive: true, force: true })
}

/**
 * A snapshot replaces the whole folder, so the folder must contain nothing else. Replacing a link
 * would not replace its target.
 * @throws UsageError that names the other file
 */
export function checkReplaceable(folder: string): void {
  const strange = namesIn(folder).find((name) => name !== HEAD && !name.endsWith('.ndjson.gz'))
  if (strange === undefined) return
  throw new UsageError({
    code: 'folder_in_use',
    message: `${folder} cannot be used for a snapshot: ${strange} is in the way, and a snapshot replaces the whole folder`,
    hint: 'name a new folder, or one that contains only a snapshot',
    at: { file: folder },
  })
}

function namesIn(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return ['a symbolic link of that name']
  try {
    return readdirSync(folder)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') return ['a file of that name']
    throw error
  }
}
