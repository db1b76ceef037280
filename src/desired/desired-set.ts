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
 * WorkOS (assemble.ts: duplicates merged, the invalid rejected, narrowed to a scope), with sums
 * that come out even (accounting.ts). This file is what the rest of the program asks it by.
 */

/** What a set was read from. */
export interface SourceReading {
  /**
   * Only a part of the source was asked for: what the set lacks may be in the source all the same.
   */
  partial: boolean
  /** The snapshot, if there is one: its folder, and when reading the source began. */
  snapshot?: { folder: string; startedAt: string }
}

/**
 * The desired set of one run: what should exist in WorkOS, what was refused and merged on the way,
 * and the sums of it. It stays in the run's database; each method is one question to that.
 */
export class DesiredSet {
  readonly rundb: RunDatabase
  readonly accounting: Accounting
  readonly reading: SourceReading
  /** Of whom the set speaks; undefined: of everybody in the source. */
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
   * Where the resource's first record stands: `users.csv:12`; for what the manifest itself
   * declares, `the manifest`.
   */
  origin(kind: string, key: string): string {
    return originOfDesired(this.rundb, kind, key) ?? 'the manifest'
  }

  /** The address of a user, or of the user that a resource belongs to. */
  emailOf(kind: string, key: string): string | null {
    return emailOfDesired(this.rundb, kind, key)
  }

  /** Everything that was refused, in the order of the records. */
  rejects(): Generator<RejectedItem> {
    return rejectedItems(this.rundb)
  }

  /** Records that the manifest leaves out, in their order. */
  leftOut(limit = Number.POSITIVE_INFINITY): Generator<LeftOutItem> {
    return leftOutItems(this.rundb, this.accounting.records.leftOutBy, limit)
  }

  /** How many of them there are, by name. */
  leftOutCount(): number {
    const { leftOut, ignored } = countNamed(this.rundb)
    return leftOut + ignored
  }

  rejectCount(): number {
    return countRejects(this.rundb)
  }

  /**
   * How many were refused that a run would have planned. @param unplanned names of kinds that it
   * does not plan
   */
  plannedRejectCount(unplanned: readonly string[]): number {
    return countRejectsWithout(this.rundb, unplanned)
  }

  /** Refused items by kind and code, most first. */
  rejectCounts(): { kind: string; code: string; count: number }[] {
    return rejectCounts(this.rundb)
  }

  /** Remarks on resources that are in the desired set, most first. */
  noteCounts(): NoteCount[] {
    const moot = new Set(draftDefinitions.flatMap(({ mootNotes = [] }) => mootNotes))
    // Warnings tell of these: each has a value of its own, so that there may be as many as
    // resources.
    const said = SAID_CODES.map((code) => `n.code = '${code}'`)
    return noteCounts(this.rundb, [...moot, ...said])
  }

  /**
   * How many records have a value that merging did not take, and how many merged into an earlier
   * one without a difference.
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

  /** How many users were merged from several records, and from how many. */
  mergedUsers(): { users: number; records: number } {
    const merged = this.accounting.kinds.some(({ kind, merged }) => kind === PEOPLE && merged > 0)
    if (!merged) return { users: 0, records: 0 }
    const { resources: users, records } = countMerged(this.rundb, PEOPLE)
    return { users, records }
  }

  /** Records that merged into another key, and those that lost a value: these first. */
  merges(): Generator<MergedRecord> {
    return mergedRecords(this.rundb)
  }

  /** Records of a kind with a value that was not taken, in the order of the records. */
  differingMerges(kind: string, limit: number): Generator<MergedRecord> {
    return differingMerges(this.rundb, kind, limit)
  }

  close(): void {
    this.rundb.close()
  }
}
