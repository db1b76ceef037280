import type { Reason } from '../diagnostics/problem.ts'
import type { Reject } from './result.ts'

/**
 * The resources of one kind in a record: if a rule does not name a user, it means the record's own.
 */
export interface OwnResources {
  /** The key of the first one, and its references. */
  key: string | undefined
  refs: Readonly<Record<string, string>>
  /** Whether there are others with other keys. */
  several: boolean
  /** The first one that was rejected. */
  rejected: Reject | undefined
  /**
   * The path of the condition that left some out, and the key if there is only one and it is known.
   */
  leftOut: { path: string; key?: string } | undefined
}

/** The resources of a record so far, by kind. */
export type Own = Map<string, OwnResources>

export type ImplicitRef =
  | { ok: true; key: string; refs: Readonly<Record<string, string>> }
  /** `key`: of the rejected one, if known. */
  | ({ ok: false; key?: string } & Required<Reason>)
  /** The condition at this path leaves it out, and so everything that refers to it. */
  | { ok: false; leftOutBy: string; key?: string }

const NOTHING: Readonly<Record<string, string>> = {}

/** The entry of a kind, created if missing. */
export function ownOf(own: Own, kind: string): OwnResources {
  let resources = own.get(kind)
  if (resources === undefined) {
    resources = { key: undefined, refs: NOTHING, several: false, rejected: undefined, leftOut: undefined }
    own.set(kind, resources)
  }
  return resources
}

/** Adds a resource of the record. */
export function addOwn(resources: OwnResources, key: string, refs: Readonly<Record<string, string>>): void {
  if (resources.key === undefined || resources.key === key) {
    resources.key = key
    resources.refs = refs
  } else resources.several = true
}

/** The key of the one resource of a kind in the record, or why there is none to refer to. */
export function implicitRef(kind: string, own: OwnResources | undefined): ImplicitRef {
  if (own?.several || (own?.key !== undefined && own.rejected !== undefined)) {
    return {
      ok: false,
      code: `several_${kind}s`,
      message: `the record has several ${kind}s, and the rule does not choose one`,
      hint: `map the key of the ${kind}`,
    }
  }
  if (own?.key !== undefined) return { ok: true, key: own.key, refs: own.refs }
  if (own?.rejected !== undefined) {
    const named = own.rejected.key === null ? `the ${kind} of the record` : `the ${kind} ${own.rejected.key}`
    return {
      ok: false,
      code: `${kind}_rejected`,
      message: `${named} was rejected: ${own.rejected.message}`,
      hint: `correct the ${kind}; this follows from it`,
      ...(own.rejected.key !== null && { key: own.rejected.key }),
    }
  }
  if (own?.leftOut !== undefined) {
    const { path, key: left } = own.leftOut
    return { ok: false, leftOutBy: path, ...(left !== undefined && { key: left }) }
  }
  return {
    ok: false,
    code: `no_${kind}`,
    message: `the record has no ${kind} to refer to`,
    hint: `map the key of the ${kind}, or use the same when here as for the ${kind}`,
  }
}
