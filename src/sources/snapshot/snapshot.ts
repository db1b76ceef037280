/**
 * What snapshot/ is for: what a source answered, kept in a folder. In: rows that a capture appends
 * step by step (`writer.ts`), which goes on where it was cut off. Out: the same rows, checked
 * against their digests (`read-snapshot.ts`).
 */

import { join, relative } from 'node:path'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Json, JsonObject } from '../../json.ts'

/** One stream of a snapshot: a gzip file of NDJSON. */
export interface SnapshotStream {
  name: string
  /** Its file in the snapshot's folder. */
  file: string
  records: number
  /** Length of the file. */
  bytes: number
  /** Of the rows, unpacked, hex: equal rows have equal digests however they were packed. */
  sha256: string
}

/** A row of a stream. */
export interface SnapshotRow {
  /** In its file, from 1. */
  line: number
  data: JsonObject
}

/** A finished snapshot: what a source held when it was read, in a folder. */
export interface Snapshot {
  /** Absolute. */
  folder: string
  /** Type of the source. */
  source: string
  /** See LiveReading.identity. */
  identity: JsonObject
  /** ISO times, UTC. */
  startedAt: string
  finishedAt: string
  streams: readonly SnapshotStream[]
  /** What the source told beside its records: totals, the time it was asked at … */
  facts: JsonObject
  /** SHA-256 (hex) over the digests of all streams. */
  digest: string
  /**
   * The rows of a stream in the order they were written, in batches; none for a stream that the
   * snapshot does not have.
   * @param onNuls has NUL characters left out, as they are of files, and is told how many. Default:
   *   they stay
   * @throws SourceError at the end, when the rows are not those that were written
   */
  read(stream: string, signal?: AbortSignal, onNuls?: (count: number) => void): AsyncIterable<SnapshotRow[]>
}

/** How far one step of reading a source has come: `users`, `members/org_1` … */
export interface StepProgress {
  step: string
  /** Where the step goes on after the rows that are appended with it. */
  cursor: Json
  /**
   * Whether the step ends with them. A snapshot is finished only when every step that was begun is
   * done.
   */
  done?: boolean
}

/**
 * A snapshot that is being written. Rows and progress become durable together, within two seconds
 * or a megabyte: a run that is killed goes on after them.
 */
export interface SnapshotWriter {
  /** The last cursor of a step; undefined when it has not begun. */
  cursor(step: string): Json | undefined
  isDone(step: string): boolean
  /** Adds rows to a stream and moves a step forward. An empty list only moves the step. */
  append(stream: string, rows: readonly JsonObject[], progress: StepProgress): Promise<void>
  /** Rows of a stream that were appended so far. */
  count(stream: string): number
  /** The rows appended so far, for steps that build on others (one step per organization, say). */
  read(stream: string): AsyncIterable<SnapshotRow[]>
  /** Remembers something that the source told; see Snapshot.facts. */
  note(fact: string, value: Json): void
  fact(name: string): Json | undefined
}

/**
 * A reading that must not be gone on with: its figures do not add up, or the source no longer knows
 * the place where it was cut off. What was read by then is thrown away, since going on would only
 * fail again, or hide what is missing.
 */
export class SpoiledReading extends SourceError {}

/** Where a stream of a snapshot stands, as messages say it: relative to the manifest. */
export function fileOf(snapshot: Snapshot, stream: string, directory: string): string {
  const file = snapshot.streams.find(({ name }) => name === stream)?.file ?? stream
  return relative(directory, join(snapshot.folder, file))
}
