import type { Reason } from '../diagnostics/problem.ts'
import type { Reject } from './result.ts'

/**
 * What a record yielded of one kind: where a rule names no user, the record's own user is meant.
 */
export interface OwnResources {
  /** The key of the first one, and what that refers to. */
  key: string | undefined
  refs: Readonly<Record<string, string>>
  /** Whether there are others with other keys. */
  several: boolean
  /** The first one that was refused. */
  rejected: Reject | undefined
  /** Where a condition left some out: its path, and the key if there is one and it is known. */
  leftOut: { path: string; key?: string } | undefined
}

/** What a record yielded so far, by kind. */
export type Own = Map<string, OwnResources>

export type ImplicitRef =
  | { ok: true; key: string; refs: Readonly<Record<string, string>> }
  /** `key`: of the one that was rejected, where that could be told. */
  | ({ ok: false; key?: string } & Required<Reason>)
  /** It is left out by the condition at this path, and so is what refers to it. */
  | { ok: false; leftOutBy: string; key?: string }

const NOTHING: Readonly<Record<string, string>> = {}

/** What the record yielded of a kind, to be added to. */
export function ownOf(own: Own, kind: string): OwnResources {
  let resources = own.get(kind)
  if (resources === undefined) {
    resources = { key: undefined, refs: NOTHING, several: false, rejected: undefined, leftOut: undefined }
    own.set(kind, resources)
  }
  return resources
}

/** Notes a resource that the record yielded. */
export function addOwn(resources: OwnResources, key: string, refs: Readonly<Record<string, string>>): void {
  if (resources.key === undefined || resources.key === key) {
    resources.key = key
    resources.refs = refs
  } else resources.several = true
}

/**
 * The key of the one resource of a kind that the record yielded, or why there is none to refer to.
 */
export function implicitRef(kind: string, own: OwnResources | undefined): ImplicitRef {
  if (own?.several || (own?.key !== undefined && own.rejected !== undefined)) {
    return {
      ok: false,
      code: `several_${kind}s`,
      message: `the record yields several ${kind}s, and nothing says which one is meant`,
      hint: `map the ${kind}'s key`,
    }
  }
  if (own?.key !== undefined) return { ok: true, key: own.key, refs: own.refs }
  if (own?.rejected !== undefined) {
    const named = own.rejected.key === null ? `the record's ${kind}` : `the ${kind} ${own.rejected.key}`
    return {
      ok: false,
      code: `${kind}_rejected`,
      message: `${named} was rejected: ${own.rejected.message}`,
      hint: `correct the ${kind}, and this follows`,
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
    message: `the record yields no ${kind} to refer to`,
    hint: `map the ${kind}'s key, or leave the record out with the same when as the ${kind}`,
  }
}
