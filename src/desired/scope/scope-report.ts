import type { Scope } from '../../config/pilot.ts'
import { StateError } from '../../diagnostics/errors.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'

/** Of whom a run speaks, and how much there is besides. */
export interface ScopeReport extends Scope {
  /** By kind, without kinds that have none. */
  outOfScope: { kind: string; plural: string; count: number }[]
  /** Records of others that were rejected. */
  rejected: number
}

/** How much there was before a scope narrowed it. */
export interface Whole {
  desired: ReadonlyMap<string, number>
  rejected: number
}

/** Counts what there is before a scope narrows it. */
export function countWhole(rundb: RunDatabase): Whole {
  return {
    desired: counts(rundb, 'desired'),
    rejected: rundb.count('SELECT sum(records) FROM rejects'),
  }
}

/**
 * What a scope left out.
 * @throws StateError where something is neither in scope nor out of it: a defect of this program, on which nothing may be applied
 */
export function reportScope(rundb: RunDatabase, { only, limit }: Scope, whole: Whole): ScopeReport {
  const [inside, outside] = [counts(rundb, 'desired'), counts(rundb, 'out_of_scope')]
  const rejected = rundb.count('SELECT sum(records) FROM rejects_out')
  const wrong = [...whole.desired].flatMap(([kind, all]) => {
    const [within = 0, without = 0] = [inside.get(kind), outside.get(kind)]
    return all === within + without ? [] : [`${kind}: ${all} ≠ ${within} in scope + ${without} out of scope`]
  })
  const left = rundb.count('SELECT sum(records) FROM rejects')
  if (whole.rejected !== left + rejected) {
    wrong.push(`rejected records: ${whole.rejected} ≠ ${left} in scope + ${rejected} out of scope`)
  }
  if (wrong.length > 0) {
    throw new StateError({
      code: 'sum_mismatch',
      message: `resources are unaccounted for: ${wrong.join('; ')}`,
      hint: 'this is a defect of workos-migrate; nothing was written. Please report it with the figures above',
    })
  }
  const outOfScope = kindDefinitions.flatMap(({ name: kind, plural }) => {
    const count = outside.get(kind) ?? 0
    return count === 0 ? [] : [{ kind, plural, count }]
  })
  return { only: [...only], limit, outOfScope, rejected }
}

function counts(rundb: RunDatabase, table: 'desired' | 'out_of_scope'): Map<string, number> {
  const rows = rundb.statement(`SELECT kind, count(*) AS n FROM ${table} GROUP BY kind`).all()
  return new Map(rows.map(({ kind, n }) => [String(kind), Number(n)]))
}
