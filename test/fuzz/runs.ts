import type { Parameters } from 'fast-check'

/** FUZZ_RUNS multiplies what every property tries: FUZZ_RUNS=100 for a night. */
const FACTOR = Number(process.env.FUZZ_RUNS ?? 1)

/** How often a property is tried. A failure prints its seed and its path. */
export function runs<T>(count: number): Parameters<T> {
  return { numRuns: Math.ceil(count * FACTOR) }
}

/** Long enough for the factor. Milliseconds. */
export const TIMEOUT = 60_000 * Math.max(1, FACTOR)
