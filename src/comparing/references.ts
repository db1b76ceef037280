import type { RefIds } from '../resource.ts'

/** A reference to another resource, in a role: `user:ada` in the role of the user. */
export interface Reference {
  role: string
  kind: string
  key: string
}

/**
 * What the caller knows about a reference, with the reason as a clause: `is unknown`, `does not
 * exist`.
 */
export type Standing =
  | { type: 'there'; id: string }
  /** It will be created and has no ID yet. */
  | { type: 'pending' }
  /** It was there, and is no longer in WorkOS. */
  | { type: 'gone'; why: string; id?: string }
  /** It is not there and will not be. */
  | { type: 'missing'; why: string }

/**
 * The state of all references: all in WorkOS, some about to be created, or one that will not exist.
 * `ids` are of those that have one.
 */
export type ResolvedRefs =
  | { type: 'resolved'; ids: RefIds }
  | { type: 'pending'; ids: RefIds }
  | { type: 'blocked'; ids: RefIds; code: 'dependency_blocked' | 'reference_gone'; message: string; by: Reference }

/**
 * The references of a resource, in the order of its kind. An invitation need not have an
 * organization.
 */
export function referencesOf(
  definition: { refs: Record<string, string> },
  { refs }: { refs: Record<string, string> },
): Reference[] {
  return Object.entries(definition.refs).flatMap(([role, kind]) => {
    const key = refs[role]
    return key === undefined ? [] : { role, kind, key }
  })
}

/**
 * Turns references into WorkOS IDs. A reference that is gone is reported first: everything else
 * follows from it.
 * @param lookUp what is known of a reference; asynchronous lookups happen before
 */
export function resolveReferences(
  references: readonly Reference[],
  lookUp: (reference: Reference) => Standing,
): ResolvedRefs {
  const ids: RefIds = {}
  let pending = false
  let gone: ResolvedRefs | undefined
  let missing: ResolvedRefs | undefined
  for (const reference of references) {
    const standing = lookUp(reference)
    if (standing.type === 'pending') pending = true
    else if (standing.type === 'missing') missing ??= blockedBy(reference, 'dependency_blocked', standing.why, ids)
    else {
      if (standing.id !== undefined) ids[reference.role] = standing.id
      if (standing.type === 'gone') gone ??= blockedBy(reference, 'reference_gone', standing.why, ids)
    }
  }
  return gone ?? missing ?? { type: pending ? 'pending' : 'resolved', ids }
}

function blockedBy(
  by: Reference,
  code: 'dependency_blocked' | 'reference_gone',
  why: string,
  ids: RefIds,
): ResolvedRefs {
  return { type: 'blocked', ids, code, message: `its ${by.role} ${by.kind}:${by.key} ${why}`, by }
}
