import type { KindDefinition, ReadContext, UnknownLive } from '../kinds/kind.ts'
import { insertDrift } from '../rundb/actions.ts'
import { type Candidate, candidates } from '../rundb/candidates.ts'
import { findLive } from '../rundb/live.ts'
import { insertNote } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { findCandidates, loadKnown } from './candidates.ts'
import { decide } from './decide.ts'
import { LOOKUPS_AT_MOST, listLive, listMentioned, lookUp, lookUpFew, type Wanted } from './look-up.ts'
import { addAction } from './phases.ts'
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
