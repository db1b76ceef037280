import { isObject } from '../json.ts'

/** Functions that take an object apart, whatever members it has. */
const TAKING_APART: ReadonlySet<string> = new Set(['sift', 'each', 'spread', 'merge'])

/** Whether an expression takes the whole item or record, and not single members of it: `$sift($, …)`, `$merge([$, …])`, `$record.*`, `**`. */
export function readsWhole(ast: unknown): boolean {
  if (Array.isArray(ast)) return ast.some(readsWhole)
  if (!isObject(ast)) return false
  if (ast.type === 'path' && Array.isArray(ast.steps)) {
    const [first, second]: unknown[] = ast.steps
    return isAny(isWhole(first) ? second : first) || ast.steps.some((step) => !isAny(step) && readsWhole(step))
  }
  if (isAny(ast)) return true
  if (ast.type === 'function' && isObject(ast.procedure) && TAKING_APART.has(String(ast.procedure.value))) {
    const [first]: unknown[] = Array.isArray(ast.arguments) ? ast.arguments : []
    const parts = isObject(first) && Array.isArray(first.expressions) ? first.expressions : [first]
    if (parts.some(isWhole)) return true
  }
  return Object.values(ast).some(readsWhole)
}

function isAny(node: unknown): boolean {
  return isObject(node) && (node.type === 'wildcard' || node.type === 'descendant')
}

function isWhole(node: unknown): boolean {
  return isObject(node) && node.type === 'variable' && ['', '$', 'record'].includes(String(node.value))
}
