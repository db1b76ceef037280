import { isObject } from '../json.ts'

/** A plain name at the beginning of a path: a member of the item, or of the whole record (`$record.name`). */
export interface Read {
  name: string
  of: 'item' | 'record'
  /** Offset of the name. */
  offset: number
}

/**
 * The members that an expression reads for certain and takes to be there. What a condition or `$exists` asks for first may be missing; and
 * inside predicates, later steps, lambdas and groups names mean members of something else: nothing is said of those.
 */
export function readsIn(ast: unknown): Read[] {
  const reads: Read[] = []
  const asked = new Set<string>()
  const visit = (node: unknown, asking: boolean): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child, asking)
      return
    }
    if (!isObject(node)) return
    switch (node.type) {
      case 'path':
        path(node, asking)
        break
      case 'condition':
        visit(node.condition, true)
        visit([node.then, node.else], asking)
        break
      case 'function':
        visit(node.arguments, asking || isExists(node.procedure))
        break
      case 'binary':
      case 'apply':
        visit([node.lhs, node.rhs], asking)
        break
      case 'bind':
        visit(node.rhs, asking)
        break
      case 'block':
        visit(node.expressions, asking)
        break
      case 'unary':
        // The other unary ones are lists, and objects, whose `lhs` holds the pairs.
        visit(node.value === '-' ? node.expression : (node.expressions ?? node.lhs), asking)
        break
    }
  }
  const path = ({ steps }: Record<string, unknown>, asking: boolean): void => {
    const [first, second]: unknown[] = Array.isArray(steps) ? steps : []
    if (!isObject(first)) return
    const isRecord = first.type === 'variable' && first.value === 'record'
    const step = isRecord ? second : first
    if (isObject(step) && step.type === 'name' && typeof step.value === 'string') {
      const { value: name } = step
      if (asking) asked.add(name)
      reads.push({
        name,
        of: isRecord ? 'record' : 'item',
        offset: Math.max(0, Number(step.position ?? 0) - name.length),
      })
    } else if (!isRecord) visit(first, asking)
  }
  visit(ast, false)
  return reads.filter(({ name }) => !asked.has(name))
}

function isExists(procedure: unknown): boolean {
  return isObject(procedure) && procedure.type === 'variable' && procedure.value === 'exists'
}
