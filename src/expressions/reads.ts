import { isObject } from '../json.ts'
import { type Descend, everything, isName, isText, listOf, nothing, offsetOf, variableOf, visit } from './syntax.ts'

/**
 * A plain name at the start of a path: a member of the item, or of the whole record
 * (`$record.name`).
 */
export interface Read {
  name: string
  of: 'item' | 'record'
  /** Offset of the name. */
  offset: number
}

/**
 * The members that an expression reads in any case and expects. A member that a condition or
 * `$exists` tests first can be missing. Inside predicates, later steps, lambdas and groups, names
 * mean members of something else and are ignored.
 */
export function readsIn(ast: unknown): Read[] {
  const reads: Read[] = []
  const asked = new Set<string>()
  visit(ast, false, {
    other: nothing,
    path(node, asking, descend) {
      const [first, second] = listOf(node.steps)
      const isRecord = variableOf(first) === 'record'
      const step = isRecord ? second : first
      if (isName(step)) {
        if (asking) asked.add(step.value)
        reads.push({ name: step.value, of: isRecord ? 'record' : 'item', offset: offsetOf(step) })
      } else if (!isRecord) descend(first, asking)
    },
    condition(node, asking, descend) {
      descend(node.condition, true)
      descend([node.then, node.else], asking)
    },
    function: (node, asking, descend) => descend(node.arguments, asking || variableOf(node.procedure) === 'exists'),
    binary: (node, asking, descend) => descend([node.lhs, node.rhs], asking),
    apply: (node, asking, descend) => descend([node.lhs, node.rhs], asking),
    bind: (node, asking, descend) => descend(node.rhs, asking),
    block: (node, asking, descend) => descend(node.expressions, asking),
    // The other unary nodes are lists, and objects, whose `lhs` contains the pairs.
    unary: (node, asking, descend) =>
      descend(node.value === '-' ? node.expression : (node.expressions ?? node.lhs), asking),
  })
  return reads.filter(({ name }) => !asked.has(name))
}

/** Functions that use all members of an object. */
const TAKING_APART: ReadonlySet<string> = new Set(['sift', 'each', 'spread', 'merge'])

/**
 * Whether an expression uses the whole item or record, not single members of it: `$sift($, …)`,
 * `$merge([$, …])`, `$record.*`, `**`.
 */
export function readsWhole(ast: unknown): boolean {
  let whole = false
  visit(ast, undefined, {
    other: everything,
    path(node, state, descend) {
      const steps = listOf(node.steps)
      const [first, second] = steps
      if (isAny(isWhole(first) ? second : first)) whole = true
      descend(
        steps.filter((step) => !isAny(step)),
        state,
      )
    },
    wildcard() {
      whole = true
    },
    descendant() {
      whole = true
    },
    function(node, state, descend) {
      const [first] = listOf(node.arguments)
      const parts = isObject(first) && Array.isArray(first.expressions) ? first.expressions : [first]
      if (TAKING_APART.has(variableOf(node.procedure)) && parts.some(isWhole)) whole = true
      everything(node, state, descend)
    },
  })
  return whole
}

function isAny(node: unknown): boolean {
  return isObject(node) && (node.type === 'wildcard' || node.type === 'descendant')
}

function isWhole(node: unknown): boolean {
  return isObject(node) && node.type === 'variable' && ['', '$', 'record'].includes(String(node.value))
}

/** A path of members whose value can become part of the result. */
export interface Flow {
  /** Its plain names: `mfa`, `totp_secret`. */
  names: string[]
  /**
   * What the first name is a member of: the item, the whole record (`$record.name`), or unknown.
   */
  of: 'item' | 'record' | 'other'
  /** The key of the outermost object constructor around it. */
  key?: string
  /** Offset of the last name. */
  offset: number
}

/** Functions that return something about their argument, but no part of it. */
const TELLING: ReadonlySet<string> = new Set(['exists', 'boolean', 'not', 'count', 'length', 'type'])

/** Operators that return true or false. */
const ASKING: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or'])

/**
 * Finds what can become part of the value of a syntax tree. Conditions, comparisons and predicates
 * only decide and do not count.
 */
export function flowsIn(ast: unknown): Flow[] {
  const flows: Flow[] = []
  visit<string | undefined>(ast, undefined, {
    other: nothing,
    path(node, key, descend) {
      const flow: Flow = { names: [], of: 'item', offset: 0, ...(key !== undefined && { key }) }
      for (const [index, step] of listOf(node.steps).entries())
        addStep(flow, step, index, (inner) => descend(inner, key))
      if (isObject(node.group)) pairs(node.group.lhs, key, descend)
      else if (flow.names.length > 0) flows.push(flow)
    },
    condition: (node, key, descend) => descend([node.then, node.else], key),
    function(node, key, descend) {
      const name = variableOf(node.procedure)
      if (!TELLING.has(name)) descend(node.arguments, key)
      const [, member] = name === 'lookup' ? listOf(node.arguments) : []
      if (!isText(member)) return
      flows.push({ names: [member.value], of: 'other', offset: offsetOf(member, 1), ...(key !== undefined && { key }) })
    },
    binary(node, key, descend) {
      if (!ASKING.has(String(node.value))) descend([node.lhs, node.rhs], key)
    },
    unary(node, key, descend) {
      if (node.value === '{') pairs(node.lhs, key, descend)
      else descend(node.expressions ?? node.expression, key)
    },
    apply: (node, key, descend) => descend([node.lhs, node.rhs], key),
    bind: (node, key, descend) => descend(node.rhs, key),
    lambda: (node, key, descend) => descend(node.body, key),
    block: (node, key, descend) => descend(node.expressions, key),
  })
  return flows
}

/** One step of a path; a step that is not a plain name or variable is searched. */
function addStep(flow: Flow, step: unknown, index: number, lookInto: (step: unknown) => void): void {
  if (!isObject(step)) return
  if (isName(step)) {
    flow.names.push(step.value)
    flow.offset = offsetOf(step)
  } else if (index === 0 && step.type === 'variable' && step.value === 'record') flow.of = 'record'
  else if (index === 0 && !(step.type === 'variable' && step.value === '')) flow.of = 'other'
  if (step.type === 'name' || step.type === 'variable') return
  lookInto(step)
  // The next steps make something else of it.
  if (index > 0) flow.names = []
}

/** The pairs of an object constructor. */
function pairs(list: unknown, outer: string | undefined, descend: Descend<string | undefined>): void {
  for (const pair of listOf(list)) {
    const [name, value] = listOf(pair)
    descend(name, outer ?? '')
    descend(value, outer ?? (isText(name) ? name.value : ''))
  }
}
