import { type MisfitRow, misfitRows } from '../rundb/misfits.ts'
import type { Plan } from './plan.ts'

/** A reason that keeps a record, or part of it, out of WorkOS. */
export interface Misfit extends Pick<MisfitRow, 'kind' | 'key' | 'code' | 'field' | 'message' | 'email'> {
  outcome: MisfitRow['outcome'] | 'failed' | 'reduced'
  /** `users.csv:12`. */
  origin: string
}

/** A misfit at the place of one of its records. */
export interface PlacedMisfit extends Pick<MisfitRow, 'file' | 'line' | 'seq'> {
  misfit: Misfit
}

/**
 * Everything that a plan rejects or blocks, at the place of each record concerned: all records that
 * merge into one user, the first of those that name one organization.
 */
export function* planMisfits({ set: { rundb } }: Pick<Plan, 'set'>): Generator<PlacedMisfit> {
  for (const { file, line, seq, ...row } of misfitRows(rundb)) {
    yield { misfit: { ...row, origin: originOf(file, line) }, file, line, seq }
  }
}

/** The place in a text such as `users.csv:12`. */
export function placeOf(origin: string): { file: string | null; line: number | null } {
  if (origin === MANIFEST) return { file: null, line: null }
  const [, file, line] = /^(.*):(\d+)$/s.exec(origin) ?? []
  return file === undefined ? { file: origin, line: null } : { file, line: Number(line) }
}

/** The place that DesiredSet.origin returns for a resource without a record. */
const MANIFEST = 'the manifest'

function originOf(file: string | null, line: number | null): string {
  if (file === null) return MANIFEST
  return line === null ? file : `${file}:${line}`
}
