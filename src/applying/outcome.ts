import type { Fallback } from '../kinds/kind.ts'
import type { Failure, StateResource } from '../state/store.ts'

/** How one action ended. */
export type ActionOutcome =
  | {
      type: 'created' | 'updated' | 'adopted'
      resource: StateResource
      /** What it went without, since WorkOS did not take it. */
      reduced?: Pick<Fallback, 'code' | 'message'>
      /** What WorkOS answered otherwise than it was sent. */
      answered?: { code: string; message: string }
    }
  | { type: 'deleted' }
  /** It was refused, or nobody could find out what became of it. */
  | { type: 'failed'; code: string; message: string }
  /** What it needs is missing. */
  | { type: 'blocked'; code: string; message: string }

/** Resources of one kind by how they ended: `desired` + `toDelete` is the sum of all others. */
export interface KindResult {
  kind: string
  plural: string
  desired: number
  toDelete: number
  created: number
  updated: number
  adopted: number
  unchanged: number
  /** Deleted in WorkOS since, and left so. */
  gone: number
  deleted: number
  failed: number
  blocked: number
  /** Of the created, updated and adopted: those that went without something that WorkOS did not take. */
  reduced: number
  /** Of the created, updated and adopted: those that WorkOS answered otherwise than they were sent. */
  answered: number
  /** Not reached: the run was stopped before. */
  pending: number
}

/** What of an action did not get into WorkOS; undefined: all of it did. */
export function shortfall(outcome: ActionOutcome): Pick<Failure, 'outcome' | 'code' | 'message'> | undefined {
  if (outcome.type === 'deleted') return undefined
  if (outcome.type !== 'failed' && outcome.type !== 'blocked') {
    const less = [outcome.reduced, outcome.answered].filter((part) => part !== undefined)
    if (less.length === 0) return undefined
    const join = (field: 'code' | 'message', separator: string) => less.map((part) => part[field]).join(separator)
    return { outcome: 'reduced', code: join('code', ', '), message: join('message', '; ') }
  }
  const { type, code, message } = outcome
  return { outcome: type, code, message }
}
