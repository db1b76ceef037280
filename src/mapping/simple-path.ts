import { isObject, type Json, type JsonObject } from '../json.ts'

/** Stands for "ask JSONata": the data on the way holds a list, which JSONata maps over. */
export const NOT_SIMPLE = Symbol('not simple')

export type SimplePath = (item: Json, record: JsonObject) => Json | undefined | typeof NOT_SIMPLE

/**
 * Reads `name`, `a.b`, `$record.a` and literals without the interpreter, which costs ten times as much for them and is
 * most of what a mapping does. Undefined for any other expression. Answers are those of JSONata.
 */
export function simplePath(ast: unknown): SimplePath | undefined {
  if (!isObject(ast)) return undefined
  const { type, value } = ast
  if ((type === 'string' || type === 'number' || type === 'value') && only(ast, ['type', 'value', 'position'])) {
    return () => value as Json
  }
  if (type !== 'path' || !only(ast, ['type', 'steps']) || !Array.isArray(ast.steps)) return undefined
  const [first, ...rest]: unknown[] = ast.steps
  const onRecord = isObject(first) && first.type === 'variable' && first.value === 'record' && plainStep(first)
  const names = onRecord ? rest : [first, ...rest]
  const path: string[] = []
  for (const step of names) {
    if (!isObject(step) || step.type !== 'name' || typeof step.value !== 'string' || !plainStep(step)) return undefined
    path.push(step.value)
  }
  return (item, record) => follow(onRecord ? record : item, path)
}

function follow(start: Json, path: readonly string[]): Json | undefined | typeof NOT_SIMPLE {
  let value: Json | undefined = start
  for (const name of path) {
    if (Array.isArray(value)) return NOT_SIMPLE
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

function plainStep(step: Record<string, unknown>): boolean {
  return only(step, ['type', 'value', 'position'])
}

/** Whether nothing but the given keys says anything: stages, groups, bindings and kept arrays are other keys. */
function only(node: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(node).every((key) => keys.includes(key) || node[key] === undefined)
}
