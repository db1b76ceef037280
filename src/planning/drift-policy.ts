import type { DeletedPolicy, DriftPolicy, Manifest } from '../config/manifest.ts'

/** What the manifest says of a field that was changed in WorkOS. A field's own policy counts before its kind's, that before all. */
export function driftPolicy({ onDrift }: Pick<Manifest, 'onDrift'>, kind: string, field: string): DriftPolicy {
  if (typeof onDrift === 'string') return onDrift
  const ofKind = onDrift[kind]
  if (typeof ofKind === 'string') return ofKind
  const all = onDrift.default
  return ofKind?.[field] ?? ofKind?.default ?? (typeof all === 'string' ? all : 'keep')
}

/** What the manifest says of something that was deleted in WorkOS. */
export function deletedPolicy({ onDeleted }: Pick<Manifest, 'onDeleted'>, kind: string): DeletedPolicy {
  if (typeof onDeleted === 'string') return onDeleted
  return onDeleted[kind] ?? onDeleted.default ?? 'keep'
}
