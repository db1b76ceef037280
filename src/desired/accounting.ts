import { StateError } from '../diagnostics/errors.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import { countAccepted, countRecords } from '../rundb/desired.ts'
import { indexDrafts, ROLE_ASSIGNMENT } from '../rundb/drafts.ts'
import { countLeftOutWith, countNamed, type NamedRecords } from '../rundb/left-out.ts'
import { countRejects } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StreamCount } from '../sources/source.ts'
import type { StagedRecords } from './stage.ts'

/**
 * What became of what the mapping yielded of one sort: `yielded` = `distinct` + `merged` +
 * `rejected` + `leftOut`.
 */
export interface KindCount {
  kind: string
  plural: string
  yielded: number
  distinct: number
  /** Became part of another one. */
  merged: number
  rejected: number
  /** Left out since what it belongs to is. */
  leftOut: number
}

/** Where every record that came in went. */
export interface Accounting {
  /** Per stream: `read` = `passed` + `rejected` + `ignored`. */
  streams: StreamCount[]
  /** Main records: those passed = `mapped` + `leftOut`, and `leftOut` = the sum of `leftOutBy`. */
  records: StagedRecords
  kinds: KindCount[]
}

/** What the mapping yielded per kind, counted before anything is merged. */
export type Yielded = ReadonlyMap<string, number>

/**
 * Counts what is staged, after staging and before assembling: by the index that is made for both.
 */
export function countYielded(rundb: RunDatabase): Yielded {
  rundb.transaction(() => indexDrafts(rundb))
  return countRecords(rundb)
}

/**
 * Adds everything up, after assembling.
 * @param assignedLater roles that assembling gave to memberships of other records
 * @throws StateError if a sum does not come out even: a defect of this program, on which nothing
 *   may be applied
 */
export function account(
  rundb: RunDatabase,
  yielded: Yielded,
  streams: StreamCount[],
  records: StagedRecords,
  assignedLater: number,
): Accounting {
  const accepted = countAccepted(rundb)
  const kinds = draftDefinitions
    .map(({ name, plural, alwaysCounted = false }) => {
      const { distinct, records } = accepted.get(name) ?? { distinct: 0, records: 0 }
      const count = {
        kind: name,
        plural,
        yielded: yielded.get(name) ?? 0,
        distinct,
        merged: records - distinct,
        rejected: countRejects(rundb, name),
        leftOut: countLeftOutWith(rundb, name),
      }
      return { count, alwaysCounted }
    })
    .filter(({ count, alwaysCounted }) => count.yielded + count.distinct > 0 || alwaysCounted)
    .map(({ count }) => count)
  kinds.push(countAssignments(rundb, yielded, records.assigned, assignedLater))
  const accounting: Accounting = { streams, records, kinds }
  checkSums(accounting, countNamed(rundb))
  return accounting
}

/**
 * Roles are no resources of their own: one that found its membership is distinct, one that found
 * none is rejected.
 */
function countAssignments(rundb: RunDatabase, yielded: Yielded, assigned: number, assignedLater: number): KindCount {
  return {
    kind: ROLE_ASSIGNMENT,
    plural: 'role assignments',
    yielded: (yielded.get(ROLE_ASSIGNMENT) ?? 0) + assigned,
    distinct: assigned + assignedLater,
    merged: 0,
    rejected: countRejects(rundb, ROLE_ASSIGNMENT),
    leftOut: countLeftOutWith(rundb, ROLE_ASSIGNMENT),
  }
}

function checkSums({ streams, records, kinds }: Accounting, named: NamedRecords): void {
  const wrong: string[] = []
  for (const { stream, read, passed, rejected, ignored = 0 } of streams) {
    if (read === passed + rejected + ignored) continue
    wrong.push(`${stream}: ${read} read ≠ ${passed} passed + ${rejected} rejected + ${ignored} ignored`)
  }
  const passed = streams.filter(({ role }) => role === 'main').reduce((sum, stream) => sum + stream.passed, 0)
  if (passed !== records.mapped + records.leftOut) {
    wrong.push(`${passed} records ≠ ${records.mapped} mapped + ${records.leftOut} left out`)
  }
  const blamed = records.leftOutBy.reduce((sum, by) => sum + by.records, 0)
  if (blamed !== records.leftOut) {
    wrong.push(`${records.leftOut} records left out ≠ ${blamed} left out by a condition`)
  }
  if (named.leftOut !== records.leftOut) {
    wrong.push(`${records.leftOut} records left out ≠ ${named.leftOut} that can be named`)
  }
  const ignored = streams.reduce((sum, stream) => sum + (stream.ignored ?? 0), 0)
  if (named.ignored > ignored) wrong.push(`${ignored} rows ignored < ${named.ignored} that are named`)
  for (const { plural, yielded, distinct, merged, rejected, leftOut } of kinds) {
    if (yielded !== distinct + merged + rejected + leftOut) {
      const left = leftOut > 0 ? ` + ${leftOut} left out` : ''
      wrong.push(`${plural}: ${yielded} ≠ ${distinct} distinct + ${merged} merged + ${rejected} rejected${left}`)
    }
  }
  if (wrong.length > 0) {
    throw new StateError({
      code: 'sum_mismatch',
      message: `records are unaccounted for: ${wrong.join('; ')}`,
      hint: 'this is a defect of workos-migrate; nothing was written. Please report it with the figures above',
    })
  }
}
