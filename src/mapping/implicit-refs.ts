import type { Reason } from '../diagnostics/problem.ts'
import type { Reject } from './result.ts'

/** What a record yielded of one kind: where a rule names no user, the record's own user is meant. */
export interface OwnResources {
  /** What each of them refers to, by its key. */
  keys: Map<string, Record<string, string>>
  /** The first one that was refused. */
  rejected: Reject | undefined
  /** Where a condition left some out: its path, and the key if there is one and it is known. */
  leftOut?: { path: string; key?: string }
}

/** What a record yielded so far, by kind. */
export type Own = Map<string, OwnResources>

export type ImplicitRef =
  | { ok: true; key: string; refs: Record<string, string> }
  /** `key`: of the one that was rejected, where that could be told. */
  | ({ ok: false; key?: string } & Required<Reason>)
  /** It is left out by the condition at this path, and so is what refers to it. */
  | { ok: false; leftOutBy: string; key?: string }

/** The key of the one resource of a kind that the record yielded, or why there is none to refer to. */
export function implicitRef(kind: string, own: OwnResources | undefined): ImplicitRef {
  const [[key, refs] = [], another] = own?.keys ?? []
  if (another !== undefined || (key !== undefined && own?.rejected !== undefined)) {
    return {
      ok: false,
      code: `several_${kind}s`,
      message: `the record yields several ${kind}s, and nothing says which one is meant`,
      hint: `map the ${kind}'s key`,
    }
  }
  if (key !== undefined) return { ok: true, key, refs: refs ?? {} }
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
