import type { Problem } from '../../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { Origin, ReadContext, RejectedRecord, Source, SourceRecord, StreamCount } from '../source.ts'
import { damaged } from './format.ts'
import type { Snapshot } from './snapshot.ts'

/** Streams of a snapshot that was recorded from files. */
export const RECORDS = 'records'
export const REJECTED = 'rejected'

/** The fact that marks such a snapshot and describes its recording. */
export const RECORDING = 'recording'

/** What a source reported besides its records. */
export interface Recording {
  streams: string[]
  counts: StreamCount[]
  /** Digest of the files. It makes a plan from the snapshot equal to a plan from the files. */
  digest: string
  partial: boolean
  warnings: Problem[]
}

/** A rejected record, with the number of records read before it. */
export interface RecordedReject extends RejectedRecord {
  before: number
}

/** Whether a snapshot was recorded from files, not read from a live source. */
export function isRecorded({ facts }: Snapshot): boolean {
  return isObject(facts[RECORDING])
}

/** @throws SourceError when the snapshot was not recorded from files */
export function recordingOf({ facts, folder }: Snapshot): Recording {
  const value = facts[RECORDING]
  if (!isObject(value) || !Array.isArray(value.streams) || !Array.isArray(value.counts)) {
    throw damaged(folder, 'its description of the recording is missing')
  }
  return value as object as Recording
}

/**
 * Replays the recorded source: the same records, rejects, warnings and counts, with their places in
 * the files.
 */
export function openRecorded(snapshot: Snapshot, context: ReadContext): Source {
  const { streams, counts, digest, partial, warnings } = recordingOf(snapshot)
  return {
    streams,
    partial,
    read: (chunkSize) => replay(snapshot, warnings, chunkSize, context),
    counts: () => counts,
    digest: () => digest,
  }
}

async function* replay(
  snapshot: Snapshot,
  warnings: readonly Problem[],
  chunkSize: number,
  context: ReadContext,
): AsyncGenerator<SourceRecord[]> {
  for (const warning of warnings) context.warn(warning)
  const rejects = rowsOf(snapshot, REJECTED, context.signal)
  let pending = await rejects.next()
  // Rejects keep their position between the records.
  const rejectUntil = async (read: number) => {
    while (!pending.done) {
      const { before, record } = rejectIn(pending.value, snapshot)
      if (before > read) return
      context.reject(record)
      pending = await rejects.next()
    }
  }
  let [read, chunk]: [number, SourceRecord[]] = [0, []]
  try {
    for await (const row of rowsOf(snapshot, RECORDS, context.signal)) {
      chunk.push(recordIn(row, snapshot))
      if (chunk.length < chunkSize) continue
      await rejectUntil(read)
      read += chunk.length
      yield chunk
      chunk = []
    }
    await rejectUntil(read)
    if (chunk.length > 0) yield chunk
    await rejectUntil(Number.POSITIVE_INFINITY)
  } finally {
    await rejects.return(undefined)
  }
}

async function* rowsOf(
  snapshot: Snapshot,
  stream: string,
  signal?: AbortSignal,
): AsyncGenerator<JsonObject, undefined> {
  for await (const batch of snapshot.read(stream, signal)) for (const { data } of batch) yield data
}

function recordIn({ seq, stream, origin, data }: JsonObject, { folder }: Snapshot): SourceRecord {
  const place = originIn(origin)
  const isWhole = typeof seq === 'number' && typeof stream === 'string' && place !== undefined && isJsonObject(data)
  if (isWhole) return { seq, stream, origin: place, data }
  throw damaged(folder, 'a row is not a record')
}

function rejectIn({ before, stream, origin, problem }: JsonObject, { folder }: Snapshot) {
  const place = originIn(origin)
  const isWhole = typeof before === 'number' && typeof stream === 'string' && place !== undefined && isProblem(problem)
  if (isWhole) return { before, record: { stream, origin: place, problem } }
  throw damaged(folder, 'a row is not a rejected record')
}

function originIn(value: Json | undefined): Origin | undefined {
  if (!isObject(value) || typeof value.file !== 'string') return undefined
  const { file, line, record } = value
  if (typeof line !== 'number') return { file }
  return typeof record === 'number' ? { file, line, record } : { file, line }
}

function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value)
}

function isProblem(value: unknown): value is Problem {
  return isObject(value) && typeof value.code === 'string' && typeof value.message === 'string'
}
