import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { codeOf, SourceError } from '../../diagnostics/errors.ts'
import { figure } from '../../diagnostics/printable.ts'
import { NotRegularFile, openRegular, readRegular } from '../../files/regular-file.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { withoutNuls } from '../../json-text.ts'
import { unpackGzip } from '../text/bytes.ts'
import { damaged, digestStreams, HEAD, parseHead, type SnapshotHead } from './format.ts'
import type { Snapshot, SnapshotRow, SnapshotStream } from './snapshot.ts'

/**
 * Opens a finished snapshot. Rows are checked as they are read.
 * @throws SourceError when there is no snapshot, when a file is missing or has another length, or
 *   when `snapshot.json` was edited
 */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const folder = resolve(path)
  const { toolVersion: _toolVersion, ...head } = await readHead(folder)
  await Promise.all(head.streams.map((stream) => checkLength(folder, stream)))
  if (digestStreams(head.streams) !== head.digest) throw damaged(folder, 'its digest does not match its streams')
  return {
    ...head,
    folder,
    read: (name, signal, onNuls) => {
      const stream = head.streams.find((candidate) => candidate.name === name)
      if (stream === undefined) return nothing()
      const file = { ...stream, path: join(folder, stream.file) }
      return onNuls === undefined ? readRows(file, signal) : withoutNulRows(file, onNuls, signal)
    },
  }
}

async function readHead(folder: string): Promise<SnapshotHead> {
  let text: string
  try {
    text = readRegular(join(folder, HEAD)).toString('utf8')
  } catch (error) {
    if (error instanceof NotRegularFile) throw damaged(folder, `${HEAD} is ${error.what}`, error)
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    throw new SourceError(
      {
        code: 'no_snapshot',
        message: `there is no finished snapshot in ${folder}`,
        hint: `name a folder that contains ${HEAD}, or make a snapshot with workos-migrate export`,
        at: { file: folder },
      },
      { cause: error },
    )
  }
  return parseHead(text, folder)
}

async function checkLength(folder: string, { file, bytes }: SnapshotStream): Promise<void> {
  const path = join(folder, file)
  const size = await stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
  if (size === bytes) return
  throw damaged(
    folder,
    size === undefined ? `${file} is missing` : `${file} has ${figure(size)} bytes instead of ${figure(bytes)}`,
  )
}

async function* nothing(): AsyncGenerator<never> {}

const CHUNK = 64 * 1024

/** Rows per batch. */
const BATCH = 500

/** The file of a stream, or its finished part. */
export interface RowFile {
  path: string
  /** Length of the finished part. */
  bytes: number
  records: number
  /** Of the uncompressed rows, in hex. */
  sha256: string
}

/**
 * The rows of a file, in batches.
 * @throws SourceError at the end or where the file breaks off, when the rows differ from those
 *   written
 */
export function readRows(file: RowFile, signal?: AbortSignal): AsyncGenerator<SnapshotRow[]> {
  return parsedRows(file, (text, line) => parseRow(text, line, file), signal)
}

/** Like readRows, but removes NUL characters. */
function withoutNulRows(
  file: RowFile,
  onNuls: (count: number) => void,
  signal?: AbortSignal,
): AsyncGenerator<SnapshotRow[]> {
  const parse = (text: string, line: number): JsonObject => {
    const data = parseRow(text, line, file)
    if (!text.includes('\\u0000')) return data
    const { value, count } = withoutNuls(data)
    if (count > 0) onNuls(count)
    return isObject(value) ? value : data
  }
  return parsedRows(file, parse, signal)
}

async function* parsedRows(
  file: RowFile,
  parse: (text: string, line: number) => JsonObject,
  signal?: AbortSignal,
): AsyncGenerator<SnapshotRow[]> {
  const hash = createHash('sha256')
  let line = 0
  let batch: SnapshotRow[] = []
  for await (const text of lines(unpack(file, hash))) {
    batch.push({ line: ++line, data: parse(text, line) })
    if (batch.length < BATCH) continue
    signal?.throwIfAborted()
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
  checkRows(file, line, hash)
}

/**
 * Checks the finished part of a file, and feeds its rows into `hash` so that the hash can continue.
 * @throws SourceError when the rows differ from those written
 */
export async function recheckRows(file: RowFile, hash: Hash): Promise<void> {
  let records = 0
  for await (const chunk of unpack(file, hash)) {
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) records += 1
  }
  checkRows(file, records, hash)
}

function checkRows(file: RowFile, records: number, hash: Hash): void {
  if (records === file.records && hash.copy().digest('hex') === file.sha256) return
  throw damaged(dirname(file.path), `the rows of ${file.path} were changed after they were written`)
}

async function* unpack({ path, bytes }: RowFile, hash: Hash): AsyncGenerator<Buffer> {
  if (bytes === 0) return
  try {
    const packed = createReadStream(path, { fd: openRegular(path), start: 0, end: bytes - 1, highWaterMark: CHUNK })
    for await (const chunk of unpackGzip(packed)) {
      hash.update(chunk)
      yield chunk
    }
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code.startsWith('Z_')) throw damaged(dirname(path), `${path} is damaged or truncated`, error)
    if (error instanceof NotRegularFile) throw damaged(dirname(path), error.message, error)
    if (code === 'ENOENT') throw damaged(dirname(path), `there is no ${path}`, error)
    throw error
  }
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let begun = ''
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      yield begun + text.slice(from, end)
      begun = ''
      from = end + 1
    }
    begun += text.slice(from)
  }
  if (begun !== '') yield begun
}

function parseRow(text: string, line: number, { path }: RowFile): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value as JsonObject
  } catch {
    // Invalid JSON is reported like a value that is not an object.
  }
  throw damaged(dirname(path), `line ${line} of ${path} is not a row`)
}
