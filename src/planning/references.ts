import type { KindDefinition, Mention, MentionedAs } from '../kinds/kind.ts'
import type { DesiredResource, RefIds } from '../resource.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { findLive } from './plan-tables.ts'

/**
 * Where the resources that another one refers to stand: all in WorkOS, some about to be created, or one that will not be. `ids` are of
 * those that are there.
 */
export type ResolvedRefs =
  | { type: 'resolved'; ids: RefIds }
  | { type: 'pending'; ids: RefIds }
  | { type: 'blocked'; code: 'dependency_blocked' | 'reference_gone'; message: string }

/**
 * Looks the references of a resource up among the planned actions and the state. Something that is gone is the reason to tell, whatever else
 * keeps the resource back: the rest follows from it.
 */
export function resolveRefs(rundb: RunDatabase, definition: KindDefinition, desired: DesiredResource): ResolvedRefs {
  const ids: RefIds = {}
  let pending = false
  let kept: string | undefined
  for (const [role, kind] of Object.entries(definition.refs)) {
    const key = desired.refs[role] ?? ''
    if (isLeftDeleted(rundb, kind, key)) {
      const message = `its ${role} ${kind}:${key} is not in WorkOS any more, and onDeleted keeps it deleted`
      return { type: 'blocked', code: 'reference_gone', message }
    }
    const planned = rundb.statement('SELECT type, id FROM actions WHERE kind = ? AND key = ?').get(kind, key)
    if (planned?.type === 'create') {
      pending = true
      continue
    }
    const id = planned?.id ?? rundb.statement('SELECT id FROM known WHERE kind = ? AND key = ?').get(kind, key)?.id
    if (planned?.type === 'blocked') kept ??= `its ${role} ${kind}:${key} is blocked`
    else if (id === undefined || id === null) kept ??= `its ${role} ${kind}:${key} is unknown`
    else ids[role] = String(id)
  }
  if (kept !== undefined) return { type: 'blocked', code: 'dependency_blocked', message: kept }
  return { type: pending ? 'pending' : 'resolved', ids }
}

/** Whether it was deleted in WorkOS, and the manifest does not have it created again. */
function isLeftDeleted(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement("SELECT 1 FROM drift WHERE kind = ? AND key = ? AND field = '*'").get(kind, key) !== undefined
}

/** Whether something that a resource needs is desired or was seen in WorkOS, as whatever it may be meant. */
export function findMention(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
  { candidates }: Mention,
): boolean {
  return (
    candidates.some(({ kind, key }) => isDesired(rundb, kind, key)) ||
    candidates.some((candidate) => isLive(rundb, definition, desired, candidate))
  )
}

function isDesired(rundb: RunDatabase, kind: string, key: string): boolean {
  return rundb.statement('SELECT 1 FROM desired WHERE kind = ? AND key = ?').get(kind, key) !== undefined
}

function isLive(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
  { kind, naturalKey }: MentionedAs,
): boolean {
  const refs = resolveRefs(rundb, definition, desired)
  const live = refs.type === 'blocked' ? null : naturalKey(refs.ids)
  return live !== null && findLive(rundb, kind, 'natural_key', live) !== undefined
}
