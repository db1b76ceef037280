import type { Failure } from '../state/store.ts'
import { EXAMPLES, fromFailure, groupByCause } from './errors-groups.ts'
import { renderGroups } from './errors-text.ts'
import type { Paint } from './style.ts'

/** What a run could not do, grouped by reason, each group with what would help and its first resources. */
export async function renderFailures(
  failures: AsyncIterable<Failure[]>,
  { full, paint, write }: { full: boolean; paint: Paint; write: (text: string) => void },
): Promise<void> {
  renderGroups(await groupByCause(one(failures), full ? Number.POSITIVE_INFINITY : EXAMPLES), { paint, write })
}

async function* one(batches: AsyncIterable<Failure[]>) {
  for await (const batch of batches) for (const failure of batch) yield fromFailure(failure)
}
