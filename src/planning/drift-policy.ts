import type { DeletedPolicy, DriftPolicy, Manifest } from '../config/manifest.ts'

/** What the manifest says of a field that was changed in WorkOS. A field's own policy counts before its kind's, that before all. */
export function driftPolicy({ onDrift }: Pick<Manifest, 'onDrift'>, kind: string, field: string): DriftPolicy {
  if (typeof onDrift === 'string') return onDrift
  const kinds: Partial<Record<string, DriftPolicy | Partial<Record<string, DriftPolicy>>>> = onDrift
  const ofKind = kinds[kind]
  if (typeof ofKind === 'string') return ofKind
  return ofKind?.[field] ?? ofKind?.default ?? onDrift.default ?? 'keep'
}

/** What the manifest says of something that was deleted in WorkOS. */
export function deletedPolicy({ onDeleted }: Pick<Manifest, 'onDeleted'>, kind: string): DeletedPolicy {
  if (typeof onDeleted === 'string') return onDeleted
  const kinds: Partial<Record<string, DeletedPolicy>> = onDeleted
  return kinds[kind] ?? onDeleted.default ?? 'keep'
}
