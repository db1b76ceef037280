import type { Staging } from '../desired/staging.ts'
import type { DesiredResource, KindDefinition, RefIds } from '../resources/kind.ts'

/** Where the resources that another one refers to stand: all in WorkOS, some about to be created, or one that will not be. */
export type ResolvedRefs =
  | { type: 'resolved'; ids: RefIds }
  | { type: 'pending' }
  | { type: 'blocked'; message: string }

/** Looks the references of a resource up among the planned actions and the state. */
export function resolveRefs(staging: Staging, definition: KindDefinition, desired: DesiredResource): ResolvedRefs {
  const ids: RefIds = {}
  let pending = false
  for (const [role, kind] of Object.entries(definition.refs)) {
    const key = desired.refs[role] ?? ''
    const planned = staging.statement('SELECT type, id FROM actions WHERE kind = ? AND key = ?').get(kind, key)
    if (planned?.type === 'blocked') return { type: 'blocked', message: `its ${role} ${kind}:${key} is blocked` }
    if (planned?.type === 'create') {
      pending = true
      continue
    }
    const id = planned?.id ?? staging.statement('SELECT id FROM known WHERE kind = ? AND key = ?').get(kind, key)?.id
    if (id === undefined || id === null) return { type: 'blocked', message: `its ${role} ${kind}:${key} is unknown` }
    ids[role] = String(id)
  }
  return pending ? { type: 'pending' } : { type: 'resolved', ids }
}

/** Whether something named by its natural identity is desired or was seen in WorkOS. */
export function findMention(staging: Staging, { kind, natural }: { kind: string; natural: string }): boolean {
  return (
    staging.statement('SELECT 1 FROM desired WHERE kind = ? AND key = ?').get(kind, natural) !== undefined ||
    staging.statement('SELECT 1 FROM live WHERE kind = ? AND natural = ?').get(kind, natural) !== undefined
  )
}
