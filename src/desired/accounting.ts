import { StateError } from '../diagnostics/errors.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import { countAccepted, countRecords } from '../rundb/desired.ts'
import { indexKeys, ROLE_ASSIGNMENT } from '../rundb/drafts.ts'
import { countLeftOutWith, countNamed, type NamedRecords } from '../rundb/left-out.ts'
import { countRejects } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StreamCount } from '../sources/source.ts'
import type { StagedRecords } from './stage.ts'

/**
 * What became of the items of one kind that the mapping returned: `yielded` = `distinct` +
 * `merged` + `rejected` + `leftOut`.
 */
export interface KindCount {
  kind: string
  plural: string
  yielded: number
  distinct: number
  /** Merged into another item. */
  merged: number
  rejected: number
  /** Left out with the item that it belongs to. */
  leftOut: number
}

/** What became of every record that was read. */
export interface Accounting {
  /** Per stream: `read` = `passed` + `rejected` + `ignored`. */
  streams: StreamCount[]
  /** Main records: `passed` = `mapped` + `leftOut`, and `leftOut` = the sum of `leftOutBy`. */
  records: StagedRecords
  kinds: KindCount[]
}

/** Items that the mapping returned per kind, counted before any are merged. */
export type Yielded = ReadonlyMap<string, number>

/** Counts the staged items. Call it after staging and before assembling. */
export function countYielded(rundb: RunDatabase): Yielded {
  rundb.transaction(() => indexKeys(rundb))
  return countRecords(rundb)
}

/**
 * Checks that all counts add up, after assembling.
 * @param assignedLater roles that assembling assigned to memberships of other records
 * @throws StateError if a sum is wrong: a defect of this program, so nothing must be applied
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
 * Roles are not resources. A role assignment counts as distinct if its membership exists, else as
 * rejected.
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
    wrong.push(`${records.leftOut} records left out ≠ ${named.leftOut} listed by name`)
  }
  const ignored = streams.reduce((sum, stream) => sum + (stream.ignored ?? 0), 0)
  if (named.ignored > ignored) wrong.push(`${ignored} rows ignored < ${named.ignored} listed by name`)
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
      hint: 'report this defect of workos-migrate with the figures above; nothing was written',
    })
  }
}
