import type { Remedy } from '../kinds/wording.ts'
import type { Misfit } from '../planning/misfits.ts'
import type { Failure, RunReject } from '../state/store.ts'
import { adviceFor } from './remedies.ts'

/** Examples of a group, unless all are asked for. */
export const EXAMPLES = 5

/** One thing that a run did not get into WorkOS, or not all of it (`reduced`). */
export interface Casualty extends Misfit {
  /** Records or resources that this stands for. */
  count: number
}

/** What has one cause. */
export interface CauseGroup extends Remedy {
  outcome: Casualty['outcome']
  code: string
  count: number
  examples: Casualty[]
}

export function fromFailure({ kind, key, outcome, code, message, origin }: Failure): Casualty {
  return { outcome, kind, key, code, field: null, message, origin, count: 1 }
}

export function fromReject({ kind, key, code, field, message, origin, records }: RunReject): Casualty {
  return { outcome: 'rejected', kind, key, code, field, message, origin, count: records }
}

/** Both lists of a run, one by one: what failed or was blocked, then what its plan had refused. */
export async function* casualties(
  failures: AsyncIterable<Failure[]>,
  rejects: AsyncIterable<RunReject[]>,
): AsyncGenerator<Casualty> {
  for await (const batch of failures) for (const failure of batch) yield fromFailure(failure)
  for await (const batch of rejects) for (const reject of batch) yield fromReject(reject)
}

const ORDER = ['failed', 'blocked', 'reduced', 'rejected']

/** Groups by cause, in bounded memory unless all examples are wanted: what failed before what is blocked, often by it. */
export async function groupByCause(
  items: AsyncIterable<Casualty> | Iterable<Casualty>,
  examples = EXAMPLES,
): Promise<CauseGroup[]> {
  const groups = new Map<string, CauseGroup>()
  for await (const item of items) {
    const { outcome, code } = item
    const id = `${outcome} ${code}`
    let group = groups.get(id)
    if (group === undefined) {
      group = { outcome, code, count: 0, ...adviceFor(code), examples: [] }
      groups.set(id, group)
    }
    group.count += item.count
    if (group.examples.length < examples) group.examples.push(item)
  }
  return [...groups.values()].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome) || b.count - a.count)
}

/** `kind:key`, or the kind where there is no key. */
export function addressOf({ kind, key }: Pick<Casualty, 'kind' | 'key'>): string {
  return key === null ? kind : `${kind}:${key}`
}
