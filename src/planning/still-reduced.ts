import { type AnswerDifference, compareAnswer, sentBeside } from '../comparing/answer.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { answeredWithoutAction, insertReducedNotes } from '../rundb/known.ts'
import { countNotes, insertNote } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * What an earlier run applied and WorkOS took or answered otherwise, where this plan leaves it so.
 * In: the state and the complete plan. Out: remarks, and the resources with what differs.
 */

const CODE = 'still_reduced'
const ANSWERED = 'still_answered'

/**
 * A resource that an earlier run was answered otherwise than it is wanted, and that this plan
 * leaves so.
 */
export interface StillAnswered {
  kind: string
  key: string
  differences: AnswerDifference[]
}

/**
 * Those resources: nobody has looked at them, or they are so still. One whose source says by now
 * what was answered is none: of what cannot be updated, such as domains, no action tells that.
 */
export function* stillAnswered(rundb: RunDatabase): Generator<StillAnswered> {
  for (const { kind, key, attributes, answered } of answeredWithoutAction(rundb)) {
    const definition = kindDefinition(kind)
    const wanted = sentBeside(answered, { ...definition.inForce, ...attributes })
    const differences = compareAnswer(definition, wanted, answered)
    if (differences.length > 0) yield { kind, key, differences }
  }
}

/** Remarks on what WorkOS answered otherwise than it was sent, when an earlier run applied it. */
export function noteStillAnswered(rundb: RunDatabase): void {
  rundb.transaction(() => {
    for (const { kind, key, differences } of stillAnswered(rundb)) {
      const detail = [...new Set(differences.map(({ field }) => field))].join(', ')
      insertNote(rundb, { kind, key, code: ANSWERED, detail })
    }
  })
}

/** How many there are. */
export function countStillAnswered(rundb: RunDatabase): number {
  return countNotes(rundb, ANSWERED)
}

/**
 * Remarks on what an earlier run applied without a part that WorkOS did not take, and what this
 * plan leaves so.
 */
export function noteStillReduced(rundb: RunDatabase): void {
  insertReducedNotes(rundb, CODE)
}

/** How many there are. */
export function countStillReduced(rundb: RunDatabase): number {
  return countNotes(rundb, CODE)
}
