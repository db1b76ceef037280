import { isObject } from '../json.ts'

/** JSONata 2.2's functions (docs.jsonata.org), without `eval`, which would run expressions from an export. */
export const builtIn: readonly string[] =
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis`.split(/\s+/)

/** Functions whose answer differs from run to run, so that a plan would never come to rest. */
const UNSTABLE: ReadonlySet<string> = new Set(['now', 'millis', 'random', 'shuffle'])

/** What a `$name` may stand for besides a function. */
const VARIABLES = ['', '$', 'record']

/** A `$name` in an expression. */
export interface NameUse {
  name: string
  /** Offset of its `$`. */
  offset: number
}

/** Where an expression reads a constant: `$vars.organization.name`. */
export interface ConstantUse {
  /** `vars` */
  name: string
  /** The names behind it, as far as they are plain names, with the offset of each. */
  members: { name: string; offset: number }[]
  /** Offset of its `$`. */
  offset: number
}

export interface Names {
  /** Bound nowhere: nothing would come of them, or a failure when they are called. */
  unknown: NameUse[]
  /** See UNSTABLE. */
  unstable: NameUse[]
  /** Names of fields, and texts, which `$lookup` takes for such names. */
  fields: string[]
  constants: ConstantUse[]
}

/**
 * Walks a syntax tree of JSONata for its `$names`.
 * @param functions that may be called besides JSONata's own
 * @param constants names of constants
 */
export function namesIn(ast: unknown, functions: readonly string[], constants: readonly string[] = []): Names {
  const known = new Set([...builtIn, ...functions, ...VARIABLES, ...constants])
  const uses: NameUse[] = []
  const constantUses = new Map<object, ConstantUse>()
  const bound = new Set<string>()
  const fields: string[] = []
  const seen = new Set<object>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return
    seen.add(node)
    if (isObject(node)) {
      const { type, value, position, lhs, arguments: parameters, focus, index } = node
      if (type === 'variable' && typeof value === 'string') {
        const use = { name: value, offset: Math.max(0, Number(position ?? 0) - value.length - 1) }
        uses.push(use)
        if (constants.includes(value)) constantUses.set(node, { ...use, members: [] })
      }
      if ((type === 'name' || type === 'string') && typeof value === 'string') fields.push(value)
      if (type === 'bind' && isObject(lhs)) bound.add(String(lhs.value))
      if (type === 'lambda' && Array.isArray(parameters)) {
        for (const parameter of parameters) if (isObject(parameter)) bound.add(String(parameter.value))
      }
      if (typeof focus === 'string') bound.add(focus)
      if (typeof index === 'string') bound.add(index)
    }
    for (const child of Object.values(node)) visit(child)
    if (isObject(node) && node.type === 'path' && Array.isArray(node.steps)) {
      const [first, ...rest]: unknown[] = node.steps
      const use = isObject(first) ? constantUses.get(first) : undefined
      if (use !== undefined) use.members = membersIn(rest)
    }
  }
  visit(ast)
  return {
    unknown: uses.filter(({ name }) => !known.has(name) && !bound.has(name)),
    unstable: uses.filter(({ name }) => UNSTABLE.has(name) && !bound.has(name)),
    fields,
    constants: [...constantUses.values()],
  }
}

/** The plain names at the beginning of a path. */
function membersIn(steps: readonly unknown[]): ConstantUse['members'] {
  const members: ConstantUse['members'] = []
  for (const step of steps) {
    if (!isObject(step) || step.type !== 'name' || typeof step.value !== 'string') break
    members.push({ name: step.value, offset: Math.max(0, Number(step.position ?? 0) - step.value.length) })
  }
  return members
}
