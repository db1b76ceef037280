import type { RefIds } from '../resource.ts'

/** One resource that another one refers to, in a role: in that of the user, `user:ada`. */
export interface Reference {
  role: string
  kind: string
  key: string
}

/** What the caller knows of a reference, in its own words: `is unknown`, `does not exist`. */
export type Standing =
  | { type: 'there'; id: string }
  /** It is about to be created, and has no id yet. */
  | { type: 'pending' }
  /** It was there, and is not in WorkOS any more. */
  | { type: 'gone'; why: string; id?: string }
  /** It is not there, and will not be. */
  | { type: 'missing'; why: string }

/**
 * Where the resources that another one refers to are: all in WorkOS, some about to be created, or
 * one that will not be. `ids` are of those that have one.
 */
export type ResolvedRefs =
  | { type: 'resolved'; ids: RefIds }
  | { type: 'pending'; ids: RefIds }
  | { type: 'blocked'; ids: RefIds; code: 'dependency_blocked' | 'reference_gone'; message: string; by: Reference }

/**
 * What a resource refers to, in the order of its kind: an invitation need not be to an
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
 * From references to WorkOS's ids. What is gone is the reason to tell, whatever else keeps the
 * resource back: the rest follows from it.
 * @param lookUp what is known of one of them; who has to wait for that looks all of them up first
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
