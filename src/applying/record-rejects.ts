import type { Plan } from '../planning/plan.ts'
import type { RunReject, StateStore } from '../state/store.ts'

/** Rejects are written to the state in groups of this many. */
const BATCH = 1000

/** Writes down with a run what its plan had refused: the run does not attempt it, and nobody should have to plan again to know. */
export async function recordRejects(state: StateStore, run: number, { set }: Plan): Promise<void> {
  let batch: RunReject[] = []
  for (const reject of set.rejects()) {
    batch.push(reject)
    if (batch.length < BATCH) continue
    await state.recordRejects(run, batch)
    batch = []
  }
  if (batch.length > 0) await state.recordRejects(run, batch)
}
