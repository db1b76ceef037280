import { breathe } from '../clock.ts'
import { plannedKinds } from '../resources/registry.ts'
import type { StateStore } from '../state/store.ts'
import { toolVersion } from '../version.ts'
import type { Target } from '../workos/target.ts'
import { markAccepted } from './accepted-warnings.ts'
import { checkBinding } from './binding.ts'
import { type ComputeDesiredOptions, computeDesired } from './compute-desired.ts'
import { countUnknownRejects } from './deletion-tables.ts'
import { planDeletions } from './deletions.ts'
import { checkPartial, checkUnknownRejects } from './guards.ts'
import { warnOfKey } from './key-warnings.ts'
import { Plan } from './plan.ts'
import { planKind } from './plan-kind.ts'
import { createPlanTables, indexActions } from './plan-tables.ts'
import { everybodyVerified, shownWarning } from './plan-warnings.ts'
import { findBeyond } from './state-scope.ts'
import { noteStillAnswered, noteStillReduced } from './still-reduced.ts'
import { summarise } from './summarise.ts'
import { keySort, stateVersion } from './where.ts'

export interface ComputePlanOptions extends ComputeDesiredOptions {
  state: StateStore
  target: Target
  /** Compare with all of WorkOS, not only with the state. */
  refresh: boolean
}

/** Reads the source and compares it with the state and with WorkOS. Writes nothing to either. */
export async function computePlan(options: ComputePlanOptions): Promise<Plan> {
  const { loaded, state, target, refresh, signal, onProgress = () => {} } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const { set, sourceDigest, warnings } = await computeDesired(options)
  createPlanTables(set.staging)
  for (const definition of plannedKinds(manifest)) {
    await breathe(signal)
    onProgress({ phase: `comparing ${definition.plural}` })
    await planKind({ set, state, api: target.client, manifest, refresh, onProgress }, definition)
  }
  await breathe(signal)
  const { prune, safety } = manifest
  findBeyond(set, 'known')
  if (!set.reading.partial) {
    await planDeletions(
      { set, state, api: target.client, manifest, refresh, onProgress },
      { kinds: prune, protect: safety.protect },
    )
  }
  indexActions(set.staging)
  noteStillReduced(set.staging)
  noteStillAnswered(set.staging)
  await breathe(signal)
  const summary = summarise(set, plannedKinds(manifest), safety, target.limits, refresh)
  summary.warnings.push(...warnings.map((problem) => shownWarning(problem, loaded)))
  if (summary.kinds.some(({ kind, create, update, adopt }) => kind === 'user' && create + update + adopt > 0)) {
    for (const problem of everybodyVerified(set, loaded)) {
      options.onWarning?.(problem)
      summary.warnings.push(shownWarning(problem, loaded))
    }
  }
  if (set.reading.partial) summary.refusals.push(...checkPartial(prune))
  const deletes = summary.kinds.reduce((sum, kind) => sum + kind.delete, 0)
  summary.refusals.push(...checkUnknownRejects(deletes, countUnknownRejects(set.staging)))
  const inputs = {
    manifest: loaded.digest,
    environment: loaded.environment ?? null,
    source: sourceDigest,
    target: { type: target.identity.type, baseUrl: target.identity.baseUrl },
    key: keySort(target.identity),
    state: stateVersion(state),
    toolVersion,
  }
  const plan = new Plan(manifest.name, inputs, summary, set)
  warnOfKey(plan, loaded, options.onWarning)
  summary.warnings = markAccepted(summary.warnings, manifest.warnings)
  return plan
}
