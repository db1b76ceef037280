import { sourceChanged } from '../comparing/three-way.ts'
import type { KindDefinition, ReadContext, UnknownLive } from '../kinds/kind.ts'
import { insertDrift } from '../rundb/actions.ts'
import {
  type Candidate,
  candidates,
  countCandidates,
  insertCandidate,
  insertDependentCandidates,
  insertUnknownCandidates,
  type MaybeChanged,
  maybeChanged,
} from '../rundb/candidates.ts'
import { hasKnown, insertKnown } from '../rundb/known.ts'
import { findLive } from '../rundb/live.ts'
import { insertNote } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { digestSecrets } from '../state/digest.ts'
import type { StateStore } from '../state/store.ts'
import { addAction } from './action.ts'
import { decide } from './decide.ts'
import { LOOKUPS_AT_MOST, listLive, listMentioned, lookUp, lookUpFew, type Wanted } from './look-up.ts'
import { compareContext, type Decision, type PlanningContext } from './planning-context.ts'
import { resolveRefs } from './references.ts'

/**
 * Plans one kind; the kinds it depends on have been planned before. In: its desired resources and the state. Out: its actions and what is told
 * of it, in the run's database. Four steps: find what may need something, read that from WorkOS, decide, look at what was decided.
 */
export async function planKind(context: PlanningContext, definition: KindDefinition): Promise<void> {
  const { set, state } = context
  const { rundb } = set
  await loadKnown(rundb, state, definition.name)
  const count = findCandidates(context, definition)
  if (count === 0) return
  const reading = await readCandidates(context, definition, count)
  rundb.transaction(() => {
    for (const candidate of inTurn(context, definition)) record(rundb, decide(context, definition, candidate))
  })
  await definition.planned?.decided?.(reading)
}

/** Reads from WorkOS what the candidates are compared with. */
async function readCandidates(
  context: PlanningContext,
  definition: KindDefinition,
  count: number,
): Promise<ReadContext> {
  const { set, api, refresh, onProgress } = context
  const { rundb } = set
  const compared = compareContext(context)
  const listed = refresh || count > LOOKUPS_AT_MOST || definition.planned?.needsList?.(compared) === true
  if (definition.sparse) await lookUpFew(rundb, api, definition, wanted(rundb, definition))
  else if (listed) {
    const phase = `reading ${definition.plural} from WorkOS`
    onProgress({ phase })
    await listLive(rundb, api, definition, (done) => onProgress({ phase, done }))
    onProgress({ phase: `comparing ${definition.plural}` })
  } else {
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
  return reading
}

/** What is in WorkOS and the state does not know. */
function* unknownLive(rundb: RunDatabase, definition: KindDefinition): Generator<UnknownLive> {
  for (const { desired, known } of candidates(rundb, definition.name)) {
    const refs = known ? undefined : resolveRefs(rundb, definition, desired)
    const natural = refs?.type === 'resolved' ? definition.naturalKey(desired, refs.ids) : null
    const live = natural === null ? undefined : findLive(rundb, definition.name, 'natural_key', natural)
    if (live) yield { live, desired: desired.attributes }
  }
}

/** The candidates in the order in which they are carried out: by key, those that take turns lane by lane. */
function inTurn({ set, manifest }: PlanningContext, { name, turn }: KindDefinition): Iterable<Candidate> {
  if (turn === undefined) return candidates(set.rundb, name)
  const turns = [...candidates(set.rundb, name)].map((candidate) => ({
    candidate,
    ...turn(candidate.desired, manifest),
  }))
  turns.sort((one, other) => (one.lane === other.lane ? one.rank - other.rank : one.lane < other.lane ? -1 : 1))
  return turns.map(({ candidate }) => candidate)
}

/** What has to be looked up one by one: not what refers to something that does not exist yet. */
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
 * Finds what planning has to look at: the table `candidates`. All that is equal, nearly everything on a second run, never leaves SQLite.
 * Candidates are what the state does not know, what the source changed since it was applied, what an earlier run was told is gone and what
 * refers to that, and what was adopted of a kind that has a rule for conflicts; on a refresh everything.
 * @returns how many there are
 */
function findCandidates(context: PlanningContext, definition: KindDefinition): number {
  const { rundb } = context.set
  rundb.transaction(() => {
    insertUnknownCandidates(rundb, definition.name)
    addChanged(context, definition)
    addDependents(rundb, definition)
  })
  return countCandidates(rundb, definition.name)
}

function addChanged(context: PlanningContext, definition: KindDefinition): void {
  const { rundb } = context.set
  // Nothing in what is looked up one by one can be compared: a refresh does not look at it.
  const all = context.refresh && !definition.sparse
  // The difference to a definition is decided by the rule of today, whatever the rule was when it was adopted.
  const adopted = definition.onConflict !== undefined
  for (const row of maybeChanged(rundb, definition.name, { all, adopted })) {
    const { desired, base, ownership, gone } = row
    const send = secretsToSend(context, definition, row)
    const looked = all || send.length > 0 || gone || (adopted && ownership === 'adopted')
    if (!looked && !sourceChanged(definition, desired.attributes, base)) continue
    insertCandidate(rundb, desired, send)
  }
}

/** The secrets that changed in the source and are sent. Of others a remark tells. A lasting one WorkOS cannot update. */
function secretsToSend(
  { set, state, manifest }: PlanningContext,
  { fields, planned }: KindDefinition,
  { desired: { kind, key, secrets }, digests: before }: MaybeChanged,
): string[] {
  const digests = digestSecrets(state.digestKey, secrets)
  const changed = Object.keys(digests).filter((field) => digests[field] !== before[field])
  if (changed.length === 0) return []
  const lasting = changed.some((field) => fields[field]?.updatable === false)
  if (!lasting && manifest.passwords.onChange === 'send') return changed
  const code = planned?.secretNotes?.changed ?? 'secret_changed_in_source'
  insertNote(set.rundb, { kind, key, code, detail: changed.join(', ') })
  return []
}

function addDependents(rundb: RunDatabase, { name, refs }: KindDefinition): void {
  if (!hasKnown(rundb, name)) return
  for (const [role, kind] of Object.entries(refs)) insertDependentCandidates(rundb, name, role, kind)
}

/** Copies one kind of the state into the run's database. */
export async function loadKnown(rundb: RunDatabase, state: StateStore, kind: string): Promise<void> {
  for await (const batch of state.resources(kind)) insertKnown(rundb, kind, batch)
}
