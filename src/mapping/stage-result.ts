import { type Draft, identityOf, insertDraft, insertGrant } from '../rundb/drafts.ts'
import { insertLeftOut, insertLeftOutKey, insertLeftOutWith } from '../rundb/left-out.ts'
import { type Loose, noteLoose } from '../rundb/loose.ts'
import { insertName } from '../rundb/names.ts'
import { insertNote } from '../rundb/notes.ts'
import { insertReject, insertRejectedAddress } from '../rundb/rejects.ts'
import { insertRepeats, type Repeat } from '../rundb/repeats.ts'
import { placeOf, type RunDatabase } from '../rundb/run-database.ts'
import { noteTrait, TRAIT } from '../rundb/traits.ts'
import { looseIn } from './loose-references.ts'
import { Recent } from './recent.ts'
import type { ChunkCounts, MapResult } from './result.ts'

/**
 * Stages the result of a chunk in the run's database, all of it or nothing. The worker that mapped
 * the chunk does this, so that no result crosses threads.
 */

/** What this thread has noted. */
const LOOSE = new WeakMap<RunDatabase, readonly Loose[]>()

/** @returns the counts, which are all that is needed later */
export function stageResult(rundb: RunDatabase, result: MapResult): ChunkCounts {
  // Other threads wait for the transaction.
  const counted = collapse(result.drafts)
  const known = LOOSE.get(rundb) ?? []
  const loose = looseIn(result.drafts, known)
  LOOSE.set(rundb, [...known, ...loose])
  rundb.transaction(() => {
    stageDrafts(rundb, counted)
    for (const each of loose) noteLoose(rundb, each)
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

/** A draft with the number of equal ones in its chunk, including itself. */
interface Counted {
  draft: Draft
  records: number
  /**
   * The chunk has another draft of the same key with other values: their order counts, so each gets
   * its own row.
   */
  isContradicted: boolean
}

/** Drafts that this thread has staged, by content. */
type Staged = Recent<Pick<Repeat, 'draft' | 'seq'>>

/**
 * How many drafts to remember at least, if they fit: enough for the organizations of ten million
 * users. A forgotten one is staged again.
 */
const LEAST = { entries: 100_000, characters: 15_000_000 }

const STAGED = new WeakMap<RunDatabase, Staged>()

function stagedIn(rundb: RunDatabase): Staged {
  const staged: Staged = STAGED.get(rundb) ?? new Recent(LEAST)
  STAGED.set(rundb, staged)
  return staged
}

/**
 * Stages drafts. Of repeats only the places are stored: an organization repeats in chunk after
 * chunk.
 */
function stageDrafts(rundb: RunDatabase, all: readonly Counted[]): void {
  const staged = stagedIn(rundb)
  const repeats: Repeat[] = []
  /** The record of the last draft of each kind. */
  const last = new Map<string, number>()
  for (const { draft, records, isContradicted } of all) {
    const { identity, kind, seq } = draft
    if (last.get(kind) === seq) noteTrait(rundb, kind, TRAIT.sameRecord)
    last.set(kind, seq)
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
 * Merges equal drafts of a chunk into one with a count: an organization repeats for every member.
 * The first keeps its place. Drafts whose record matters stay separate: those of users, since roles
 * of a record go to its own memberships, and those with a dedupe group, since their keys can turn
 * out to be contradictory.
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
