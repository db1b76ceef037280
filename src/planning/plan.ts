import type { DesiredSet, NoteCount } from '../desired/desired-set.ts'
import { type CaseCount, caseCounts } from '../desired/duplicate-cases.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { ConnectionCounts } from '../kinds/connection/connections-text.ts'
import type { PasswordCounts } from '../kinds/user/passwords-text.ts'
import type { Action, Drift, SkippedDeletion } from './action.ts'
import type { Estimate } from './estimate.ts'
import type { FieldTable } from './field-table.ts'
import type { GuardRefusal } from './guards.ts'
import type { KindSummary } from './kind-summary.ts'
import { type OrphanedResource, orphansOf } from './orphans.ts'
import { type KeySort, type Where, whereabouts } from './where.ts'

/** See PlanSummary.warnings. Its file is relative to the manifest, or that of a recipe. */
export type PlanWarning = Pick<Problem, 'code' | 'message' | 'hint' | 'at'> & {
  /** `warnings.accept` of the manifest names its code: somebody has looked at it. */
  accepted?: true
}

export interface PlanSummary {
  kinds: KindSummary[]
  /** Whether there is anything to apply. */
  changes: boolean
  notes: NoteCount[]
  passwords: PasswordCounts
  /** Single sign-on connections that go into files and are not sent. */
  handoff: ConnectionCounts
  estimate: Estimate
  refusals: GuardRefusal[]
  /** What is odd about the plan as a whole, and refuses nothing: who reads it should look. */
  warnings: PlanWarning[]
  /** What is worth a look and nothing odd: nobody has to do anything about it, and nothing fails because of it. */
  notices: PlanWarning[]
  /** Whether everything was read back from WorkOS. */
  refreshed: boolean
}

/** What a plan was computed from. A saved plan is stale as soon as one of these differs. */
export interface PlanInputs {
  manifest: string
  environment: string | null
  /** Digest over the bytes of the source. */
  source: string
  target: { type: string; baseUrl: string }
  /** The sort of the API key. Nothing is compared with it: the digest of a saved plan is keyed with the key itself. */
  key: KeySort | null
  state: { lineage: string | null; serial: number }
  toolVersion: string
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
    return whereabouts({ name: this.name, ...this.inputs })
  }

  /** The actions in the order they are carried out. */
  *actions(): Generator<Action> {
    for (const row of this.set.rundb.db.prepare('SELECT action FROM actions ORDER BY phase, position').iterate()) {
      yield JSON.parse(String(row.action))
    }
  }

  /** The first actions of one kind and type. */
  sample(kind: string, type: Action['type'], limit: number): Action[] {
    return this.set.rundb
      .statement('SELECT action FROM actions WHERE kind = ? AND type = ? ORDER BY position LIMIT ?')
      .all(kind, type, limit)
      .map((row) => JSON.parse(String(row.action)))
  }

  *drift(limit = Number.MAX_SAFE_INTEGER): Generator<Drift> {
    for (const row of this.set.rundb.db.prepare('SELECT drift FROM drift LIMIT ?').iterate(limit)) {
      yield JSON.parse(String(row.drift))
    }
  }

  driftCount(): number {
    return this.set.rundb.count('SELECT count(*) FROM drift')
  }

  /** What deleting leaves alone, by reason, most first. */
  sparedCounts(): { kind: string; code: string; count: number }[] {
    return this.set.rundb
      .statement('SELECT kind, code, count(*) AS n FROM spared GROUP BY kind, code ORDER BY n DESC, kind, code')
      .all()
      .map((row) => ({ kind: String(row.kind), code: String(row.code), count: Number(row.n) }))
  }

  *spared(limit = Number.MAX_SAFE_INTEGER): Generator<SkippedDeletion> {
    for (const row of this.set.rundb.db.prepare('SELECT * FROM spared LIMIT ?').iterate(limit)) {
      const { kind, key, code, message } = row
      yield {
        kind: String(kind),
        key: String(key),
        code: String(code) as SkippedDeletion['code'],
        message: String(message),
      }
    }
  }

  /** How many resources of the state the source no longer has: those that are left alone. */
  orphanCount(): number {
    return this.purpose === 'destroy' ? 0 : this.summary.kinds.reduce((sum, { orphaned }) => sum + orphaned, 0)
  }

  /** They by name. */
  *orphans(limit = Number.POSITIVE_INFINITY): Generator<OrphanedResource> {
    const kinds = this.summary.kinds.filter(({ orphaned }) => orphaned > 0).map(({ kind }) => kind)
    if (this.orphanCount() > 0) yield* orphansOf(this.set.rundb, kinds, limit)
  }

  /** Named cases of duplicate users: those of the source, then clashes with what is in WorkOS. */
  caseCounts(): CaseCount[] {
    const clashes = this.set.rundb
      .statement(
        `SELECT a.action ->> 'code' AS code, count(*) AS users, sum(d.records) AS records FROM actions a
         JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.kind = 'user' AND a.type = 'blocked'
           AND a.action ->> 'code' IN ('external_id_clash', 'identity_clash', 'exists_already', 'unverified_account') GROUP BY 1 ORDER BY 1`,
      )
      .all()
      .map(({ code, users, records }): CaseCount => {
        return { code: String(code), fate: 'blocked', users: Number(users), records: Number(records) }
      })
    return [...caseCounts(this.set.rundb), ...clashes]
  }

  /** Blocked resources by reason, most first. Reasons that name the resource are as many as those are. */
  *blockedCounts(limit = -1): Generator<{ kind: string; code: string; message: string; count: number }> {
    for (const row of this.set.rundb.db.prepare(`${BLOCKED_COUNTS} LIMIT ?`).iterate(limit)) {
      yield { kind: String(row.kind), code: String(row.code), message: String(row.message), count: Number(row.n) }
    }
  }

  /** How many reasons there are. */
  blockedReasons(): number {
    return this.set.rundb.count(`SELECT count(*) FROM (${BLOCKED_COUNTS})`)
  }
}

/** Those that wait for something that is blocked do so for one reason, whatever it is called. */
const BLOCKED_COUNTS = `SELECT kind, action ->> 'code' AS code, min(action ->> 'message') AS message, count(*) AS n FROM actions
  WHERE type = 'blocked'
  GROUP BY kind, code, CASE WHEN action ->> 'code' = 'dependency_blocked' THEN '' ELSE action ->> 'message' END
  ORDER BY n DESC, kind, code, message`
