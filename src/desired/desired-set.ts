import { draftDefinitions, PEOPLE } from '../kinds/registry.ts'
import { SAID_CODES } from '../mapping/said.ts'
import type { DesiredResource } from '../resource.ts'
import { emailOfDesired, findDesired, originOfDesired } from '../rundb/desired.ts'
import { countDesired } from '../rundb/desired-facts.ts'
import { countNamed, type LeftOutItem, leftOutItems } from '../rundb/left-out.ts'
import {
  countDifferent,
  countMerged,
  countMergedAway,
  differingMerges,
  type MergedRecord,
  mergedRecords,
} from '../rundb/merges.ts'
import { type NoteCount, noteCounts } from '../rundb/notes.ts'
import { countRejects, countRejectsWithout, type RejectedItem, rejectCounts, rejectedItems } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { Accounting } from './accounting.ts'
import type { ScopeReport } from './scope.ts'

/**
 * desired/ makes the desired set. In: the records of a source (stage.ts). Out: what should exist in
 * WorkOS, without duplicates and invalid records, limited to a scope (assemble.ts), and counts that
 * add up (accounting.ts). The rest of the program reads the set through this file.
 */

/** What a set was read from. */
export interface SourceReading {
  /** Only part of the source was read: a resource missing from the set can still be there. */
  partial: boolean
  /** The snapshot, if there is one: its folder, and when reading the source began. */
  snapshot?: { folder: string; startedAt: string }
}

/**
 * The desired set of one run: what should exist in WorkOS, what was rejected or merged, and the
 * counts. The data stays in the run's database.
 */
export class DesiredSet {
  readonly rundb: RunDatabase
  readonly accounting: Accounting
  readonly reading: SourceReading
  /** The users that the run is limited to. Undefined: all users of the source. */
  readonly scope: ScopeReport | undefined
  /** Digests of the files that were read, by name. */
  readonly files: ReadonlyMap<string, string>

  constructor(
    rundb: RunDatabase,
    accounting: Accounting,
    reading: SourceReading = { partial: false },
    files: ReadonlyMap<string, string> = new Map(),
    scope?: ScopeReport,
  ) {
    this.files = files
    this.rundb = rundb
    this.accounting = accounting
    this.reading = reading
    this.scope = scope
  }

  count(kind: string): number {
    return countDesired(this.rundb, kind)
  }

  get(kind: string, key: string): DesiredResource | undefined {
    return findDesired(this.rundb, kind, key)
  }

  /**
   * The place of the resource's first record: `users.csv:12`, or `the manifest` for a resource that
   * the manifest declares.
   */
  origin(kind: string, key: string): string {
    return originOfDesired(this.rundb, kind, key) ?? 'the manifest'
  }

  /** The email address of a user, or of the user that a resource belongs to. */
  emailOf(kind: string, key: string): string | null {
    return emailOfDesired(this.rundb, kind, key)
  }

  /** All rejects, in the order of the records. */
  rejects(): Generator<RejectedItem> {
    return rejectedItems(this.rundb)
  }

  /** Records that the manifest leaves out, in their order. */
  leftOut(limit = Number.POSITIVE_INFINITY): Generator<LeftOutItem> {
    return leftOutItems(this.rundb, this.accounting.records.leftOutBy, limit)
  }

  /** The number of records that the manifest leaves out. */
  leftOutCount(): number {
    const { leftOut, ignored } = countNamed(this.rundb)
    return leftOut + ignored
  }

  rejectCount(): number {
    return countRejects(this.rundb)
  }

  /**
   * The number of rejects that a run would have planned.
   * @param unplanned names of kinds that the run does not plan
   */
  plannedRejectCount(unplanned: readonly string[]): number {
    return countRejectsWithout(this.rundb, unplanned)
  }

  /** Rejects by kind and code, most frequent first. */
  rejectCounts(): { kind: string; code: string; count: number }[] {
    return rejectCounts(this.rundb)
  }

  /** Notes on resources of the desired set, most frequent first. */
  noteCounts(): NoteCount[] {
    const moot = new Set(draftDefinitions.flatMap(({ mootNotes = [] }) => mootNotes))
    // Warnings report these. Each has its own value, so there can be as many as resources.
    const said = SAID_CODES.map((code) => `n.code = '${code}'`)
    return noteCounts(this.rundb, [...moot, ...said])
  }

  /**
   * Records that lost a value when they merged, and records that merged into an earlier one without
   * a difference.
   */
  mergeCounts(): { kind: string; different: number; alike: number }[] {
    const byKind = countDifferent(this.rundb)
    return this.accounting.kinds
      .map(({ kind, merged }) => ({
        kind,
        merged: this.scope === undefined ? merged : countMergedAway(this.rundb, kind),
      }))
      .filter(({ merged }) => merged > 0)
      .map(({ kind, merged }) => {
        const { different = 0, merged: away = 0 } = byKind.get(kind) ?? {}
        return { kind, different, alike: merged - away }
      })
  }

  /** How many users were merged from several records, and from how many records. */
  mergedUsers(): { users: number; records: number } {
    const merged = this.accounting.kinds.some(({ kind, merged }) => kind === PEOPLE && merged > 0)
    if (!merged) return { users: 0, records: 0 }
    const { resources: users, records } = countMerged(this.rundb, PEOPLE)
    return { users, records }
  }

  /** Records that merged into another key, and records that lost a value. The latter come first. */
  merges(): Generator<MergedRecord> {
    return mergedRecords(this.rundb)
  }

  /** Records of a kind that lost a value, in the order of the records. */
  differingMerges(kind: string, limit: number): Generator<MergedRecord> {
    return differingMerges(this.rundb, kind, limit)
  }

  close(): void {
    this.rundb.close()
  }
}
