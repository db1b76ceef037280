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
/** See PlanSummary.warnings. Its file is relative to the manifest, or that of a recipe. */
export type PlanWarning = Reason &
  Pick<Problem, 'at'> & {
    /** `warnings.accept` of the manifest names its code: somebody has looked at it. */
    accepted?: true
  }

export interface PlanSummary extends SummaryParts {
  kinds: KindSummary[]
  /** Whether there is anything to apply. */
  changes: boolean
  notes: NoteCount[]
  estimate: Estimate
  refusals: GuardRefusal[]
  /** What is odd about the plan as a whole, and refuses nothing: who reads it should look. */
  warnings: PlanWarning[]
  /**
   * What is worth a look and nothing odd: nobody has to do anything about it, and nothing fails
   * because of it.
   */
  notices: PlanWarning[]
  /** Whether everything was read back from WorkOS. */
  refreshed: boolean
}

/**
 * What a plan was computed from. A saved plan is stale as soon as one of these differs, but for
 * `source` and `key`.
 */
export interface PlanInputs {
  manifest: string
  environment: string | null
  /**
   * Digest over the bytes of the source. A saved plan is held against what these bytes say: see
   * PlanBasis.desired.
   */
  source: string
  target: { type: string; baseUrl: string }
  /**
   * The sort of the API key. Nothing is compared with it: the digest of a saved plan is keyed with
   * the key itself.
   */
  key: KeySort | null
  state: { lineage: string | null; serial: number }
  toolVersion: string
}

/** A resource of the state that the source no longer has: it is left alone in WorkOS. */
export interface OrphanedResource {
  kind: string
  key: string
  /** For people: an e-mail address, an organization's name. */
  label: string
  /** WorkOS's id. */
  id: string
  ownership: 'created' | 'adopted'
  /** The source has its record, and the manifest leaves that out: by which condition. */
  leftOutBy?: string
}

/** All the actions, plus what they were computed from. The actions stay in the run's database. */
export class Plan {
  readonly name: string
  readonly inputs: PlanInputs
  readonly summary: PlanSummary
  readonly set: DesiredSet
  /** What carrying it out is called. */
  readonly purpose: 'apply' | 'destroy'
  /** How full each field is, kind by kind; none of a plan that deletes. */
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

  /** The actions in the order they are carried out. */
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

  /** What deleting leaves alone, by reason, most first. */
  skippedDeletionCounts(): { kind: string; code: string; count: number }[] {
    return countSkippedDeletions(this.set.rundb)
  }

  skippedDeletions(limit = Number.MAX_SAFE_INTEGER): Generator<SkippedDeletion> {
    return skippedDeletions(this.set.rundb, limit)
  }

  /** How many resources of the state the source no longer has: those that are left alone. */
  orphanCount(): number {
    return this.purpose === 'destroy' ? 0 : this.summary.kinds.reduce((sum, { orphaned }) => sum + orphaned, 0)
  }

  /** They by name, in the order of the kinds and of their keys. */
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

  /** Named cases of duplicates: those of the source, then clashes with what is in WorkOS. */
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
   * Blocked resources by reason, most first. Reasons that name the resource are as many as those
   * are.
   */
  blockedCounts(limit = -1): Generator<BlockedCount> {
    return blockedCounts(this.set.rundb, limit)
  }

  /** How many reasons there are. */
  blockedReasons(): number {
    return countBlockedReasons(this.set.rundb)
  }
}
