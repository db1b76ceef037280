import { draftDefinition } from '../kinds/registry.ts'
import type { Draft } from '../rundb/drafts.ts'
import type { Loose } from '../rundb/loose.ts'

/**
 * Finds roles in which a draft of a chunk refers to something that no draft of the chunk describes.
 * @param known roles for which this is known already
 */
export function looseIn(drafts: readonly Draft[], known: readonly Loose[]): Loose[] {
  const byKind = Map.groupBy(drafts, ({ kind }) => kind)
  const keys = new Map<string, Set<string>>()
  const keysOf = (kind: string) => {
    const found = keys.get(kind) ?? new Set(byKind.get(kind)?.map(({ key }) => key))
    keys.set(kind, found)
    return found
  }
  return [...byKind].flatMap(([kind, referring]) =>
    Object.entries(draftDefinition(kind).refs).flatMap(([role, target]) => {
      if (known.some((loose) => loose.kind === kind && loose.role === role)) return []
      const targets = keysOf(target)
      const isLoose = referring.some(({ refs: { [role]: key } }) => key !== undefined && !targets.has(key))
      return isLoose ? [{ kind, role }] : []
    }),
  )
}
