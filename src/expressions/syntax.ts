import { isObject } from '../json.ts'

/**
 * A node of JSONata's syntax tree. Its parser tells no types that hold, so each member is looked at
 * before it is used.
 */
export type SyntaxNode = Record<string, unknown>

/**
 * Goes on with what is below a node: a node, a list of nodes, or anything else, in which there is
 * nothing.
 */
export type Descend<State> = (below: unknown, state: State) => void

/** What to do at a node; `state` is what its parents say of it. */
export type Handler<State> = (node: SyntaxNode, state: State, descend: Descend<State>) => void

/** What to do at nodes by their type; `other`: at those of any other type. */
export type Handlers<State> = { [type: string]: Handler<State> | undefined; other: Handler<State> }

/**
 * Walks a syntax tree. Where it goes is the handlers' to say: below a node only what they descend
 * into.
 */
export function visit<State>(tree: unknown, state: State, handlers: Handlers<State>): void {
  const descend: Descend<State> = (below, inState) => {
    if (Array.isArray(below)) for (const node of below) descend(node, inState)
    else if (isObject(below)) handlerOf(below, handlers)(below, inState, descend)
  }
  descend(tree, state)
}

function handlerOf<State>({ type }: SyntaxNode, handlers: Handlers<State>): Handler<State> {
  const own = typeof type === 'string' && Object.hasOwn(handlers, type) ? handlers[type] : undefined
  return own ?? handlers.other
}

/** Handler that goes on with everything below a node. */
export function everything<State>(node: SyntaxNode, state: State, descend: Descend<State>): void {
  for (const below of Object.values(node)) descend(below, state)
}

/** Handler that leaves out what is below a node. */
export function nothing(): void {}

export function listOf(nodes: unknown): unknown[] {
  return Array.isArray(nodes) ? nodes : []
}

/** A plain name, of a member: `email`. */
export function isName(node: unknown): node is SyntaxNode & { value: string } {
  return isObject(node) && node.type === 'name' && typeof node.value === 'string'
}

/** A text that is written out. */
export function isText(node: unknown): node is SyntaxNode & { value: string } {
  return isObject(node) && node.type === 'string' && typeof node.value === 'string'
}

/** `trim` of `$trim`; empty for `$` itself, and for what is no variable. */
export function variableOf(node: unknown): string {
  return isObject(node) && node.type === 'variable' ? String(node.value) : ''
}

/**
 * Where a node begins that is as long as its value and what stands around it: JSONata's positions
 * are those of its end.
 */
export function offsetOf({ position, value }: SyntaxNode, around = 0): number {
  return Math.max(0, Number(position ?? 0) - String(value).length - around)
}

/**
 * Whether nothing but the given keys says anything: stages, groups, bindings and kept arrays are
 * other keys.
 */
export function only(node: SyntaxNode, keys: readonly string[]): boolean {
  return Object.keys(node).every(
    (key) => key === 'type' || key === 'position' || keys.includes(key) || node[key] === undefined,
  )
}

/** Thrown at a node that closures do not cover. */
export class NotCovered extends Error {}

export function notCovered(): never {
  throw new NotCovered()
}
