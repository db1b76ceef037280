import { type Draft, identityOf, insertDraft, insertGrant } from '../rundb/drafts.ts'
import { insertLeftOut, insertLeftOutKey, insertLeftOutWith } from '../rundb/left-out.ts'
import { insertName } from '../rundb/names.ts'
import { insertNote } from '../rundb/notes.ts'
import { insertReject, insertRejectedAddress } from '../rundb/rejects.ts'
import { insertRepeats, type Repeat } from '../rundb/repeats.ts'
import { placeOf, type RunDatabase } from '../rundb/run-database.ts'
import { Recent } from './recent.ts'
import type { ChunkCounts, MapResult } from './result.ts'

/**
 * Stages what mapping made of a chunk. In: the result of a chunk. Out: its rows in the run's
 * database, all of them or none. The worker that mapped the chunk does it, so that nothing of it
 * crosses threads.
 */

/** @returns what the result counts, which is all that anybody needs of it from now on */
export function stageResult(rundb: RunDatabase, result: MapResult): ChunkCounts {
  rundb.transaction(() => {
    stageDrafts(rundb, result.drafts)
    for (const grant of result.grants) insertGrant(rundb, grant)
    for (const reject of result.rejects) {
      insertReject(rundb, reject)
      if (reject.kind === 'user' && reject.key !== null && reject.email !== undefined)
        insertRejectedAddress(rundb, { seq: reject.seq, key: reject.key, email: reject.email })
    }
    for (const note of result.notes) insertNote(rundb, note)
    for (const name of result.names.values()) insertName(rundb, name)
    for (const left of result.leftOutKeys) insertLeftOutKey(rundb, left)
    for (const item of result.leftOutItems) insertLeftOutWith(rundb, item)
    for (const record of result.leftOutRecords) insertLeftOut(rundb, record)
  })
  const { mapped, leftOut, leftOutBy, assigned } = result
  return { mapped, leftOut, leftOutBy, assigned }
}

/** A draft with the number of equal ones in its chunk, itself among them. */
interface Counted {
  draft: Draft
  records: number
  /**
   * The chunk has another draft of its key that says something else: the order of the two counts,
   * so that each is a row of its own.
   */
  isContradicted: boolean
}

/** Drafts that this thread has staged, by what they say. */
type Staged = Recent<Pick<Repeat, 'draft' | 'seq'>>

/**
 * How many drafts are remembered at least, as long as there is room for what they say: the
 * organizations of ten million users. One that is forgotten is staged once more.
 */
const LEAST = { entries: 100_000, characters: 15_000_000 }

const STAGED = new WeakMap<RunDatabase, Staged>()

function stagedIn(rundb: RunDatabase): Staged {
  const staged: Staged = STAGED.get(rundb) ?? new Recent(LEAST)
  STAGED.set(rundb, staged)
  return staged
}

/**
 * Stages drafts. Of those that say what an earlier one says only the places are kept: an
 * organization stands in chunk after chunk.
 */
function stageDrafts(rundb: RunDatabase, drafts: readonly Draft[]): void {
  const staged = stagedIn(rundb)
  const repeats: Repeat[] = []
  for (const { draft, records, isContradicted } of collapse(drafts)) {
    const { identity, seq } = draft
    const earlier = identity === undefined || isContradicted ? undefined : staged.get(identity)
    if (earlier !== undefined && earlier.seq < seq) {
      const [fileId, line] = placeOf(rundb, draft.origin)
      repeats.push({ draft: earlier.draft, seq, place: { fileId, line }, records })
      continue
    }
    const id = insertDraft(rundb, draft, records)
    if (identity !== undefined) staged.set(identity, { draft: id, seq })
  }
  insertRepeats(rundb, repeats)
}

/**
 * Equal drafts of a chunk become one with a count: an organization is mentioned by every one of its
 * members. The first keeps its place. Where it matters which record a draft is from, it is left
 * alone: for what is a user's, since roles of a record are given to that record's own memberships,
 * and for what is told apart by a group, since its key may turn out to be contradictory.
 */
function collapse(drafts: readonly Draft[]): Counted[] {
  const all: Counted[] = []
  const distinct = new Map<string, Counted>()
  const keyed = new Map<string, Map<string, Counted>>()
  for (const draft of drafts) {
    const isAlone = draft.refs.user !== undefined || draft.group !== null
    const identity = isAlone ? undefined : (draft.identity ?? identityOf(draft))
    const same = identity === undefined ? undefined : distinct.get(identity)
    if (same !== undefined) {
      same.records += 1
      continue
    }
    const counted = { draft, records: 1, isContradicted: false }
    all.push(counted)
    if (identity === undefined) continue
    distinct.set(identity, counted)
    const ofKind = keyed.get(draft.kind) ?? new Map<string, Counted>()
    keyed.set(draft.kind, ofKind)
    const other = ofKind.get(draft.key)
    if (other === undefined) ofKind.set(draft.key, counted)
    else {
      other.isContradicted = true
      counted.isContradicted = true
    }
  }
  return all
}
