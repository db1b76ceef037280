import { breathe } from '../clock.ts'
import type { LoadedManifest } from '../config/load.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { kindDefinitions, plannedKinds, unplannedKinds } from '../kinds/registry.ts'
import { createPlanTables } from '../rundb/candidates.ts'
import { countUnknownRejects } from '../rundb/deletions.ts'
import type { StateStore } from '../state/store.ts'
import { toolVersion } from '../version.ts'
import type { Target } from '../workos/target.ts'
import { checkBinding, keySort, stateVersion } from './binding.ts'
import {
  columnsFlowing,
  emptyFields,
  mapsSecret,
  nullsInFields,
  unreadColumns,
  withoutUnmapped,
} from './column-warnings.ts'
import { type ComputeDesiredOptions, computeDesired, type DesiredReading } from './compute-desired.ts'
import { planDeletions } from './deletions.ts'
import { checkPartial, checkUnknownRejects } from './guards.ts'
import { loadKnown } from './load-known.ts'
import { Plan, type PlanSummary } from './plan.ts'
import { planKind } from './plan-kind.ts'
import { findBeyond } from './scope.ts'
import { StateCopy } from './state-copy.ts'
import { noteStillAnswered, noteStillReduced } from './still-reduced.ts'
import { summarise } from './summarise.ts'
import type { Survey } from './survey.ts'
import { Surveyor } from './survey-ahead.ts'
import { markAccepted, shownWarning, warnOfKey } from './warnings.ts'

/**
 * Planning. In: the manifest, the state, WorkOS. Out: a plan, whose actions are in the run's
 * database. Steps: the desired set (computeDesired), the actions of each kind (planKind), deletions
 * (planDeletions), then counts and guards (summarise) and warnings.
 */

export interface ComputePlanOptions extends ComputeDesiredOptions {
  state: StateStore
  target: Target
  /** Compare with all of WorkOS, not only with the state. */
  refresh: boolean
  /** The caller shows the plan with its warnings, so `onWarning` is not called. Default: false. */
  showsWarnings?: boolean
}

/** Reads the source and compares it with the state and with WorkOS. Writes nothing to either. */
export async function computePlan(options: ComputePlanOptions): Promise<Plan> {
  const { loaded, state, target, refresh, signal } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const { scratch, scope } = options
  const { workers } = manifest.run
  const surveyor = new Surveyor(manifest.run)
  const copy = await StateCopy.begin({ state, kinds: plannedKinds(manifest), scratch, workers })
  let reading: DesiredReading
  let survey: Survey
  try {
    reading = await computeDesired({
      ...options,
      onStaged: (drafts) => surveyor.prepare(drafts),
      onMerging: (rundb) => surveyor.readAhead(rundb, { manifest }),
      onSettled: (rundb) => surveyor.begin(rundb, { scoped: scope !== undefined, manifest }),
    })
    const { rundb } = reading.set
    createPlanTables(rundb)
    const isCopied = await copy?.settle(rundb, async () => copy.compareWithDesired(rundb, state.digestKey))
    if (isCopied !== true) await loadKnown(rundb, state, plannedKinds(manifest))
    await planActions(reading.set, options)
    survey = await surveyor.survey(reading.set.rundb)
  } finally {
    await Promise.all([surveyor.end(), copy?.end()])
  }
  const { set, sourceDigest, warnings } = reading
  const { fields } = survey
  const { prune, safety } = manifest
  await breathe(signal)
  const summary = summarise(set, plannedKinds(manifest), safety, target.limits, refresh, survey)
  const odd = [...warnings, ...valueWarnings(reading, loaded, summary, survey)]
  summary.warnings.push(...odd.map((problem) => shownWarning(problem, loaded)))
  if (!options.showsWarnings) for (const problem of odd) options.onWarning?.(problem)
  if (summary.changes) {
    summary.notices.push(...unreadColumns(loaded, reading.columns).map((problem) => shownWarning(problem, loaded)))
  }
  if (set.reading.partial) summary.refusals.push(...checkPartial(prune))
  const unplanned = unplannedKinds(plannedKinds(manifest))
  const deletes = summary.kinds.reduce((sum, kind) => sum + kind.delete, 0)
  summary.refusals.push(...checkUnknownRejects(deletes, countUnknownRejects(set.rundb, unplanned)))
  const inputs = {
    manifest: loaded.digest,
    environment: loaded.environment ?? null,
    source: sourceDigest,
    target: { type: target.identity.type, baseUrl: target.identity.baseUrl },
    key: keySort(target.identity),
    state: stateVersion(state),
    toolVersion,
  }
  const plan = new Plan(manifest.name, inputs, summary, set, { fields: withoutUnmapped(fields, loaded) })
  warnOfKey(plan, loaded, options.showsWarnings ? undefined : options.onWarning)
  summary.warnings = markAccepted(summary.warnings, manifest.warnings)
  return plan
}

/** Plans everything that is desired, and everything else in the state. */
async function planActions(
  set: DesiredSet,
  { loaded: { manifest }, state, target, refresh, signal, onProgress = () => {} }: ComputePlanOptions,
): Promise<void> {
  const context = { set, state, api: target.client, manifest, refresh, onProgress }
  for (const definition of plannedKinds(manifest)) {
    await breathe(signal)
    onProgress({ phase: `comparing ${definition.plural}` })
    await planKind(context, definition)
  }
  await breathe(signal)
  findBeyond(set)
  if (!set.reading.partial) {
    await planDeletions(context, { kinds: manifest.prune, protect: manifest.safety.protect })
  }
  noteStillReduced(set.rundb)
  noteStillAnswered(set.rundb)
  await breathe(signal)
}

/** Warnings about the values of resources that change. Unchanged kinds were checked before. */
function valueWarnings(
  { set, warnings, columns }: DesiredReading,
  loaded: LoadedManifest,
  { kinds, passwords }: PlanSummary,
  { whole, gathered }: Survey,
): Problem[] {
  const changing = kinds.filter(({ create, update, adopt }) => create + update + adopt > 0).map(({ kind }) => kind)
  // A pilot of ten users can all have one role and no phone number.
  const tables = whole.filter(({ kind }) => changing.includes(kind))
  // What a part of the source has in common need not apply to all of it.
  const { partial } = set.reading
  // Dependent kinds first, users last.
  const ofKinds = kindDefinitions.toReversed().flatMap(({ name, review }) => {
    if (!changing.includes(name)) return []
    const filling = tables.find(({ kind }) => kind === name)
    const found = gathered.get(name)
    const context = { rundb: set.rundb, loaded, partial }
    return [
      ...(review?.valueWarnings?.({ ...context, filling, columnsOf: (path) => columnsFlowing(loaded, path) }) ?? []),
      ...((found && review?.gathering?.warnings(context, found)) ?? []),
    ]
  })
  const told = new Set([...warnings, ...ofKinds].map(({ path }) => path))
  return [
    ...(partial ? [] : emptyFields(tables, loaded, columns)).filter(({ path = '' }) => {
      // Hashes that WorkOS does not accept were found, and the plan counts them.
      if (path === 'map.user.passwordHash' && passwords.reset > 0) return false
      // Secrets of users out of scope are not kept.
      return !told.has(path) && (set.scope === undefined || !mapsSecret(path))
    }),
    ...nullsInFields(
      tables,
      loaded,
      warnings.some(({ code }) => code === 'written_null'),
    ),
    ...ofKinds,
  ]
}
