import { type Draft, insertDraft, insertGrant } from '../rundb/drafts.ts'
import { insertLeftOut, insertLeftOutKey, insertLeftOutWith } from '../rundb/left-out.ts'
import { insertName } from '../rundb/names.ts'
import { insertNote } from '../rundb/notes.ts'
import { insertReject, insertRejectedAddress } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { ChunkCounts, MapResult } from './result.ts'

/**
 * Stages what mapping made of a chunk. In: the result of a chunk. Out: its rows in the run's database, all of them or none. The worker that
 * mapped the chunk does it, so that nothing of it crosses threads.
 */

/** @returns what the result counts, which is all that anybody needs of it from now on */
export function stageResult(rundb: RunDatabase, result: MapResult): ChunkCounts {
  rundb.transaction(() => {
    for (const { draft, records } of collapse(result.drafts)) insertDraft(rundb, draft, records)
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

/**
 * Equal drafts of a chunk become one with a count: an organization is mentioned by every one of its members. The first
 * keeps its place. Where it matters which record a draft is from, it is left alone: for what is a user's, since roles of a record
 * are given to that record's own memberships, and for what is told apart by a group, since its key may turn out to be contradictory.
 */
function collapse(drafts: readonly Draft[]): Iterable<{ draft: Draft; records: number }> {
  const distinct = new Map<string, { draft: Draft; records: number }>()
  for (const draft of drafts) {
    const identity = draft.refs.user !== undefined || draft.group !== null ? `${distinct.size}` : identityOf(draft)
    const same = distinct.get(identity)
    if (same) same.records += 1
    else distinct.set(identity, { draft, records: 1 })
  }
  return distinct.values()
}

/** JSON has no line breaks of its own, and the key comes last. */
function identityOf({ kind, key, refs, attributes, secrets, rank, updatedAt }: Draft): string {
  return `${kind}\n${attributes}\n${secrets}\n${JSON.stringify([refs, rank, updatedAt])}\n${key}`
}
