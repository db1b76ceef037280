import type { LoadedManifest } from '../config/load.ts'
import type { Scope } from '../config/pilot.ts'
import { account } from '../desired/accounting.ts'
import { DesiredSet } from '../desired/desired-set.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { createPlanTables } from '../rundb/candidates.ts'
import { countCreated, deletionCandidates } from '../rundb/deletions.ts'
import { setApart } from '../rundb/known.ts'
import { RunDatabase } from '../rundb/run-database.ts'
import { heldBy } from '../rundb/scope.ts'
import type { StateStore } from '../state/store.ts'
import { toolVersion } from '../version.ts'
import type { Api } from '../workos/api.ts'
import type { Target } from '../workos/target.ts'
import { checkBinding, keySort, stateVersion } from './binding.ts'
import { planDeletions } from './deletions.ts'
import { loadKnown } from './load-known.ts'
import { LOOKUPS_AT_MOST, listLive, lookUp } from './look-up.ts'
import { Plan } from './plan.ts'
import { narrowDestruction } from './scope.ts'
import { summarise } from './summarise.ts'
import { markAccepted, warnOfKey } from './warnings.ts'

export interface ComputeDestroyPlanOptions {
  loaded: LoadedManifest
  state: StateStore
  target: Target
  /** The run's scratch folder. */
  scratch: string
  /** Keep users who have signed in since they were created. */
  keepSignedIn: boolean
  /** Keep what was changed in WorkOS since it was applied. */
  keepChanged: boolean
  /** The users whose migration is undone. Default: all. */
  scope?: Scope
  onWarning?: (problem: Problem) => void
  onProgress?: (step: Step) => void
}

/** Plans the deletion of everything that this state created. Reads no source and writes nothing. */
export async function computeDestroyPlan(options: ComputeDestroyPlanOptions): Promise<Plan> {
  const { loaded, state, target, keepSignedIn, keepChanged, onProgress = () => {} } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const rundb = new RunDatabase(options.scratch)
  const nothing = { mapped: 0, leftOut: 0, leftOutBy: [], assigned: 0 }
  const accounting = account(rundb, new Map(), [], nothing, 0)
  createPlanTables(rundb)
  await loadKnown(rundb, state, kindDefinitions)
  for (const { name } of kindDefinitions) setApart(rundb, name)
  const scope = options.scope && narrowDestruction(rundb, options.scope)
  const set = new DesiredSet(rundb, accounting, { partial: false }, undefined, scope)
  for (const definition of kindDefinitions) {
    if ((!keepSignedIn && !keepChanged) || definition.sparse) continue
    onProgress({ phase: `reading ${definition.plural} from WorkOS` })
    await readCreated(set, target.client, definition, onProgress)
  }
  await planDeletions(
    { set, state, api: target.client, manifest, refresh: true, onProgress },
    {
      kinds: kindDefinitions.map(({ name }) => name),
      protect: manifest.safety.protect,
      ...(scope && { held: ({ kind, key }) => heldBy(rundb, kind, key) }),
      ...(keepSignedIn || keepChanged ? { keep: { signedIn: keepSignedIn, changed: keepChanged } } : {}),
    },
  )
  // The user asked to delete everything, so no share of it is suspicious.
  const safety = { ...manifest.safety, maxDeletes: '100%' }
  const summary = summarise(set, kindDefinitions, safety, target.limits, true)
  const inputs = {
    manifest: loaded.digest,
    environment: loaded.environment ?? null,
    source: '',
    target: { type: target.identity.type, baseUrl: target.identity.baseUrl },
    key: keySort(target.identity),
    state: stateVersion(state),
    toolVersion,
  }
  const plan = new Plan(manifest.name, inputs, summary, set, { purpose: 'destroy' })
  warnOfKey(plan, loaded, options.onWarning)
  summary.warnings = markAccepted(summary.warnings, manifest.warnings)
  return plan
}

/** Reads the created resources from WorkOS: a few one by one, many by listing the kind. */
async function readCreated(
  set: DesiredSet,
  api: Api,
  definition: KindDefinition,
  onProgress: (step: Step) => void,
): Promise<void> {
  const { name, plural, refs } = definition
  if (countCreated(set.rundb, name) > LOOKUPS_AT_MOST) {
    await listLive(set.rundb, api, definition, (done) => onProgress({ phase: `reading ${plural} from WorkOS`, done }))
    return
  }
  const created = [...deletionCandidates(set.rundb, name, refs)].filter(({ ownership }) => ownership === 'created')
  const wanted = created.map(({ kind, key, id, attributes, refs: to }) => ({
    desired: { kind, key, attributes, secrets: null, refs: to },
    refIds: {},
    id,
  }))
  await lookUp(set.rundb, api, definition, wanted)
}
