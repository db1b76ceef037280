import { isObject } from '../json.ts'
import { type Constants, UNSTABLE } from './names.ts'
import { isNative } from './natives.ts'
import { everything, listOf, only, type SyntaxNode, variableOf, visit } from './syntax.ts'

/**
 * Whether an expression returns values unchanged: `name`, `a.b[c = 1]`, `$record.a`, constants,
 * literals, and `?:`, `&` and `=` over these. It calls nothing that can change them.
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
    if (!isObject(step) || !only(step, ['value', 'predicate', 'stages'])) return false
    if (![...listOf(step.predicate), ...listOf(step.stages)].every((stage) => isPlainFilter(stage, constants))) {
      return false
    }
    if (step.type === 'name') return typeof step.value === 'string'
    const name = String(step.value)
    return (
      index === 0 &&
      step.type === 'variable' &&
      (name === 'record' || (Object.hasOwn(constants, name) && constants[name] !== undefined))
    )
  })
}

/**
 * Whether a filter only chooses, and depends only on what it filters and on the record. Functions
 * other than JSONata's own can report what they find, also when they are an argument.
 */
function isPlainFilter(stage: unknown, constants: Constants): boolean {
  if (!isObject(stage) || stage.type !== 'filter') return false
  let plain = true
  const unplain = () => {
    plain = false
  }
  visit(stage.expr, undefined, {
    other: everything,
    function(node, state, descend) {
      if (!isNative(variableOf(node.procedure))) plain = false
      everything(node, state, descend)
    },
    // `$$` is the item.
    variable(node) {
      const name = String(node.value)
      const isValue = name === '' || name === 'record' || Object.hasOwn(constants, name)
      if (!isValue && (!isNative(name) || UNSTABLE.has(name))) plain = false
    },
    partial: unplain,
    apply: unplain,
    bind: unplain,
    transform: unplain,
  })
  return plain
}

/** Whether a verbatim expression reads nothing of the item, only of the record. */
export function isOfRecord(ast: unknown): boolean {
  let ofRecord = true
  visit(ast, undefined, {
    other: everything,
    path(node, state, descend) {
      if (variableOf(listOf(node.steps)[0]) !== 'record') ofRecord = false
      everything(node, state, descend)
    },
  })
  return ofRecord
}
