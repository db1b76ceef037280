import { createHash, type Hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { SourceError } from '../../diagnostics/errors.ts'
import { explaining, type Purpose, writeRefusal, writeWholeFile } from '../../files/whole-file.ts'
import { canonicalJson, type Json, type JsonObject } from '../../json.ts'
import { toolVersion } from '../../version.ts'
import { checkReplaceable, digestStreams, finishReplacement, HEAD, headText, nextOf } from './format.ts'
import { discardUnfinished, openProgress, type ProgressStore, type WrittenStream } from './progress.ts'
import { type RowFile, readRows, readSnapshot, recheckRows } from './read-snapshot.ts'
import type { Snapshot, SnapshotRow, SnapshotWriter, StepProgress } from './snapshot.ts'

export interface WriterOptions {
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Whether to discard an unfinished snapshot. Default: continue it. */
  anew?: boolean
  /** Rows are buffered up to this much text or time. A kill can lose the buffered rows. */
  checkpoint?: { characters: number; milliseconds: number }
}

/** An unfinished snapshot, and the two ways to end it. */
export interface OpenSnapshotWriter extends SnapshotWriter {
  /** ISO time when the reading began, possibly in an earlier process. */
  readonly startedAt: string
  /** Whether it continues the work of an earlier process. */
  readonly resumed: boolean
  /**
   * Completes the snapshot and moves it into place.
   * @throws Error while a step is not done
   */
  finish(): Promise<Snapshot>
  /** Keeps appended rows for the next run. Has no effect after `finish`. */
  close(): Promise<void>
}

/** Limits the writes of a fast source to a few per second, and the loss of a slow source to 2 s. */
const CHECKPOINT = { characters: 1024 * 1024, milliseconds: 2000 }

/**
 * Begins a snapshot, or continues an interrupted one. It is written next to `folder` and replaces
 * it when it is finished.
 * @throws SourceError when the interrupted one is damaged or of another source; LockedError when
 *   another process writes it; UsageError when the folder contains other files
 */
export async function openSnapshotWriter(
  folder: string,
  of: { source: string; identity: JsonObject },
  options: WriterOptions = {},
): Promise<OpenSnapshotWriter> {
  const { now = Date.now, checkpoint = CHECKPOINT } = options
  // Before finishReplacement can move the snapshot of a killed process into place.
  checkReplaceable(folder)
  finishReplacement(folder)
  if (options.anew) discardUnfinished(folder)
  const next = nextOf(folder)
  explaining(next, purposeOf(next), () => mkdirSync(next, { recursive: true, mode: 0o700 }))
  const begin = { source: of.source, identity: of.identity, startedAt: new Date(now()).toISOString() }
  const progress = openProgress(next, begin)
  const streams = new Map<string, StreamFile>()
  try {
    const { about } = progress
    if (about.source !== of.source || canonicalJson(about.identity) !== canonicalJson(of.identity)) throw ofOther(next)
    for (const stream of progress.streams()) streams.set(stream.name, await StreamFile.resume(next, stream))
    return new FolderWriter(folder, progress, streams, { now, checkpoint })
  } catch (error) {
    for (const stream of streams.values()) await stream.close()
    progress.close()
    throw error
  }
}

function purposeOf(folder: string): Purpose {
  return {
    message: `cannot write the snapshot to ${folder}`,
    code: 'snapshot_unwritable',
    hint: 'use another folder: run workos-migrate export --out, then plan --snapshot',
  }
}

type Pacing = Required<Pick<WriterOptions, 'now' | 'checkpoint'>>

/** Steps and facts of the checkpoint being written, or of the next one. */
interface Moves {
  steps: Map<string, StepProgress>
  facts: Map<string, Json>
}

class FolderWriter implements OpenSnapshotWriter {
  readonly startedAt: string
  readonly resumed: boolean
  readonly #folder: string
  readonly #progress: ProgressStore
  readonly #streams: Map<string, StreamFile>
  readonly #options: Pacing
  #next: Moves = { steps: new Map(), facts: new Map() }
  #current: Moves = { steps: new Map(), facts: new Map() }
  #waiting = 0
  #lastCheckpoint: number
  /** Serializes checkpoints. After a failed one, no other is written. */
  #checkpoints: Promise<void> = Promise.resolve()
  /**
   * Writes a checkpoint even if no rows arrive: an export job can take minutes before its first
   * row.
   */
  #timer: NodeJS.Timeout | undefined
  #released = false

  constructor(folder: string, progress: ProgressStore, streams: Map<string, StreamFile>, options: Pacing) {
    this.#folder = folder
    this.#progress = progress
    this.#streams = streams
    this.#options = options
    this.#lastCheckpoint = options.now()
    this.startedAt = progress.about.startedAt
    this.resumed = streams.size > 0
  }

  cursor(step: string): Json | undefined {
    return this.#step(step)?.cursor
  }

  isDone(step: string): boolean {
    return this.#step(step)?.done ?? false
  }

  count(stream: string): number {
    return this.#streams.get(stream)?.records ?? 0
  }

  note(fact: string, value: Json): void {
    this.#next.facts.set(fact, value)
  }

  fact(name: string): Json | undefined {
    return this.#next.facts.get(name) ?? this.#current.facts.get(name) ?? this.#progress.facts()[name]
  }

  async append(stream: string, rows: readonly JsonObject[], progress: StepProgress): Promise<void> {
    if (this.isDone(progress.step)) throw new Error(`the step ${progress.step} is already done`)
    // No `await` between these lines: rows and progress must be in the same checkpoint.
    this.#waiting += this.#stream(stream).add(rows)
    this.#next.steps.set(progress.step, progress)
    const { characters, milliseconds } = this.#options.checkpoint
    const isDue = this.#waiting >= characters || this.#options.now() - this.#lastCheckpoint >= milliseconds
    if (isDue) await this.#checkpoint()
    else this.#checkpointLater(milliseconds)
  }

  async *read(stream: string): AsyncGenerator<SnapshotRow[]> {
    await this.#checkpoint()
    const file = this.#streams.get(stream)
    if (file !== undefined) yield* readRows(file.rows())
  }

  async finish(): Promise<Snapshot> {
    await this.#checkpoint()
    const open = this.#progress.openSteps()
    if (open.length > 0) throw new Error(`steps are not done: ${open.join(', ')}`)
    const { source, identity, startedAt } = this.#progress.about
    const streams = [...this.#streams.values()].map((stream) => stream.written())
    const text = headText({
      toolVersion,
      source,
      identity,
      startedAt,
      finishedAt: new Date(this.#options.now()).toISOString(),
      streams,
      facts: this.#progress.facts(),
      digest: digestStreams(streams),
    })
    await this.#release()
    const head = join(nextOf(this.#folder), HEAD)
    writeWholeFile(head, [text], purposeOf(nextOf(this.#folder)))
    finishReplacement(this.#folder)
    return readSnapshot(this.#folder)
  }

  async close(): Promise<void> {
    if (this.#released) return
    try {
      await this.#checkpoint()
    } finally {
      await this.#release()
    }
  }

  #step(name: string) {
    return this.#next.steps.get(name) ?? this.#current.steps.get(name) ?? this.#progress.step(name)
  }

  #stream(name: string): StreamFile {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      const plain = /^[\w-]+$/.test(name) ? name : `stream-${this.#streams.size + 1}`
      stream = new StreamFile(nextOf(this.#folder), name, `${plain}.ndjson.gz`)
      this.#streams.set(name, stream)
    }
    return stream
  }

  #checkpoint(): Promise<void> {
    this.#checkpoints = this.#checkpoints.then(() => this.#write())
    return this.#checkpoints
  }

  #checkpointLater(milliseconds: number): void {
    if (this.#timer !== undefined || !Number.isFinite(milliseconds)) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // The next checkpoint reports the error: after a failed one, no other is written.
      this.#checkpoint().catch(() => {})
    }, milliseconds).unref()
  }

  /**
   * Files first, then their lengths. After a kill, the next process truncates a file to its
   * recorded length.
   */
  async #write(): Promise<void> {
    this.#lastCheckpoint = this.#options.now()
    if (this.#next.steps.size + this.#next.facts.size === 0) return
    const parts = [...this.#streams.values()].map((stream) => ({ stream, part: stream.take() }))
    const { steps, facts } = this.#next
    this.#current = this.#next
    this.#next = { steps: new Map(), facts: new Map() }
    this.#waiting = 0
    try {
      const written = await Promise.all(parts.map(({ stream, part }) => stream.write(part)))
      this.#progress.commit({ streams: written, steps: steps.values(), facts })
    } catch (error) {
      const next = nextOf(this.#folder)
      throw writeRefusal(error, next, purposeOf(next))
    }
    this.#current = { steps: new Map(), facts: new Map() }
  }

  async #release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    clearTimeout(this.#timer)
    for (const stream of this.#streams.values()) await stream.close()
    this.#progress.close()
  }
}

function ofOther(folder: string): SourceError {
  return new SourceError({
    code: 'snapshot_of_another_source',
    message: `${folder} contains an unfinished snapshot that began with other source options`,
    hint: `remove ${folder} if you no longer need it, or name another folder`,
    at: { file: folder },
  })
}

const packed = promisify(gzip)

/**
 * The file of one stream during writing. Buffered rows are appended as one gzip member (RFC 1952).
 */
class StreamFile {
  readonly name: string
  readonly #file: string
  readonly #path: string
  #handle: FileHandle | undefined
  readonly #hash: Hash
  #written: { records: number; bytes: number; sha256: string }
  #waiting: string[] = []
  #waitingRecords = 0

  constructor(folder: string, name: string, file: string) {
    this.name = name
    this.#file = file
    this.#path = join(folder, file)
    this.#hash = createHash('sha256')
    this.#written = { records: 0, bytes: 0, sha256: this.#hash.copy().digest('hex') }
  }

  /**
   * Continues after the durable rows.
   * @throws SourceError when they are damaged
   */
  static async resume(folder: string, { name, file, ...written }: WrittenStream): Promise<StreamFile> {
    const stream = new StreamFile(folder, name, file)
    stream.#written = written
    // Checks all rows, so that new rows follow readable ones.
    await recheckRows(stream.rows(), stream.#hash)
    if (written.bytes > 0) {
      stream.#handle = await open(stream.#path, 'r+')
      await stream.#handle.truncate(written.bytes)
    }
    return stream
  }

  /** Number of rows, including buffered ones. */
  get records(): number {
    return this.#written.records + this.#waitingRecords
  }

  /**
   * Buffers rows.
   * @returns the length of their text
   */
  add(rows: readonly JsonObject[]): number {
    if (rows.length === 0) return 0
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    this.#waiting.push(text)
    this.#waitingRecords += rows.length
    return text.length
  }

  /** Takes the buffered rows for `write`. They count as buffered until then. */
  take(): { text: string; records: number } {
    const taken = { text: this.#waiting.join(''), records: this.#waitingRecords }
    this.#waiting = []
    return taken
  }

  /** Appends taken rows and waits for the disk. Not reentrant. */
  async write({ text, records }: { text: string; records: number }): Promise<WrittenStream> {
    const { bytes: position } = this.#written
    if (text !== '' || position === 0) {
      // Overwrites a file that a killed process might have left.
      this.#handle ??= await open(this.#path, 'w', 0o600)
      const member = await packed(text)
      await writeAt(this.#handle, member, position)
      await this.#handle.datasync()
      this.#hash.update(text)
      this.#waitingRecords -= records
      const sha256 = this.#hash.copy().digest('hex')
      this.#written = { records: this.#written.records + records, bytes: position + member.length, sha256 }
    }
    return this.written()
  }

  written(): WrittenStream {
    return { name: this.name, file: this.#file, ...this.#figures() }
  }

  /** The durable rows. */
  rows(): RowFile {
    return { path: this.#path, ...this.#figures() }
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }

  #figures() {
    const { records, bytes, sha256 } = this.#written
    return { records, bytes, sha256 }
  }
}

/** Writes all bytes. The operating system can write only a part, for example on a full disk. */
async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    if (bytesWritten <= 0) throw new Error('the operating system wrote no bytes and reported no error')
    at += bytesWritten
  }
}
