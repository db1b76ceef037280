import { sourceChanged } from '../comparing/three-way.ts'
import { digester } from '../digest.ts'
import type { KindDefinition, ReadContext, UnknownLive } from '../kinds/kind.ts'
import { insertCreates, insertDrift, type PlainCreates } from '../rundb/actions.ts'
import {
  type Candidate,
  candidates,
  changedAttributes,
  countCandidates,
  countUnknown,
  insertCandidate,
  insertDependentCandidates,
  insertLookedCandidates,
  insertUnknownCandidates,
  isUnknown,
} from '../rundb/candidates.ts'
import { hasKnown, secretsOfKnown, setApart } from '../rundb/known.ts'
import { findLive, hasLive } from '../rundb/live.ts'
import { insertNote } from '../rundb/notes.ts'
import { plainCondition } from '../rundb/plain.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { addAction, phaseOfKind } from './action.ts'
import { decide, isOnlyAdopted } from './decide.ts'
import { LOOKUPS_AT_MOST, listLive, listMentioned, lookUp, lookUpFew, type Wanted } from './look-up.ts'
import { compareContext, type Decision, type PlanningContext } from './planning-context.ts'
import { resolveRefs } from './references.ts'

/**
 * Plans one kind, after the kinds it depends on. In: its desired resources and the state. Out: its
 * actions, drift and notes, in the run's database. Steps: find what might need something, read it
 * from WorkOS, decide, record. SQL decides about equal resources and certain creates; code decides
 * about the candidates.
 */
export async function planKind(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const { rundb } = context.set
  const found = findChanged(context, definition)
  if (found.changed + found.unknown === 0) return
  const { reading, plain } = await readCandidates(context, definition, found)
  rundb.transaction(() => planActions(context, definition, plain))
  await definition.planned?.decided?.(reading)
}

/** Resources of a kind that planning must look at: in the state (candidates), and not in it. */
interface Found {
  changed: number
  unknown: number
}

/** Creates that SQL decides about, and their number. */
type CountedCreates = PlainCreates & { count: number }

/**
 * Reads from WorkOS what the candidates are compared with. Afterwards they include resources that
 * are not in the state, except plain creates.
 */
async function readCandidates(
  context: PlanningContext,
  definition: KindDefinition,
  { changed, unknown }: Found,
): Promise<{ reading: ReadContext; plain: CountedCreates | undefined }> {
  const { set, api, refresh, onProgress } = context
  const { rundb } = set
  const compared = compareContext(context)
  const listed = refresh || changed + unknown > LOOKUPS_AT_MOST || definition.planned?.needsList?.(compared) === true
  let plain: CountedCreates | undefined
  if (definition.sparse) {
    plain = insertUnknown(context, definition, unknown)
    await lookUpFew(rundb, api, definition, wanted(rundb, definition))
  } else if (listed) {
    const phase = `reading ${definition.plural} from WorkOS`
    onProgress({ phase })
    await listLive(rundb, api, definition, (done) => onProgress({ phase, done }))
    onProgress({ phase: `comparing ${definition.plural}` })
    plain = insertUnknown(context, definition, unknown)
  } else {
    insertUnknownCandidates(rundb, definition.name)
    await lookUp(rundb, api, definition, [...wanted(rundb, definition)])
  }
  await listMentioned(rundb, api, definition)
  const reading: ReadContext = {
    ...compared,
    api,
    listed,
    unknown: () => unknownLive(rundb, definition),
    refIds: (desired) => {
      const refs = resolveRefs(rundb, definition, desired)
      return refs.type === 'blocked' ? undefined : refs.ids
    },
  }
  await definition.live?.prepare?.(reading)
  return { reading, plain }
}

/**
 * Adds resources that are not in the state to the candidates, except plain creates.
 * @returns the plain creates. Undefined: there are none
 */
function insertUnknown(
  context: PlanningContext,
  definition: KindDefinition,
  unknown: number,
): CountedCreates | undefined {
  const { rundb } = context.set
  const { name: kind, refs, sparse = false, turn, planned: { plain } = {} } = definition
  if (plain === undefined || turn !== undefined || isOnlyAdopted(definition, context.manifest)) {
    insertUnknownCandidates(rundb, kind)
    return undefined
  }
  const { label, where } = plain
  const naturalKey = definition.natural?.(() => 'NULL')
  const known = { kind, refs, naturalKey, where: where?.(compareContext(context)) ?? '1', pendingOnly: sparse }
  const others = insertUnknownCandidates(rundb, kind, `NOT ${plainCondition(rundb, known)}`)
  return { kind, phase: phaseOfKind(kind), label, which: isUnknown(rundb, kind), count: unknown - others }
}

/**
 * Adds the actions in the order in which they are carried out. Plain creates go between the
 * candidates.
 * @throws Error if a resource has no action, or two
 */
function planActions(context: PlanningContext, definition: KindDefinition, plain: CountedCreates | undefined): void {
  const { rundb } = context.set
  let left = plain?.count ?? 0
  let last: string | undefined
  const create = (next?: string) => {
    if (plain !== undefined && left > 0) left -= insertCreates(rundb, plain, last, next)
  }
  for (const candidate of inTurn(context, definition)) {
    const { key } = candidate.desired
    create(key)
    record(rundb, decide(context, definition, candidate))
    last = key
  }
  create()
  if (left !== 0) throw new Error(`the plan has no action for ${left} ${definition.plural}`)
}

/** What is in WorkOS and not in the state. */
function* unknownLive(rundb: RunDatabase, definition: KindDefinition): Generator<UnknownLive> {
  if (!hasLive(rundb, definition.name)) return
  for (const { desired, known } of candidates(rundb, definition.name)) {
    const refs = known ? undefined : resolveRefs(rundb, definition, desired)
    const natural = refs?.type === 'resolved' ? definition.naturalKey(desired, refs.ids) : null
    const live = natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
    if (live) yield { live, desired: desired.attributes }
  }
}

/** The candidates in the order of their actions: by key, or lane by lane if the kind has lanes. */
function inTurn({ set, manifest }: PlanningContext, { name, turn }: KindDefinition): Iterable<Candidate> {
  if (turn === undefined) return candidates(set.rundb, name)
  const turns = [...candidates(set.rundb, name)].map((candidate) => ({
    candidate,
    ...turn(candidate.desired, manifest),
  }))
  turns.sort((one, other) => (one.lane === other.lane ? one.rank - other.rank : one.lane < other.lane ? -1 : 1))
  return turns.map(({ candidate }) => candidate)
}

/** Resources to look up one by one, without those that refer to a resource that does not exist. */
function* wanted(rundb: RunDatabase, definition: KindDefinition): Generator<Wanted> {
  for (const { desired, known } of candidates(rundb, definition.name)) {
    const refs = resolveRefs(rundb, definition, desired)
    if (known || refs.type === 'resolved') {
      yield { desired, refIds: refs.type === 'resolved' ? refs.ids : {}, id: known?.id }
    }
  }
}

function record(rundb: RunDatabase, { action, drift, notes }: Decision): void {
  for (const difference of drift) insertDrift(rundb, difference)
  for (const note of notes) insertNote(rundb, note)
  if (action) addAction(rundb, action)
}

/**
 * Finds what planning must look at. Equal resources, nearly all on a second run, never leave
 * SQLite. Candidates: what changed in the source since it was applied, what an earlier run found
 * deleted and what refers to it, and adopted resources of a kind with a conflict rule. On a
 * refresh, everything. Resources that are not in the state follow later.
 */
function findChanged(context: PlanningContext, definition: KindDefinition): Found {
  const { rundb } = context.set
  const { name } = definition
  if (hasKnown(rundb, name)) {
    rundb.transaction(() => {
      setApart(rundb, name)
      addChangedSecrets(context, definition)
      addChanged(context, definition)
      addDependents(rundb, definition)
    })
  }
  return { changed: countCandidates(rundb, name), unknown: countUnknown(rundb, name) }
}

function addChanged(context: PlanningContext, definition: KindDefinition): void {
  const { rundb } = context.set
  const { name } = definition
  // Sparse kinds are looked up one by one, so a refresh skips them.
  const all = context.refresh && !definition.sparse
  // The present rule decides about differences from a definition, whatever it was at adoption.
  insertLookedCandidates(rundb, name, { all, adopted: definition.onConflict !== undefined })
  for (const { key, desired, base } of changedAttributes(rundb, name)) {
    if (sourceChanged(definition, desired, base)) insertCandidate(rundb, name, key, [])
  }
}

/**
 * The secrets that changed in the source and are sent. A note reports the others. WorkOS cannot
 * update a lasting secret.
 */
function addChangedSecrets(
  { set, state, manifest }: PlanningContext,
  { name: kind, fields, planned }: KindDefinition,
): void {
  const { rundb } = set
  const { digest, isSame } = digester(state.digestKey)
  for (const { key, secrets, digests: before } of secretsOfKnown(rundb, kind, isSame)) {
    const digests = digest(JSON.parse(secrets))
    const applied: Record<string, string> = JSON.parse(before)
    const changed = Object.keys(digests).filter((field) => digests[field] !== applied[field])
    if (changed.length === 0) continue
    const lasting = changed.some((field) => fields[field]?.updatable === false)
    if (!lasting && manifest.passwords.onChange === 'send') {
      insertCandidate(rundb, kind, key, changed)
      continue
    }
    const code = planned?.secretNotes?.changed ?? 'secret_changed_in_source'
    insertNote(rundb, { kind, key, code, detail: changed.join(', ') })
  }
}

function addDependents(rundb: RunDatabase, { name, refs }: KindDefinition): void {
  for (const [role, kind] of Object.entries(refs)) insertDependentCandidates(rundb, name, role, kind)
}
