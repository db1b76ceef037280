import type { LoadedManifest } from '../config/load.ts'
import { accepts, type Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { StateError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import type { KindDefinition, ReadContext, UnknownLive } from '../kinds/kind.ts'
import { kindDefinitions, unplannedKinds } from '../kinds/registry.ts'
import { ahead, eachOf } from '../kinds/wire.ts'
import { checkBinding, keySort, stateVersion, whereOf } from '../planning/binding.ts'
import { loadKnown } from '../planning/load-known.ts'
import { findBeyond } from '../planning/scope.ts'
import { keyOfAnotherEnvironment, markAccepted, shownWarning } from '../planning/warnings.ts'
import { createPlanTables } from '../rundb/candidates.ts'
import {
  countApartFromRecords,
  countWithSecrets,
  createVerifyTables,
  desiredWithoutLive,
  hasUnmatched,
  idsOfHolders,
  idsToListWithin,
  isUsed,
} from '../rundb/findings.ts'
import { findLive, listInto } from '../rundb/live.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { Target } from '../workos/target.ts'
import { ListAhead } from './list-ahead.ts'
import { StateCheck } from './state-check.ts'
import type { KindVerification, SecretCounts, Verification } from './verification.ts'
import { matchedRefs, verifyKind } from './verify-kind.ts'

/**
 * Verifies. In: the desired set from the source, the state, and all of WorkOS that they touch. Out:
 * a Verification with counts, and findings in the run's database. Plans and writes nothing.
 */

export interface VerifyOptions {
  loaded: LoadedManifest
  state: StateStore
  target: Target
  /** The run's scratch folder. */
  scratch: string
  /** The kinds to compare. */
  kinds: readonly KindDefinition[]
  /** Whether the run is limited to some users. */
  scoped: boolean
  /**
   * Builds the desired set, and returns warnings about it.
   * @param onStaged called once the source is read, before the set is built
   */
  readSource: (onStaged: () => Promise<void>) => Promise<{ set: DesiredSet; warnings: Problem[] }>
  signal?: AbortSignal
  onWarning?: (problem: Problem) => void
  onProgress?: (step: Step) => void
}

/**
 * Reads WorkOS page by page and compares it with the source and the state. Writes nothing.
 * @throws GuardError when the target is not the state's, CredentialsError, TargetError
 */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { loaded, state, target, onWarning = () => {} } = options
  const { manifest } = loaded
  await checkBinding(state, target.identity, target.client)
  const { set, warnings, kinds } = await compareKinds(options)
  checkSums(set, kinds)
  const rejected = set.plannedRejectCount(unplannedKinds(options.kinds))
  const { type, baseUrl } = target.identity
  const { name } = manifest
  const environment = loaded.environment ?? null
  const key = keySort(target.identity)
  const where = whereOf({ name, environment, target: { type, baseUrl }, key, state: stateVersion(state) })
  const ofKey = keyOfAnotherEnvironment(where, loaded)
  for (const problem of ofKey) if (!accepts(manifest.warnings, problem.code)) onWarning(problem)
  const shown = [...warnings, ...ofKey].map((problem) => shownWarning(problem, loaded))
  return {
    name,
    target: { type, baseUrl },
    where,
    warnings: markAccepted(shown, manifest.warnings),
    accounting: set.accounting,
    kinds,
    secrets: countSecrets(set),
    rejected,
    openWrites: (await state.intents()).length,
    outcome: outcomeOf(kinds, rejected),
    set,
  }
}

/** What was compared. */
interface Compared {
  set: DesiredSet
  warnings: Problem[]
  kinds: KindVerification[]
}

/** Reads WorkOS, the source and the state at the same time, and compares them. */
async function compareKinds(options: VerifyOptions): Promise<Compared> {
  const lists = await ListAhead.begin(options)
  let check: StateCheck | undefined
  try {
    const { workers } = options.loaded.manifest.run
    if (!options.scoped) check = await StateCheck.begin({ ...options, workers, lists })
    return await compareEach(options, lists, check)
  } finally {
    lists.end()
    await check?.end()
  }
}

/** Compares one kind after the other. */
async function compareEach(
  { loaded, state, target, kinds, readSource, signal, onProgress = () => {} }: VerifyOptions,
  lists: ListAhead,
  check: StateCheck | undefined,
): Promise<Compared> {
  const { set, warnings } = await readSource(async () => check?.sourceIsRead())
  createPlanTables(set.rundb)
  createVerifyTables(set.rundb)
  if (check) onProgress({ phase: 'comparing the source with the state' })
  if ((await check?.settle(set.rundb)) !== true) await loadKnown(set.rundb, state, kinds)
  lists.becomeLiveOf(set.rundb)
  findBeyond(set)
  const compared: KindVerification[] = []
  for (const definition of kinds) {
    signal?.throwIfAborted()
    await readLive(set, target.client, definition, lists, onProgress)
    onProgress({ phase: `comparing ${definition.plural}` })
    const context = readContext(set, loaded.manifest, target.client, definition)
    compared.push(await verifyKind(set, definition, context))
  }
  return { set, warnings, kinds: compared }
}

async function readLive(
  { rundb }: DesiredSet,
  api: Api,
  definition: KindDefinition,
  lists: ListAhead,
  onProgress: (step: Step) => void,
): Promise<void> {
  const { name, plural, within, refs, sparse } = definition
  // There is nothing to compare. Groups would need a request for each organization, and might not
  // be enabled.
  if (!isUsed(rundb, name)) return
  const phase = `reading ${plural} from WorkOS`
  onProgress({ phase })
  const listed = await lists.complete(name, (done) => onProgress({ phase, done }))
  if (listed !== undefined && within === undefined) return
  const parent = within && refs[within]
  const parents = parent && (sparse ? idsOfHolders(rundb, parent, name) : idsToListWithin(rundb, parent, name, within))
  const rest = parents && listed ? parents.filter((id) => !listed.within.has(id)) : parents
  if (rest?.length === 0) return
  const listing = listInto(rundb, name)
  let count = listed?.count ?? 0
  const read = async (parentIds: Iterable<string>) => {
    for await (const page of ahead(definition.list(api, parentIds))) {
      listing.add(page)
      count += page.length
      onProgress({ phase, done: count })
    }
  }
  await (rest === undefined ? read([]) : eachOf(rest, (id) => read([id])))
  listing.done()
}

function readContext(set: DesiredSet, manifest: Manifest, api: Api, definition: KindDefinition): ReadContext {
  const { rundb, scope } = set
  return {
    rundb,
    manifest,
    scoped: scope !== undefined,
    api,
    listed: true,
    unknown: () => notInState(rundb, definition),
    refIds: (desired) => matchedRefs(rundb, definition, desired),
  }
}

/** Live resources that match desired ones by natural key and are not in the state. */
function* notInState(rundb: RunDatabase, definition: KindDefinition): Generator<UnknownLive> {
  if (!hasUnmatched(rundb, definition.name)) return
  for (const desired of desiredWithoutLive(rundb, definition.name)) {
    const natural = definition.naturalKey(desired, matchedRefs(rundb, definition, desired))
    const live = natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
    if (live) yield { live, desired: desired.attributes }
  }
}

/** Checks that every resource of the source was compared exactly once. */
function checkSums({ accounting, rundb }: DesiredSet, kinds: readonly KindVerification[]): void {
  const wrong = kinds.flatMap(({ kind, plural, desired, verified, different, missing }) => {
    const fromRecords = accounting.kinds.find((count) => count.kind === kind)?.distinct ?? 0
    const { declared, outside } = countApartFromRecords(rundb, kind)
    const distinct = fromRecords + declared - outside
    if (distinct === desired && desired === verified + different + missing) return []
    return [`${plural}: ${distinct} distinct, ${desired} desired, ${verified} + ${different} + ${missing} compared`]
  })
  if (wrong.length === 0) return
  throw new StateError({
    code: 'sum_mismatch',
    message: `resources are unaccounted for: ${wrong.join('; ')}`,
    hint: 'report this defect of workos-migrate, with the numbers above',
  })
}

function countSecrets({ rundb }: DesiredSet): SecretCounts {
  const counts: SecretCounts = { inSource: 0, sent: 0, leftAlone: 0 }
  for (const { name, countsSecrets } of kindDefinitions) {
    if (!countsSecrets) continue
    const { desired, created, adopted } = countWithSecrets(rundb, name)
    counts.inSource += desired
    counts.sent += created
    counts.leftAlone += adopted
  }
  return counts
}

function outcomeOf(kinds: readonly KindVerification[], rejected: number): Verification['outcome'] {
  if (kinds.some(({ missing, otherId }) => missing + otherId > 0)) return 'lost'
  const unlike = kinds.some(({ different, extra, notInState }) => different + extra + notInState > 0)
  return unlike || rejected > 0 ? 'different' : 'verified'
}
