/**
 * A snapshot keeps the data of a source in a folder. In: rows that a capture appends step by step
 * (`writer.ts`), even after an interruption. Out: the same rows, checked against their digests
 * (`read-snapshot.ts`).
 */

import { join, relative } from 'node:path'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Json, JsonObject } from '../../json.ts'

/** One stream of a snapshot: a gzip file of NDJSON. */
export interface SnapshotStream {
  name: string
  /** Its file name in the snapshot's folder. */
  file: string
  records: number
  /** Length of the compressed file. */
  bytes: number
  /** Of the uncompressed rows, in hex. It does not depend on the compression. */
  sha256: string
}

export interface SnapshotRow {
  /** Line number in its file, from 1. */
  line: number
  data: JsonObject
}

/** A finished snapshot in a folder. */
export interface Snapshot {
  /** Absolute path. */
  folder: string
  /** Type of the source. */
  source: string
  /** See LiveReading.identity. */
  identity: JsonObject
  /** ISO times, UTC. */
  startedAt: string
  finishedAt: string
  streams: readonly SnapshotStream[]
  /** What the source reported besides its records: totals, the time of the reading … */
  facts: JsonObject
  /** SHA-256 (hex) over the digests of all streams. */
  digest: string
  /**
   * The rows of a stream in the order they were written, in batches; no rows for an unknown stream.
   * @param onNuls removes NUL characters, as for files, and receives their number. Default: they
   *   stay
   * @throws SourceError at the end, when the rows differ from those written
   */
  read(stream: string, signal?: AbortSignal, onNuls?: (count: number) => void): AsyncIterable<SnapshotRow[]>
}

/** The progress of one step of reading a source: `users`, `members/org_1` … */
export interface StepProgress {
  step: string
  /** Where the step continues after the rows appended with it. */
  cursor: Json
  /**
   * Whether the step ends with these rows. A snapshot can be finished only when every step is done.
   */
  done?: boolean
}

/**
 * An unfinished snapshot. Rows and progress become durable together, within 2 s or 1 MiB. A killed
 * run continues after them.
 */
export interface SnapshotWriter {
  /** The last cursor of a step; undefined before it begins. */
  cursor(step: string): Json | undefined
  isDone(step: string): boolean
  /** Adds rows to a stream and advances a step. An empty list only advances the step. */
  append(stream: string, rows: readonly JsonObject[], progress: StepProgress): Promise<void>
  /** The number of rows appended to a stream so far. */
  count(stream: string): number
  /** The rows appended so far, for steps that depend on them, such as one step per organization. */
  read(stream: string): AsyncIterable<SnapshotRow[]>
  /** See Snapshot.facts. */
  note(fact: string, value: Json): void
  fact(name: string): Json | undefined
}

/**
 * A reading that cannot continue, because its counts do not match or the source no longer accepts
 * the cursor. Its rows are discarded: continuing would fail again, or hide missing rows.
 */
export class SpoiledReading extends SourceError {}

/** The file of a stream relative to the manifest, for messages. */
export function fileOf(snapshot: Snapshot, stream: string, directory: string): string {
  const file = snapshot.streams.find(({ name }) => name === stream)?.file ?? stream
  return relative(directory, join(snapshot.folder, file))
}
