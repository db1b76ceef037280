/**
 * Compiles JSONata's syntax tree into closures that evaluate at once and return what JSONata
 * returns, or throw: then the interpreter evaluates the whole expression, which is always possible,
 * since expressions change nothing. Functions are never values here: each call is known beforehand,
 * and none is recursive.
 */

import { isObject, type Json, type JsonObject } from '../json.ts'
import { grouping, listing } from './constructors.ts'
import type { ExpressionFunction } from './functions.ts'
import type { Constants } from './names.ts'
import { CALLING, type Callable, callback, MATCHING, matcher, nativeFunction, registeredFunction } from './natives.ts'
import { negated, operation } from './operators.ts'
import { path, type Step } from './paths.ts'
import { definition, endsInCall, type Lambda, lambda, passing, Scope } from './scopes.ts'
import {
  argument,
  at,
  type Closure,
  Effort,
  type Filter,
  kept,
  lookup,
  normalised,
  sequence,
  truthy,
  unwrapped,
  where,
  wildcard,
} from './sequences.ts'
import { listOf, NotCovered, notCovered, only, type SyntaxNode, variableOf } from './syntax.ts'

/** @throws anything, if the interpreter has to evaluate it */
export type AtOnce = (item: Json, record: JsonObject) => unknown

/**
 * @param functions available in addition to JSONata's own
 * @param nested how many nodes the interpreter evaluates at a time
 */
export function closureOf(
  ast: unknown,
  functions: readonly ExpressionFunction[],
  constants: Constants,
  nested: number,
): AtOnce | undefined {
  try {
    return new Compiler(functions, constants).compile(ast, nested)
  } catch (error) {
    if (error instanceof NotCovered) return undefined
    throw error
  }
}

class Compiler {
  readonly #constants: Constants
  readonly #functions: ReadonlyMap<string, Callable>
  /** Functions whose calls are recorded in order, the same as in the interpreter. */
  readonly #recorded: ReadonlySet<string>
  readonly #slots: unknown[] = []
  readonly #effort = new Effort()
  #weight = 0
  #records = false
  #hasSeveral = false
  #root: unknown
  #record: unknown

  constructor(functions: readonly ExpressionFunction[], constants: Constants) {
    this.#constants = constants
    this.#functions = new Map(functions.map(({ name, call }) => [name, registeredFunction(call)]))
    this.#recorded = new Set(functions.filter(({ derives }) => derives).map(({ name }) => name))
  }

  compile(ast: unknown, nested: number): AtOnce {
    const run = this.#node(ast, new Scope())
    if (this.#weight >= nested || (this.#records && this.#hasSeveral)) notCovered()
    return (item, record) => {
      this.#root = item
      this.#record = record
      this.#effort.begin()
      if (!Array.isArray(item)) return run(item)
      const input = sequence(item)
      input.outerWrapper = true
      return run(input)
    }
  }

  /** A node with its predicates, group and `[]`. */
  #node(node: unknown, scope: Scope): Closure {
    if (!isObject(node)) return notCovered()
    const { predicate, group, keepArray, ...plain } = node
    this.#weight += 1
    let run = this.#plain(node.type === 'path' ? { ...plain, group } : plain, scope)
    for (const one of listOf(predicate)) {
      const [unfiltered, filter] = [run, this.#filter(one, scope)]
      run = (input) => filter(unfiltered(input))
    }
    if (group !== undefined && node.type !== 'path') {
      const [ungrouped, grouped] = [run, this.#group(group, scope)]
      run = (input) => grouped(ungrouped(input))
    }
    if (keepArray) return (input) => kept(run(input))
    return predicate === undefined && SCALAR.has(String(node.type)) ? run : (input) => normalised(run(input))
  }

  #plain(node: SyntaxNode, scope: Scope): Closure {
    const { value } = node
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
        return only(node, ['value']) ? () => value : notCovered()
      case 'path':
        return this.#path(node, scope)
      case 'name':
        return only(node, ['value']) && typeof value === 'string' ? (input) => lookup(input, value) : notCovered()
      case 'wildcard':
        return only(node, ['value']) ? wildcard : notCovered()
      case 'variable':
        return only(node, ['value']) ? this.#variable(String(value), scope) : notCovered()
      case 'condition':
        return this.#condition(node, (branch) => this.#node(branch, scope), scope)
      case 'block':
        return this.#block(node, (last, inner) => this.#node(last, inner), scope)
      case 'binary':
        return this.#binary(node, scope)
      case 'unary':
        return this.#unary(node, scope)
      case 'function':
        return this.#call(node, scope)
      case 'apply':
        return this.#apply(node, scope)
      default:
        return notCovered()
    }
  }

  #variable(name: string, scope: Scope): Closure {
    if (name === '') return unwrapped
    const bound = scope.find(name)
    const slots = this.#slots
    if (typeof bound === 'number') return () => slots[bound]
    if (bound !== undefined) return notCovered()
    if (name === '$') return () => this.#root
    if (name === 'record') return () => this.#record
    if (!Object.hasOwn(this.#constants, name)) return notCovered()
    const constant = this.#constants[name]
    return () => constant
  }

  #newSlot(): number {
    return this.#slots.push(undefined) - 1
  }

  #path(node: SyntaxNode, scope: Scope): Closure {
    if (!only(node, ['steps', 'group', 'keepSingletonArray'])) notCovered()
    const steps = listOf(node.steps).map((step) => this.#step(step, scope))
    const run = steps.length === 0 ? notCovered() : path(steps, Boolean(node.keepSingletonArray), this.#effort)
    if (node.group === undefined) return run
    const [ungrouped, group] = [run, this.#group(node.group, scope)]
    return (input) => group(ungrouped(input))
  }

  #step(node: unknown, scope: Scope): Step {
    if (!isObject(node)) return notCovered()
    const { stages, consarray, ...step } = node
    const filters = listOf(stages).map((stage) => this.#filter(stage, scope))
    const isPlain = filters.length === 0 && only(node, ['value'])
    return {
      run: this.#node(step.type === 'unary' ? { ...step, consarray } : step, scope),
      ...(filters.length > 0 && { filters }),
      ...(isPlain && step.type === 'name' && { name: String(step.value) }),
      isVariable: step.type === 'variable',
      cons: consarray === true,
    }
  }

  #filter(stage: unknown, scope: Scope): Filter {
    if (!isObject(stage) || stage.type !== 'filter' || !isObject(stage.expr)) return notCovered()
    const { expr } = stage
    if (expr.type === 'number') return typeof expr.value === 'number' ? at(expr.value) : notCovered()
    const predicate = this.#node(expr, scope)
    return where((item) => {
      this.#effort.count(1)
      return predicate(item)
    })
  }

  /** @param branch compiles one of the two */
  #condition(node: SyntaxNode, branch: (node: unknown) => Closure, scope: Scope): Closure {
    if (!only(node, ['condition', 'then', 'else'])) notCovered()
    const test = this.#node(node.condition, scope)
    const met = branch(node.then)
    const unmet = node.else === undefined ? () => undefined : branch(node.else)
    return (input) => (truthy(test(input)) ? met(input) : unmet(input))
  }

  /** @param result compiles the last statement */
  #block(node: SyntaxNode, result: (last: unknown, inner: Scope) => Closure, outer: Scope): Closure {
    if (!only(node, ['expressions', 'consarray'])) notCovered()
    const statements = listOf(node.expressions)
    const names = statements.map((statement) =>
      isObject(statement) && statement.type === 'bind' ? variableOf(statement.lhs) : undefined,
    )
    const inner = new Scope(outer, { toCome: names.filter((name) => name !== undefined) })
    const runs: Closure[] = []
    for (const [index, statement] of statements.entries()) {
      const name = names[index]
      const isLast = index === statements.length - 1
      if (name === undefined) runs.push(isLast ? result(statement, inner) : this.#node(statement, inner))
      else {
        runs.push(this.#bind(statement, name, isLast, inner))
        if (!names.includes(name, index + 1)) inner.toCome.delete(name)
      }
    }
    const [first, ...others] = runs
    if (first === undefined) return () => undefined
    if (others.length === 0) return first
    return (input) => {
      let value = first(input)
      for (const run of others) value = run(input)
      return value
    }
  }

  #bind(statement: unknown, name: string, isLast: boolean, scope: Scope): Closure {
    if (!isObject(statement) || !only(statement, ['value', 'lhs', 'rhs']) || name === '' || name === '$') notCovered()
    const { rhs } = statement as SyntaxNode
    const before = scope.bound.get(name)
    const called = this.#callable(rhs, scope)
    if (called !== undefined) {
      // The time of the call would decide which of two functions the name means.
      if (before !== undefined || isLast) notCovered()
      scope.bound.set(name, called)
      return definition(rhs, called) ?? (() => undefined)
    }
    const run = this.#node(rhs, scope)
    if (before !== undefined && typeof before !== 'number') notCovered()
    const slot = typeof before === 'number' ? before : this.#newSlot()
    scope.bound.set(name, slot)
    const slots = this.#slots
    return (input) => {
      const value = run(input)
      slots[slot] = value
      return value
    }
  }

  #binary(node: SyntaxNode, scope: Scope): Closure {
    if (!only(node, ['value', 'lhs', 'rhs'])) notCovered()
    const left = this.#node(node.lhs, scope)
    const right = this.#node(node.rhs, scope)
    return operation(String(node.value), left, right) ?? notCovered()
  }

  #unary(node: SyntaxNode, scope: Scope): Closure {
    switch (node.value) {
      case '-':
        return only(node, ['value', 'expression']) ? negated(this.#node(node.expression, scope)) : notCovered()
      case '[':
        return this.#list(node, scope)
      case '{':
        return only(node, ['value', 'lhs']) ? this.#group({ lhs: node.lhs }, scope) : notCovered()
      default:
        return notCovered()
    }
  }

  #list(node: SyntaxNode, scope: Scope): Closure {
    if (!only(node, ['value', 'expressions', 'consarray'])) notCovered()
    const items = listOf(node.expressions).map((item) => ({
      run: this.#node(item, scope),
      whole: isObject(item) && item.value === '[',
    }))
    if (items.length > 1) this.#hasSeveral = true
    return listing(items, Boolean(node.consarray))
  }

  /** An object of pairs: one for a single value; the items of a list are grouped by key. */
  #group(group: unknown, scope: Scope): Closure {
    if (!isObject(group) || !only(group, ['lhs'])) return notCovered()
    const before = this.#weight
    const pairs = listOf(group.lhs).map((pair) => {
      const [key, value] = listOf(pair)
      return { key: this.#node(key, scope), value: this.#node(value, scope) }
    })
    if (pairs.length > 1) this.#hasSeveral = true
    return grouping(pairs, this.#weight - before, () => this.#records, this.#effort)
  }

  /**
   * @param piped the value before `~>`, which becomes the first argument
   * @param ofTail the slot of the value that a tail call uses for a missing argument
   */
  #call(node: SyntaxNode, scope: Scope, piped?: Closure, ofTail?: number): Closure {
    if (!only(node, ['name', 'value', 'arguments', 'procedure'])) notCovered()
    const name = variableOf(node.procedure)
    const called = this.#callable(node.procedure, scope)
    if (called === undefined || name === '') return notCovered()
    const isOwn = scope.find(name) !== undefined
    const given = listOf(node.arguments).map((one) =>
      this.#argument(one, isOwn || this.#functions.has(name) ? '' : name, ofTail !== undefined, scope),
    )
    const slots = this.#slots
    const [one] = given
    if (given.length === 1 && one !== undefined && piped === undefined && ofTail === undefined)
      return (input) => called.call([one(input)], input)
    return (input) => {
      const values: unknown[] = piped === undefined ? [] : [argument(piped(input))]
      for (const one of given) values.push(one(input))
      return called.call(values, ofTail === undefined ? input : slots[ofTail])
    }
  }

  /**
   * @param taker the built-in function that receives it; empty: a function of the expression or a
   * registered one
   */
  #argument(node: unknown, taker: string, isTail: boolean, scope: Scope): Closure {
    if (isObject(node) && node.type === 'regex') {
      if (!MATCHING.has(taker) || !only(node, ['value']) || !(node.value instanceof RegExp)) return notCovered()
      const pattern = matcher(node.value)
      this.#weight += 1
      return () => pattern
    }
    const called = this.#callable(node, scope)
    if (called === undefined) {
      const run = this.#node(node, scope)
      return (input) => argument(run(input))
    }
    if (!CALLING.has(taker)) return notCovered()
    if (!isTail) {
      const passed = callback(called.arity, (...args) => called.call(args, null))
      return passing(passed, definition(node, called))
    }
    // A tail call passes the function unchanged.
    if (!('define' in called) || taker === 'sort') return notCovered()
    const passed = callback(called.arity, (...args) => called.call(args, called.definedFor()))
    return passing(passed, definition(node, called))
  }

  /** The function that a node means: one of the expression, a registered one, or a built-in one. */
  #callable(node: unknown, scope: Scope): Lambda | Callable | undefined {
    if (!isObject(node)) return undefined
    if (node.type === 'lambda') return this.#lambda(node, scope)
    if (node.type !== 'variable' || !only(node, ['value'])) return undefined
    const name = variableOf(node)
    const bound = scope.find(name)
    if (bound !== undefined) {
      if (typeof bound === 'number') return undefined
      if ('weight' in bound) this.#weight += bound.weight
      return bound
    }
    if (name === '' || name === '$' || name === 'record' || Object.hasOwn(this.#constants, name)) return undefined
    if (this.#recorded.has(name)) this.#records = true
    return this.#functions.get(name) ?? nativeFunction(name)
  }

  #lambda(node: SyntaxNode, outer: Scope): Lambda {
    if (!only(node, ['arguments', 'body'])) notCovered()
    const before = this.#weight
    const scope = new Scope(outer, { ofFunction: true })
    const parameters = listOf(node.arguments).map((parameter) => {
      const name = variableOf(parameter)
      if (name === '' || name === '$') return notCovered()
      const slot = this.#newSlot()
      scope.bound.set(name, slot)
      return slot
    })
    const defined = this.#newSlot()
    const applied = this.#newSlot()
    const body = this.#tail(node.body, scope, applied)
    const slots = { values: this.#slots, parameters, defined, applied }
    return lambda(body, this.#weight - before + 1, slots, this.#effort)
  }

  /**
   * The body of a function. The interpreter makes its final call later, and uses the result
   * unchanged.
   */
  #tail(node: unknown, scope: Scope, applied: number): Closure {
    if (!isObject(node)) return notCovered()
    if (node.type === 'lambda' && node.thunk === true) {
      this.#weight += 2
      if (!only(node, ['thunk', 'arguments', 'body']) || !isObject(node.body)) return notCovered()
      const { keepArray, group, ...call } = node.body
      return this.#call(call, scope, undefined, applied)
    }
    if (!endsInCall(node)) return this.#node(node, scope)
    const { predicate, group, keepArray, ...plain } = node
    if (predicate !== undefined || group !== undefined || keepArray) return notCovered()
    this.#weight += 1
    return plain.type === 'condition'
      ? this.#condition(plain, (branch) => this.#tail(branch, scope, applied), scope)
      : this.#block(plain, (last, inner) => this.#tail(last, inner, applied), scope)
  }

  #apply(node: SyntaxNode, scope: Scope): Closure {
    if (!only(node, ['value', 'lhs', 'rhs']) || !isObject(node.rhs)) return notCovered()
    const piped = this.#node(node.lhs, scope)
    if (node.rhs.type === 'function') {
      const { keepArray, ...call } = node.rhs
      return this.#call(call, scope, piped)
    }
    const called = this.#callable(node.rhs, scope)
    if (called === undefined) return notCovered()
    const define = definition(node.rhs, called)
    return (input) => {
      const value = argument(piped(input))
      define?.(input)
      return called.call([value], null)
    }
  }
}

/** Nodes that never return a sequence themselves. */
const SCALAR: ReadonlySet<string> = new Set(['string', 'number', 'value', 'binary', 'unary'])
