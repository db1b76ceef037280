import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceConfig } from '../../config/manifest.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { writeAll } from '../../files/whole-file.ts'
import { type Json, type JsonObject, jsonText } from '../../json.ts'
import { openSource } from '../registry.ts'
import type { Source, SourceRecord } from '../source.ts'
import { ANEW, type CaptureOptions, checkPlace, writing } from './capture.ts'
import { snapshotIdentity } from './placement.ts'
import { RECORDING, RECORDS, REJECTED, type RecordedReject } from './recorded.ts'
import type { Snapshot, SnapshotWriter } from './snapshot.ts'
import { openSnapshotWriter } from './writer.ts'

/** Records per batch. */
const CHUNK = 1000

export interface RecordOptions extends CaptureOptions {
  /** A private temporary folder. */
  scratch: string
}

/**
 * Reads a source of files completely and records everything it yields: records with joined rows,
 * rejected records, places, counts. An interrupted recording starts again, because the files are
 * still there.
 * @throws InterruptedError, ManifestError for a missing file, SourceError, LockedError
 */
export async function recordSource(config: SourceConfig, folder: string, options: RecordOptions): Promise<Snapshot> {
  const { directory, scratch, now, signal, onProgress, onWarning } = options
  await checkPlace(folder, config, undefined)
  const of = { source: config.type, identity: snapshotIdentity(config, undefined) }
  const writer = await openSnapshotWriter(folder, of, { now, anew: true })
  const warnings: Problem[] = []
  const rejects = new RejectSpool(scratch)
  onProgress({ phase: 'reading the source' })
  return writing(writer, { signal, after: ANEW }, async () => {
    let read = 0
    let share = 0
    const source = await openSource(config, {
      directory,
      scratch,
      signal,
      onBytes: (bytes, of) => {
        share = bytes / of
      },
      reject: (record) => rejects.add({ ...record, before: read }),
      warn(problem) {
        warnings.push(problem)
        onWarning(problem)
      },
    })
    for await (const chunk of source.read(CHUNK)) {
      signal?.throwIfAborted()
      read += chunk.length
      await writer.append(RECORDS, chunk.map(rowOf), { step: RECORDS, cursor: read })
      onProgress({ phase: 'reading the source', done: read, unit: 'records', share })
    }
    await writer.append(RECORDS, [], { step: RECORDS, cursor: read, done: true })
    await recordRejects(rejects, writer)
    writer.note(RECORDING, recording(source, warnings))
  }).finally(() => rejects.close())
}

async function recordRejects(rejects: RejectSpool, writer: SnapshotWriter): Promise<void> {
  let count = 0
  for await (const rows of rejects.rows()) {
    count += rows.length
    await writer.append(REJECTED, rows, { step: REJECTED, cursor: count })
  }
  await writer.append(REJECTED, [], { step: REJECTED, cursor: count, done: true })
}

function rowOf({ seq, stream, origin, data }: SourceRecord) {
  return { seq, stream, origin: { ...origin }, data }
}

function recording(source: Source, warnings: readonly Problem[]): Json {
  const { streams, partial = false } = source
  const told = { streams, counts: source.counts(), digest: source.digest(), partial, warnings }
  return JSON.parse(JSON.stringify(told))
}

const BATCH = 1000
/** Characters to buffer before a write. */
const WAITING = 1 << 16

/**
 * Keeps rejected records on disk until the records are written, because a source can reject a
 * million rows in a row.
 */
class RejectSpool {
  readonly #path: string
  #file: number | undefined
  #waiting = ''

  /** @param folder a private temporary folder */
  constructor(folder: string) {
    this.#path = join(folder, 'rejected.ndjson')
    this.#file = openSync(this.#path, 'wx', 0o600)
  }

  add(reject: RecordedReject): void {
    // jsonText escapes the Unicode line separators, which readLines would treat as line ends.
    this.#waiting += `${jsonText(reject)}\n`
    if (this.#waiting.length >= WAITING) this.#flush()
  }

  /** All rejected records, in batches. Do not add more afterwards. */
  async *rows(): AsyncGenerator<JsonObject[]> {
    this.#flush()
    const file = await open(this.#path)
    let batch: JsonObject[] = []
    for await (const line of file.readLines()) {
      batch.push(JSON.parse(line))
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #flush(): void {
    if (this.#file !== undefined && this.#waiting !== '') writeAll(this.#file, this.#waiting)
    this.#waiting = ''
  }
}
