import { describeAnswer } from '../comparing/answer.ts'
import type { Plan } from '../planning/plan.ts'
import { stillAnswered } from '../planning/still-reduced.ts'
import type { Failure, StateStore } from '../state/store.ts'

/** They are written to the state in groups of this many. */
const BATCH = 500

/** Writes down with a run what WorkOS answered otherwise to an earlier one: it stays named until WorkOS or the source is another. */
export async function recordStillAnswered(state: StateStore, run: number, { set }: Plan): Promise<void> {
  let batch: Failure[] = []
  for (const { kind, key, differences } of stillAnswered(set.rundb)) {
    const message = describeAnswer(differences)
    const origin = set.origin(kind, key)
    batch.push({ kind, key, action: 'unchanged', outcome: 'reduced', code: 'answered_otherwise', message, origin })
    if (batch.length < BATCH) continue
    await state.recordFailures(run, batch)
    batch = []
  }
  if (batch.length > 0) await state.recordFailures(run, batch)
}
