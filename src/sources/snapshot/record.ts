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

/** Records that are read and written at once. */
const CHUNK = 1000

export interface RecordOptions extends CaptureOptions {
  /** A private folder that is removed afterwards. */
  scratch: string
}

/**
 * Reads a source of files to its end and records what it yields: records with what was joined to
 * them, rejected records, places, sums. A recording that was cut off is begun anew, since the files
 * are at hand.
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
/** Characters that wait to be written. */
const WAITING = 1 << 16

/**
 * Keeps rejected records on disk until the records are written: a source may reject a million rows
 * at one go.
 */
class RejectSpool {
  readonly #path: string
  #file: number | undefined
  #waiting = ''

  /** @param folder a private one that is removed afterwards */
  constructor(folder: string) {
    this.#path = join(folder, 'rejected.ndjson')
    this.#file = openSync(this.#path, 'wx', 0o600)
  }

  add(reject: RecordedReject): void {
    // Line separators are escaped: for who reads lines they end one.
    this.#waiting += `${jsonText(reject)}\n`
    if (this.#waiting.length >= WAITING) this.#flush()
  }

  /** All of them, in batches. None may be added after. */
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
