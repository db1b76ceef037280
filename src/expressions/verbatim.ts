import { isObject } from '../json.ts'
import { type Constants, UNSTABLE } from './names.ts'
import { isNative } from './natives.ts'
import { everything, listOf, only, type SyntaxNode, variableOf, visit } from './syntax.ts'

/**
 * Whether an expression returns values unchanged: `name`, `a.b`, `$record.a`, constants, literals,
 * and `?:`, `&` and `=` over these. It calls nothing that can change them.
 */
export function isVerbatim(ast: unknown, constants: Constants = {}): boolean {
  if (!isObject(ast)) return false
  const { value } = ast
  const all = (...nodes: unknown[]) => nodes.every((node) => isVerbatim(node, constants))
  switch (ast.type) {
    case 'string':
    case 'number':
    case 'value':
      return only(ast, ['value']) && (value === null || ['string', 'number', 'boolean'].includes(typeof value))
    case 'path':
      return isPlainPath(ast, constants)
    case 'condition':
      return (
        only(ast, ['condition', 'then', 'else']) &&
        all(ast.condition, ast.then) &&
        (ast.else === undefined || all(ast.else))
      )
    case 'binary':
      return only(ast, ['value', 'lhs', 'rhs']) && (value === '&' || value === '=') && all(ast.lhs, ast.rhs)
    case 'block':
      return (
        only(ast, ['expressions']) &&
        Array.isArray(ast.expressions) &&
        ast.expressions.length === 1 &&
        all(ast.expressions[0])
      )
    default:
      return false
  }
}

function isPlainPath(node: SyntaxNode, constants: Constants): boolean {
  if (!only(node, ['steps']) || !Array.isArray(node.steps)) return false
  const steps: unknown[] = node.steps
  return steps.every((step, index) => {
    if (!isObject(step) || !only(step, ['value'])) return false
    if (step.type === 'name') return typeof step.value === 'string'
    const name = String(step.value)
    return (
      index === 0 &&
      step.type === 'variable' &&
      (name === 'record' || (Object.hasOwn(constants, name) && constants[name] !== undefined))
    )
  })
}

/** Whether a verbatim expression reads only the record, so that every item has the same value. */
export function isOfRecord(ast: unknown): boolean {
  let ofRecord = true
  visit(ast, undefined, {
    other: everything,
    path(node) {
      if (variableOf(listOf(node.steps)[0]) !== 'record') ofRecord = false
    },
  })
  return ofRecord
}

/**
 * Whether an expression calls only JSONata's own stable functions, and none through a value: others
 * note what they interpret, or return something else each time.
 */
export function isQuiet(ast: unknown, constants: Constants): boolean {
  let quiet = true
  const loud = () => {
    quiet = false
  }
  visit(ast, undefined, {
    other: everything,
    function(node, state, descend) {
      const name = variableOf(node.procedure)
      if (!isNative(name) || UNSTABLE.has(name)) quiet = false
      descend(node.arguments, state)
    },
    variable(node) {
      const name = String(node.value)
      if (name !== '' && name !== 'record' && !Object.hasOwn(constants, name)) quiet = false
    },
    lambda: loud,
    partial: loud,
    apply: loud,
    transform: loud,
  })
  return quiet
}
