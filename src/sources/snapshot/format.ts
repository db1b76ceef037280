import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, SourceError, UsageError } from '../../diagnostics/errors.ts'
import { syncFolder } from '../../files/whole-file.ts'
import { canonicalJson, isObject, type JsonObject } from '../../json.ts'
import type { SnapshotStream } from './snapshot.ts'

const FORMAT = 'workos-migrate-snapshot'
const VERSION = 1

/** Written last: a folder that has it holds a finished snapshot. */
export const HEAD = 'snapshot.json'

/** What `snapshot.json` says. */
export interface SnapshotHead {
  /** Version of workos-migrate that wrote it. */
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

/**
 * The text of `snapshot.json`, with a seal over all of it, so that an edited one is told from what
 * was written.
 */
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
  if (!isObject(value) || value.format !== FORMAT) throw damaged(folder, `${HEAD} is not that of a snapshot`)
  if (value.version !== VERSION) throw otherVersion(folder)
  const { seal, ...content } = value
  const lacks = FIELDS.filter(([name, fits]) => !fits(content[name])).map(([name]) => name)
  if (lacks.length > 0) throw damaged(folder, `${HEAD} lacks ${lacks.join(', ')}`)
  if (seal !== sealOf(content)) throw damaged(folder, `${HEAD} is not as it was written`)
  const { format: _format, version: _version, ...head } = content
  return head as object as SnapshotHead
}

/**
 * SHA-256 (hex) over the digests of all streams, in the order of their names: equal rows, equal
 * digest.
 */
export function digestStreams(streams: readonly Pick<SnapshotStream, 'name' | 'sha256'>[]): string {
  const hash = createHash('sha256')
  for (const { name, sha256 } of streams.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${JSON.stringify(name)} ${sha256}\n`)
  }
  return hash.digest('hex')
}

/** What a snapshot cannot be used for, because it is not what was written. */
export function damaged(folder: string, why: string, cause?: unknown): SourceError {
  return new SourceError(
    {
      code: 'snapshot_damaged',
      message: `the snapshot in ${folder} cannot be used: ${why}`,
      hint: 'copy it again from where it was made, or read the source again: --fresh, or workos-migrate export',
      at: { file: folder },
    },
    { cause },
  )
}

/** For a snapshot of a later or earlier format. */
export function otherVersion(folder: string): SourceError {
  return new SourceError({
    code: 'snapshot_version',
    message: `the snapshot in ${folder} was written by another version of workos-migrate, in a format that this one does not read`,
    hint: 'read the source again: --fresh, or workos-migrate export',
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

/** A file is a name and never a path: a snapshot from elsewhere must not lead out of its folder. */
function isStream(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, file, records, bytes, sha256 } = value
  const fits = isText(name) && typeof file === 'string' && /^[\w-]+\.ndjson\.gz$/.test(file) && isText(sha256)
  return fits && Number.isInteger(records) && Number.isInteger(bytes)
}

/** The database of a snapshot that is being written, in its folder. */
export const PROGRESS = 'progress.sqlite'

/** Where a snapshot is written before it takes its place. */
export function nextOf(folder: string): string {
  return `${folder}.next`
}

/** Where the one before it is until it is removed. */
function oldOf(folder: string): string {
  return `${folder}.old`
}

/**
 * Puts a finished snapshot in its place. Also ends what a killed process began: whichever of the
 * renames it had come to, either the old snapshot is whole or the new one.
 * @throws UsageError when something else is there
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
    // Before the old one goes.
    syncFolder(dirname(folder))
  } else if (!existsSync(folder) && existsSync(join(old, HEAD))) {
    renameSync(old, folder)
  }
  if (existsSync(join(folder, HEAD)) && existsSync(join(old, HEAD))) rmSync(old, { recursive: true, force: true })
}

/**
 * A snapshot replaces the whole folder, so nothing else may be in it. A link would be replaced, not
 * what it leads to.
 * @throws UsageError naming what else is there
 */
export function checkReplaceable(folder: string): void {
  const strange = namesIn(folder).find((name) => name !== HEAD && !name.endsWith('.ndjson.gz'))
  if (strange === undefined) return
  throw new UsageError({
    code: 'folder_in_use',
    message: `${folder} is no place for a snapshot: ${strange} is there, and the folder is replaced as a whole`,
    hint: 'name a folder that does not exist yet, or one that holds a snapshot and nothing else',
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
