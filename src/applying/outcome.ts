import type { Reduction } from '../resources/kind.ts'
import type { StateResource } from '../state/store.ts'

/** How one action ended. */
export type ActionOutcome =
  | {
      type: 'created' | 'updated' | 'adopted'
      resource: StateResource
      /** What it went without, since WorkOS did not take it. */
      reduced?: Pick<Reduction, 'code' | 'message'>
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
  /** Not reached: the run was stopped before. */
  pending: number
}
