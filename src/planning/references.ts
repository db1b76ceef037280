import {
  type Reference,
  type ResolvedRefs,
  referencesOf,
  resolveReferences,
  type Standing,
} from '../comparing/references.ts'
import type { Reason } from '../diagnostics/problem.ts'
import type { KindDefinition, Mention, MentionedAs } from '../kinds/kind.ts'
import type { DesiredResource } from '../resource.ts'
import { plannedStanding } from '../rundb/actions.ts'
import { isDesired } from '../rundb/desired.ts'
import { findLive } from '../rundb/live.ts'
import { firstReject } from '../rundb/rejects.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * What a resource needs. In: a desired resource, the plan so far, the state, what is in WorkOS.
 * Out: the WorkOS IDs of what it refers to, and whether what it mentions exists.
 */

/** Looks up the references of a resource in the planned actions and the state. */
export function resolveRefs(rundb: RunDatabase, definition: KindDefinition, desired: DesiredResource): ResolvedRefs {
  return resolveReferences(referencesOf(definition, desired), (reference) => standingOf(rundb, reference))
}

function standingOf(rundb: RunDatabase, { kind, key }: Reference): Standing {
  const { type, id, leftDeleted } = plannedStanding(rundb, kind, key)
  if (leftDeleted) return { type: 'gone', why: 'was deleted in WorkOS, and onDeleted keeps it deleted' }
  if (type === 'create') return { type: 'pending' }
  if (type === 'blocked') return { type: 'missing', why: 'is blocked' }
  return id === null ? { type: 'missing', why: 'is unknown' } : { type: 'there', id }
}

/**
 * Why a resource is blocked by a mention that is neither desired nor in WorkOS, such as the role of
 * a membership.
 */
export function refusedByMention(
  rundb: RunDatabase,
  definition: KindDefinition,
  desired: DesiredResource,
): Reason | undefined {
  const missing = definition.mentions?.(desired).find((mention) => !findMention(rundb, definition, desired, mention))
  if (missing === undefined) return undefined
  const what = `${missing.kind.replaceAll('-', ' ')} ${missing.label}`
  const rejected = firstReject(rundb, missing.madeFrom.kind, missing.madeFrom.keys)
  if (rejected !== undefined) {
    return {
      code: `${missing.kind.replaceAll('-', '_')}_rejected`,
      message: `the definition of the ${what} was rejected (${rejected.origin}): ${rejected.message}`,
      hint: 'correct the definition of the role or permission',
    }
  }
  return {
    code: `unknown_${missing.kind.replaceAll('-', '_')}`,
    message: `the ${what} is neither declared in the manifest nor found in WorkOS`,
    hint: 'declare it under roles.define, or correct it in the source',
  }
}

/** Whether a mention is desired or was seen in WorkOS, as any of the kinds that it can be. */
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
