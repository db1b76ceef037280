import type { DeletedPolicy, DriftPolicy, Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Step } from '../diagnostics/step.ts'
import type { CompareContext } from '../kinds/kind.ts'
import type { NoteRow } from '../rundb/notes.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'
import type { Action, Drift } from './action.ts'

/** What planning one kind works with, what it decides, and the manifest's policies. */
export interface PlanningContext {
  set: DesiredSet
  state: StateStore
  api: Api
  manifest: Manifest
  /** Read everything back from WorkOS, not only what is needed. */
  refresh: boolean
  onProgress: (step: Step) => void
}

/** What happens to one resource, and the notes on it. */
export interface Decision {
  /** Undefined: nothing to do. */
  action?: Action
  drift: Drift[]
  notes: NoteRow[]
}

/** What the comparison steps of a kind work with. */
export function compareContext({ set, manifest }: Pick<PlanningContext, 'set' | 'manifest'>): CompareContext {
  return { rundb: set.rundb, manifest, scoped: set.scope !== undefined }
}

/**
 * The policy for a field that was changed in WorkOS. A policy for the field precedes one for its
 * kind, which precedes the general one.
 */
export function driftPolicy({ onDrift }: Pick<Manifest, 'onDrift'>, kind: string, field: string): DriftPolicy {
  if (typeof onDrift === 'string') return onDrift
  const kinds: Partial<Record<string, DriftPolicy | Partial<Record<string, DriftPolicy>>>> = onDrift
  const ofKind = kinds[kind]
  if (typeof ofKind === 'string') return ofKind
  return ofKind?.[field] ?? ofKind?.default ?? onDrift.default ?? 'keep'
}

/** The policy for a resource that was deleted in WorkOS. */
export function deletedPolicy({ onDeleted }: Pick<Manifest, 'onDeleted'>, kind: string): DeletedPolicy {
  if (typeof onDeleted === 'string') return onDeleted
  const kinds: Partial<Record<string, DeletedPolicy>> = onDeleted
  return kinds[kind] ?? onDeleted.default ?? 'keep'
}
