/**
 * What names mean in an expression: values in slots, and functions. Names are bound by statements
 * and parameters.
 */

import { isObject } from '../json.ts'
import type { Callable } from './natives.ts'
import type { Closure, Effort } from './sequences.ts'
import { listOf, notCovered } from './syntax.ts'

/** The slot of a value, or a function. */
type Bound = number | Lambda | Callable

/** The bindings of a block. A name is bound from its statement on. */
export class Scope {
  readonly bound = new Map<string, Bound>()
  /**
   * Names that later statements bind: what they mean in a function depends on when it is called.
   */
  readonly toCome: Set<string>
  readonly #ofFunction: boolean
  readonly #outer: Scope | undefined

  /** @param ofFunction whether it belongs to a function, with its parameters */
  constructor(outer?: Scope, { toCome = [], ofFunction = false }: { toCome?: string[]; ofFunction?: boolean } = {}) {
    this.toCome = new Set(toCome)
    this.#ofFunction = ofFunction
    this.#outer = outer
  }

  /** The binding of a name by the expression itself. */
  find(name: string, inFunction = false): Bound | undefined {
    if (inFunction && this.toCome.has(name)) notCovered()
    return this.bound.get(name) ?? this.#outer?.find(name, inFunction || this.#ofFunction)
  }
}

/** A function that the expression defines. */
export interface Lambda extends Callable {
  /** Stores `$` at the definition. */
  define: (input: unknown) => void
  definedFor: () => unknown
  weight: number
}

/**
 * The slots of a function's values: each parameter, `$` at the definition, and the input of a call.
 */
export interface Slots {
  values: unknown[]
  parameters: readonly number[]
  defined: number
  applied: number
}

export function lambda(body: Closure, weight: number, slots: Slots, effort: Effort): Lambda {
  const { values, parameters, defined, applied } = slots
  return {
    arity: parameters.length,
    weight,
    define(input) {
      values[defined] = input
    },
    definedFor: () => values[defined],
    call(args, context) {
      effort.count(1)
      for (let index = 0; index < parameters.length; index += 1) values[parameters[index] as number] = args[index]
      values[applied] = context
      return body(values[defined])
    },
  }
}

/**
 * The effect of evaluating a function's definition. Undefined for a name, which was defined before.
 */
export function definition(node: unknown, called: Lambda | Callable): Closure | undefined {
  return isObject(node) && node.type === 'lambda' && 'define' in called ? (input) => called.define(input) : undefined
}

/** A function as an argument, defined when it is passed. */
export function passing(passed: unknown, define: Closure | undefined): Closure {
  if (define === undefined) return () => passed
  return (input) => {
    define(input)
    return passed
  }
}

/** Whether the interpreter makes a call in it later. */
export function endsInCall(node: unknown): boolean {
  if (!isObject(node)) return false
  if (node.type === 'condition') return endsInCall(node.then) || endsInCall(node.else)
  return node.type === 'block' ? endsInCall(listOf(node.expressions).at(-1)) : node.thunk === true
}
