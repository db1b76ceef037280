import { isObject, type Json, type JsonObject } from '../json.ts'
import type { Constants } from './names.ts'
import { isTruthy } from './plain.ts'
import type { SyntaxNode } from './syntax.ts'

/** Stands for "ask JSONata": the data on the way is of a kind that only JSONata's own rules cover. */
export const NOT_DIRECT = Symbol('not direct')

/** Evaluates without the interpreter. */
export type Direct = (item: Json, record: JsonObject) => Json | undefined | typeof NOT_DIRECT

/**
 * A short way for `name`, `a.b`, `$record.a`, constants, literals, and `?:`, `&` and `=` over those. They are most of what a mapping
 * does, and the interpreter takes ten times as long for them. Undefined for any other expression. Whatever answers
 * here answers as JSONata does.
 */
export function direct(ast: unknown, constants: Constants = {}): Direct | undefined {
  if (!isObject(ast)) return undefined
  switch (ast.type) {
    case 'string':
    case 'number':
    case 'value':
      return literal(ast)
    case 'path':
      return path(ast, constants)
    case 'condition':
      return condition(ast, constants)
    case 'binary':
      return ast.value === '&'
        ? concatenation(ast, constants)
        : ast.value === '='
          ? equality(ast, constants)
          : undefined
    case 'block':
      return only(ast, ['expressions']) && Array.isArray(ast.expressions) && ast.expressions.length === 1
        ? direct(ast.expressions[0], constants)
        : undefined
    default:
      return undefined
  }
}

function literal(node: SyntaxNode): Direct | undefined {
  const { value } = node
  if (!only(node, ['value'])) return undefined
  if (value !== null && typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return undefined
  return () => value
}

function path(node: SyntaxNode, constants: Constants): Direct | undefined {
  if (!only(node, ['steps']) || !Array.isArray(node.steps)) return undefined
  const steps: unknown[] = node.steps
  if (!steps.every((step) => isObject(step) && only(step, ['value']))) return undefined
  const [first] = steps
  const variable = isObject(first) && first.type === 'variable' ? String(first.value) : undefined
  const names: string[] = []
  for (const step of variable === undefined ? steps : steps.slice(1)) {
    if (!isObject(step) || step.type !== 'name' || typeof step.value !== 'string') return undefined
    names.push(step.value)
  }
  if (variable === undefined) return (item) => follow(item, names)
  if (variable === 'record') return (_item, record) => follow(record, names)
  const constant = Object.hasOwn(constants, variable) ? constants[variable] : undefined
  return constant === undefined ? undefined : () => follow(constant, names)
}

function follow(start: Json, names: readonly string[]): ReturnType<Direct> {
  let value: Json | undefined = start
  for (const name of names) {
    if (Array.isArray(value)) return NOT_DIRECT
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

function condition(node: SyntaxNode, constants: Constants): Direct | undefined {
  const test = direct(node.condition, constants)
  const met = direct(node.then, constants)
  const unmet = node.else === undefined ? () => undefined : direct(node.else, constants)
  if (!only(node, ['condition', 'then', 'else']) || !test || !met || !unmet) return undefined
  return (item, record) => {
    const answer = test(item, record)
    if (answer === NOT_DIRECT) return NOT_DIRECT
    return isTruthy(answer) ? met(item, record) : unmet(item, record)
  }
}

function concatenation(node: SyntaxNode, constants: Constants): Direct | undefined {
  const left = direct(node.lhs, constants)
  const right = direct(node.rhs, constants)
  if (!only(node, ['value', 'lhs', 'rhs']) || !left || !right) return undefined
  return (item, record) => {
    const [start = '', end = ''] = [left(item, record), right(item, record)]
    return typeof start === 'string' && typeof end === 'string' ? start + end : NOT_DIRECT
  }
}

/** JSONata compares lists and objects member by member: that is left to it. */
function equality(node: SyntaxNode, constants: Constants): Direct | undefined {
  const left = direct(node.lhs, constants)
  const right = direct(node.rhs, constants)
  if (!only(node, ['value', 'lhs', 'rhs']) || !left || !right) return undefined
  return (item, record) => {
    const one = left(item, record)
    const other = right(item, record)
    if (!isScalar(one) || !isScalar(other)) return NOT_DIRECT
    return one !== undefined && one === other
  }
}

function isScalar(value: ReturnType<Direct>): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'symbol')
}

/** Whether nothing but the given keys says anything: stages, groups, bindings and kept arrays are other keys. */
function only(node: SyntaxNode, keys: readonly string[]): boolean {
  return Object.keys(node).every(
    (key) => key === 'type' || key === 'position' || keys.includes(key) || node[key] === undefined,
  )
}
