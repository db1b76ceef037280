import { isObject } from '../json.ts'

/** A path of members whose value may become part of what an expression yields. */
export interface Flow {
  /** Its plain names: `mfa`, `totp_secret`. */
  names: string[]
  /** What the first name is a member of: the item, the whole record (`$record.name`), or something that cannot be told. */
  of: 'item' | 'record' | 'other'
  /** The key of the object constructor in which it stands, the outermost one. */
  key?: string
  /** Offset of the last name. */
  offset: number
}

/** Functions that tell something about their argument, and nothing of it. */
const TELLING: ReadonlySet<string> = new Set(['exists', 'boolean', 'not', 'count', 'length', 'type'])

/** Operators whose answer is true or false. */
const ASKING: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or'])

/**
 * Walks a syntax tree of JSONata for what may become part of its value. What only decides, the condition of a choice or a comparison, is
 * none of that, and neither is what a predicate asks for.
 */
export function flowsIn(ast: unknown): Flow[] {
  const flows: Flow[] = []
  const visit = (node: unknown, key: string | undefined): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child, key)
      return
    }
    if (!isObject(node)) return
    const value = typeof node.value === 'string' ? node.value : ''
    switch (node.type) {
      case 'path':
        path(node, key)
        break
      case 'condition':
        visit([node.then, node.else], key)
        break
      case 'function':
        if (!TELLING.has(nameOf(node.procedure))) visit(node.arguments, key)
        if (nameOf(node.procedure) === 'lookup') lookup(node.arguments, key)
        break
      case 'binary':
        if (!ASKING.has(value)) visit([node.lhs, node.rhs], key)
        break
      case 'unary':
        if (value === '{') pairs(node.lhs, key)
        else visit(node.expressions ?? node.expression, key)
        break
      case 'apply':
        visit([node.lhs, node.rhs], key)
        break
      case 'bind':
        visit(node.rhs, key)
        break
      case 'lambda':
        visit(node.body, key)
        break
      case 'block':
        visit(node.expressions, key)
        break
    }
  }
  const path = (node: Record<string, unknown>, key: string | undefined): void => {
    const steps: unknown[] = Array.isArray(node.steps) ? node.steps : []
    const flow: Flow = { names: [], of: 'item', offset: 0, ...(key !== undefined && { key }) }
    for (const [index, step] of steps.entries()) {
      if (!isObject(step)) continue
      if (step.type === 'name' && typeof step.value === 'string') {
        flow.names.push(step.value)
        flow.offset = Math.max(0, Number(step.position ?? 0) - step.value.length)
      } else if (index === 0 && step.type === 'variable' && step.value === 'record') flow.of = 'record'
      else if (index === 0 && !(step.type === 'variable' && step.value === '')) flow.of = 'other'
      if (step.type === 'name' || step.type === 'variable') continue
      visit(step, key)
      // What follows makes something else of it.
      if (index > 0) flow.names = []
    }
    if (flow.names.length > 0 && !isObject(node.group)) flows.push(flow)
    if (isObject(node.group)) pairs(node.group.lhs, key)
  }
  const pairs = (list: unknown, outer: string | undefined): void => {
    for (const pair of Array.isArray(list) ? list : []) {
      const [name, value]: unknown[] = Array.isArray(pair) ? pair : []
      const own = isObject(name) && name.type === 'string' && typeof name.value === 'string' ? name.value : ''
      visit(name, outer ?? '')
      visit(value, outer ?? own)
    }
  }
  const lookup = (parameters: unknown, key: string | undefined): void => {
    const [, name]: unknown[] = Array.isArray(parameters) ? parameters : []
    if (!isObject(name) || name.type !== 'string' || typeof name.value !== 'string') return
    const offset = Math.max(0, Number(name.position ?? 0) - name.value.length - 1)
    flows.push({ names: [name.value], of: 'other', offset, ...(key !== undefined && { key }) })
  }
  visit(ast, undefined)
  return flows
}

function nameOf(procedure: unknown): string {
  return isObject(procedure) && procedure.type === 'variable' && typeof procedure.value === 'string'
    ? procedure.value
    : ''
}
