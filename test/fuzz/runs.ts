import type { Parameters } from 'fast-check'

/** FUZZ_RUNS multiplies the runs of every property: FUZZ_RUNS=100 for a night. */
const FACTOR = Number(process.env.FUZZ_RUNS ?? 1)

/** The number of runs of a property. A failure prints its seed and path. */
export function runs<T>(count: number): Parameters<T> {
  return { numRuns: Math.ceil(count * FACTOR) }
}

/** Milliseconds, in proportion to the factor. */
export const TIMEOUT = 60_000 * Math.max(1, FACTOR)
