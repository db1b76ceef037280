import { type AnswerDifference, compareAnswer, sentBeside } from '../comparing/answer.ts'
import { kindDefinition } from '../kinds/registry.ts'
import { answeredWithoutAction, insertReducedNotes } from '../rundb/known.ts'
import { countNotes, insertNote } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Resources that an earlier run applied with differences, which this plan keeps. In: the state and
 * the complete plan. Out: notes, and the resources with their differences.
 */

const CODE = 'still_reduced'
const ANSWERED = 'still_answered'

/** A resource that WorkOS changed when an earlier run wrote it, and that this plan keeps so. */
export interface StillAnswered {
  kind: string
  key: string
  differences: AnswerDifference[]
}

/**
 * Those resources, if they still differ or were not looked at. Resources whose source now has the
 * value from WorkOS are left out: fields that cannot be updated, such as domains, have no action
 * that shows this.
 */
export function* stillAnswered(rundb: RunDatabase): Generator<StillAnswered> {
  for (const { kind, key, attributes, answered } of answeredWithoutAction(rundb)) {
    const definition = kindDefinition(kind)
    const wanted = sentBeside(answered, { ...definition.inForce, ...attributes })
    const differences = compareAnswer(definition, wanted, answered)
    if (differences.length > 0) yield { kind, key, differences }
  }
}

/** Adds notes on what WorkOS changed when an earlier run wrote it. */
export function noteStillAnswered(rundb: RunDatabase): void {
  rundb.transaction(() => {
    for (const { kind, key, differences } of stillAnswered(rundb)) {
      const detail = [...new Set(differences.map(({ field }) => field))].join(', ')
      insertNote(rundb, { kind, key, code: ANSWERED, detail })
    }
  })
}

/** The number of those notes. */
export function countStillAnswered(rundb: RunDatabase): number {
  return countNotes(rundb, ANSWERED)
}

/** Adds notes on resources that WorkOS accepted only in part in an earlier run and that stay so. */
export function noteStillReduced(rundb: RunDatabase): void {
  insertReducedNotes(rundb, CODE)
}

/** The number of those notes. */
export function countStillReduced(rundb: RunDatabase): number {
  return countNotes(rundb, CODE)
}
