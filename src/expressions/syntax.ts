import { isObject } from '../json.ts'

/**
 * A node of JSONata's syntax tree. Its parser has no reliable types, so each member is checked
 * before use.
 */
export type SyntaxNode = Record<string, unknown>

/** Visits what is below a node: a node, a list of nodes, or anything else, which is ignored. */
export type Descend<State> = (below: unknown, state: State) => void

/** Handles a node; `state` comes from its parents. */
export type Handler<State> = (node: SyntaxNode, state: State, descend: Descend<State>) => void

/** Handlers by type; `other` is for all other types. */
export type Handlers<State> = { [type: string]: Handler<State> | undefined; other: Handler<State> }

/** Walks a syntax tree. The handlers decide where to descend. */
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

/** A handler that visits everything below a node. */
export function everything<State>(node: SyntaxNode, state: State, descend: Descend<State>): void {
  for (const below of Object.values(node)) descend(below, state)
}

/** A handler that visits nothing below a node. */
export function nothing(): void {}

export function listOf(nodes: unknown): unknown[] {
  return Array.isArray(nodes) ? nodes : []
}

/** A plain name of a member: `email`. */
export function isName(node: unknown): node is SyntaxNode & { value: string } {
  return isObject(node) && node.type === 'name' && typeof node.value === 'string'
}

/** A text literal. */
export function isText(node: unknown): node is SyntaxNode & { value: string } {
  return isObject(node) && node.type === 'string' && typeof node.value === 'string'
}

/** `trim` of `$trim`; empty for `$` itself and for nodes that are not variables. */
export function variableOf(node: unknown): string {
  return isObject(node) && node.type === 'variable' ? String(node.value) : ''
}

/**
 * The start of a node whose length is its value plus `around`: JSONata's positions are those of its
 * end.
 */
export function offsetOf({ position, value }: SyntaxNode, around = 0): number {
  return Math.max(0, Number(position ?? 0) - String(value).length - around)
}

/**
 * Whether a node has only the given keys: stages, groups, bindings and kept arrays are other keys.
 */
export function only(node: SyntaxNode, keys: readonly string[]): boolean {
  return Object.keys(node).every(
    (key) => key === 'type' || key === 'position' || keys.includes(key) || node[key] === undefined,
  )
}

/** Thrown for a node that closures do not cover. */
export class NotCovered extends Error {}

export function notCovered(): never {
  throw new NotCovered()
}
