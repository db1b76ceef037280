import { canonicalJson } from '../json.ts'
import type { StateContent, StateEntry, StateIdentity } from './store.ts'

/** Compares the contents of two states row by row, after one was copied to the other. */

/** Entries of a batch. */
export const CONTENT_BATCH = 1_000

/** The number of equal entries of each type. Undefined: some differ, or one state has more. */
export async function sameContent(
  one: StateContent,
  other: StateContent,
): Promise<Record<StateEntry['type'], number> | undefined> {
  if (describe(one.identity) !== describe(other.identity)) return undefined
  const counts = { resource: 0, intent: 0, run: 0, failure: 0, reject: 0 }
  const others = singly(other.entries())
  for await (const batch of one.entries()) {
    for (const entry of batch) {
      const { done, value } = await others.next()
      if (done || text(entry) !== text(value)) return undefined
      counts[entry.type] += 1
    }
  }
  return (await others.next()).done ? counts : undefined
}

function describe({ digestKey, binding, ...version }: StateIdentity): string {
  return JSON.stringify([version.lineage, version.serial, Buffer.from(digestKey).toString('hex'), binding ?? null])
}

/** As canonical JSON, because the order of members does not matter. */
function text(entry: StateEntry): string {
  return canonicalJson(JSON.parse(JSON.stringify(entry)))
}

async function* singly(batches: AsyncIterable<StateEntry[]>): AsyncGenerator<StateEntry, undefined> {
  for await (const batch of batches) yield* batch
  return undefined
}
