import type { DesiredSet } from '../desired/desired-set.ts'
import type { Problem, Reason } from '../diagnostics/problem.ts'
import type { SummaryParts } from '../kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../kinds/registry.ts'
import {
  actionsInOrder,
  actionsOfType,
  type BlockedCount,
  blockedCounts,
  countBlockedReasons,
  countBlockedRecords,
  countDrift,
  driftItems,
} from '../rundb/actions.ts'
import { countSkippedDeletions, orphansOfKind, type SkippedDeletion, skippedDeletions } from '../rundb/deletions.ts'
import { type CaseCount, caseCounts } from '../rundb/merges.ts'
import type { NoteCount } from '../rundb/notes.ts'
import type { Action, Drift, KindSummary } from './action.ts'
import { type KeySort, type Where, whereOf } from './binding.ts'
import type { Estimate } from './estimate.ts'
import type { FieldTable } from './field-table.ts'
import type { GuardRefusal } from './guards.ts'
/** See PlanSummary.warnings. Its file is relative to the manifest, or is a recipe. */
export type PlanWarning = Reason &
  Pick<Problem, 'at'> & {
    /** `warnings.accept` in the manifest lists its code. */
    accepted?: true
  }

export interface PlanSummary extends SummaryParts {
  kinds: KindSummary[]
  /** Whether there is anything to apply. */
  changes: boolean
  notes: NoteCount[]
  estimate: Estimate
  refusals: GuardRefusal[]
  /** Oddities of the whole plan that do not refuse it but need a look. */
  warnings: PlanWarning[]
  /** Worth a look, but not odd: they need no action and never fail a run. */
  notices: PlanWarning[]
  /** Whether everything was read back from WorkOS. */
  refreshed: boolean
}

/**
 * The inputs of a plan. A saved plan is stale if one of them changes, except `source` and `key`.
 */
export interface PlanInputs {
  manifest: string
  environment: string | null
  /** Digest of the bytes of the source. Staleness depends on its records: PlanBasis.desired. */
  source: string
  target: { type: string; baseUrl: string }
  /** The sort of the API key. Not compared: the digest of a saved plan is keyed with the key. */
  key: KeySort | null
  state: { lineage: string | null; serial: number }
  toolVersion: string
}

/** A resource of the state that the source no longer has; kept in WorkOS. */
export interface OrphanedResource {
  kind: string
  key: string
  /** For people: an email address, an organization's name. */
  label: string
  /** The WorkOS ID. */
  id: string
  ownership: 'created' | 'adopted'
  /** The condition of the manifest that leaves out its record. */
  leftOutBy?: string
}

/** All actions and their inputs. The actions stay in the run's database. */
export class Plan {
  readonly name: string
  readonly inputs: PlanInputs
  readonly summary: PlanSummary
  readonly set: DesiredSet
  /** What carrying the plan out is called. */
  readonly purpose: 'apply' | 'destroy'
  /** How full each field is, by kind. Empty for a plan that deletes. */
  readonly fields: readonly FieldTable[]

  constructor(
    name: string,
    inputs: PlanInputs,
    summary: PlanSummary,
    set: DesiredSet,
    { purpose = 'apply', fields = [] }: Partial<Pick<Plan, 'purpose' | 'fields'>> = {},
  ) {
    this.fields = fields
    this.purpose = purpose
    this.name = name
    this.inputs = inputs
    this.summary = summary
    this.set = set
  }

  get where(): Where {
    return whereOf({ name: this.name, ...this.inputs })
  }

  /** The actions in the order in which they are carried out. */
  *actions(): Generator<Action> {
    for (const action of actionsInOrder(this.set.rundb)) yield JSON.parse(action)
  }

  /** The first actions of one kind and type. */
  sample(kind: string, type: Action['type'], limit: number): Action[] {
    return Array.from(actionsOfType(this.set.rundb, kind, type, limit), (action) => JSON.parse(action))
  }

  *drift(limit = Number.MAX_SAFE_INTEGER): Generator<Drift> {
    for (const drift of driftItems(this.set.rundb, limit)) yield JSON.parse(drift)
  }

  driftCount(): number {
    return countDrift(this.set.rundb)
  }

  /** Deletions that are skipped, by reason, most frequent first. */
  skippedDeletionCounts(): { kind: string; code: string; count: number }[] {
    return countSkippedDeletions(this.set.rundb)
  }

  skippedDeletions(limit = Number.MAX_SAFE_INTEGER): Generator<SkippedDeletion> {
    return skippedDeletions(this.set.rundb, limit)
  }

  /** The number of resources that are in the state and no longer in the source, and stay. */
  orphanCount(): number {
    return this.purpose === 'destroy' ? 0 : this.summary.kinds.reduce((sum, { orphaned }) => sum + orphaned, 0)
  }

  /** Those resources, ordered by kind and key. */
  *orphans(limit = Number.POSITIVE_INFINITY): Generator<OrphanedResource> {
    if (this.orphanCount() === 0) return
    let left = limit
    for (const { kind, orphaned } of this.summary.kinds) {
      if (left <= 0) return
      if (orphaned === 0) continue
      for (const { key, id, attributes, refs, ownership, leftOutBy } of orphansOfKind(this.set.rundb, kind, left)) {
        left -= 1
        const label = kindDefinition(kind).label({ kind, key, attributes, secrets: null, refs })
        yield { kind, key, label, id, ownership, ...(leftOutBy !== undefined && { leftOutBy }) }
      }
    }
  }

  /** Named cases of duplicates: those of the source, then conflicts with what is in WorkOS. */
  caseCounts(): CaseCount[] {
    const clashes = kindDefinitions.flatMap(({ name, review: { duplicateCodes } = {} }) => {
      if (duplicateCodes === undefined) return []
      return countBlockedRecords(this.set.rundb, name, duplicateCodes).map(
        ({ code, resources, records }): CaseCount => ({ code, fate: 'blocked', users: resources, records }),
      )
    })
    return [...caseCounts(this.set.rundb), ...clashes]
  }

  /**
   * Blocked resources by reason, most frequent first. There can be as many reasons as resources,
   * because some reasons name the resource.
   */
  blockedCounts(limit = -1): Generator<BlockedCount> {
    return blockedCounts(this.set.rundb, limit)
  }

  blockedReasons(): number {
    return countBlockedReasons(this.set.rundb)
  }
}
