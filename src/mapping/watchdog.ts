import { ManifestError } from '../diagnostics/errors.ts'
import { formatLocation } from '../diagnostics/problem.ts'
import type { SourceRecord } from '../sources/source.ts'
import { type Heartbeat, positionOf } from './heartbeat.ts'

/** How often a worker is looked at within the time that it may stand still. */
const LOOKS = 10

/**
 * Calls `onStuck` when a worker has stood still in one evaluation for `patience` milliseconds. JSONata counts its own
 * steps; what goes on inside one of them, a regular expression that backtracks, it cannot stop.
 * @returns how to end the watch
 */
export function watchOver(heartbeat: Heartbeat, patience: number, onStuck: () => void): () => void {
  let last: number | undefined
  let unchanged = 0
  // Looks are counted, not milliseconds: this thread may have been busy itself.
  const timer = setInterval(() => {
    const { step } = positionOf(heartbeat)
    unchanged = step !== undefined && step === last ? unchanged + 1 : 0
    last = step
    if (unchanged < LOOKS) return
    clearInterval(timer)
    onStuck()
  }, patience / LOOKS)
  return () => clearInterval(timer)
}

/** An evaluation did not come to an end. */
export function stuckError(heartbeat: Heartbeat, chunk: Chunk, patience: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_stuck',
    message: `${name ?? 'the mapping'} does not come to an end: it was given up after ${patience / 1000} seconds on the record at ${place}`,
    hint: 'look for a regular expression with a repetition inside a repetition, like (a+)+, which can take longer than the world stands',
    path: name,
  })
}

/** An evaluation took all the memory that a worker may have. */
export function exhaustedError(heartbeat: Heartbeat, chunk: Chunk, megabytes: number): ManifestError {
  const { name, place } = situation(heartbeat, chunk)
  return new ManifestError({
    code: 'expression_too_large',
    message: `${name ?? 'the mapping'} needs more than ${megabytes} MiB of memory: it was given up on the record at ${place}`,
    hint: 'look for a range like [1..1000000] or a list that grows with every step; for very large records lower run.chunkSize',
    path: name,
  })
}

/** What a worker is working on. */
export interface Chunk {
  records: readonly SourceRecord[]
  /** See CompiledMapping.expressions. */
  expressions: readonly string[]
}

function situation(heartbeat: Heartbeat, { records, expressions }: Chunk): { name?: string; place: string } {
  const { expression, record } = positionOf(heartbeat)
  const origin = records[record]?.origin
  return {
    name: expression === undefined ? undefined : expressions[expression],
    place: origin === undefined ? 'its place' : formatLocation(origin),
  }
}
