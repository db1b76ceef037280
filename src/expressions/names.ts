import { nearest } from '../config/nearest.ts'
import { isObject, type Json } from '../json.ts'
import { everything, type Handler, isName, isText, listOf, offsetOf, visit } from './syntax.ts'

/**
 * JSONata 2.2's functions (docs.jsonata.org), without `eval`, which would execute expressions from
 * an export.
 */
export const builtIn: readonly string[] =
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis`.split(/\s+/)

/** Functions whose result differs on every run, so that every plan would have changes. */
export const UNSTABLE: ReadonlySet<string> = new Set(['now', 'millis', 'random', 'shuffle'])

/** What a `$name` can mean besides a function. */
const VARIABLES = ['', '$', 'record']

/** A `$name` in an expression. */
export interface NameUse {
  name: string
  /** Offset of its `$`. */
  offset: number
}

/** A constant that an expression reads: `$vars.organization.name`. */
export interface ConstantUse {
  /** `vars` */
  name: string
  /** The plain names after it, with their offsets. */
  members: { name: string; offset: number }[]
  /** Offset of its `$`. */
  offset: number
}

export interface Names {
  /** Every `$name` in it, without the `$`. */
  all: ReadonlySet<string>
  /** Names that are not defined: they return no value, or fail when called. */
  unknown: NameUse[]
  /** See UNSTABLE. */
  unstable: NameUse[]
  /** Names of fields, and texts, since `$lookup` uses these as names. */
  fields: string[]
  constants: ConstantUse[]
}

/**
 * Finds the `$names` in a syntax tree of JSONata.
 * @param functions available in addition to JSONata's own
 * @param constants names of constants
 */
export function namesIn(ast: unknown, functions: readonly string[], constants: readonly string[] = []): Names {
  const known = new Set([...builtIn, ...functions, ...VARIABLES, ...constants])
  const uses: NameUse[] = []
  const constantUses = new Map<object, ConstantUse>()
  const bound = new Set<string>()
  const fields: string[] = []
  const seen = new Set<object>()
  const other: Handler<undefined> = (node, state, descend) => {
    if (seen.has(node)) return
    seen.add(node)
    if (isName(node) || isText(node)) fields.push(node.value)
    for (const name of [node.focus, node.index]) if (typeof name === 'string') bound.add(name)
    everything(node, state, descend)
  }
  visit(ast, undefined, {
    other,
    variable(node, state, descend) {
      if (typeof node.value === 'string' && !seen.has(node)) {
        const use = { name: node.value, offset: offsetOf(node, 1) }
        uses.push(use)
        if (constants.includes(use.name)) constantUses.set(node, { ...use, members: [] })
      }
      other(node, state, descend)
    },
    bind(node, state, descend) {
      if (isObject(node.lhs)) bound.add(String(node.lhs.value))
      other(node, state, descend)
    },
    lambda(node, state, descend) {
      for (const parameter of listOf(node.arguments)) if (isObject(parameter)) bound.add(String(parameter.value))
      other(node, state, descend)
    },
    path(node, state, descend) {
      other(node, state, descend)
      const [first, ...rest] = listOf(node.steps)
      const use = isObject(first) ? constantUses.get(first) : undefined
      if (use !== undefined) use.members = membersIn(rest)
    },
  })
  return {
    all: new Set(uses.map(({ name }) => name)),
    unknown: uses.filter(({ name }) => !known.has(name) && !bound.has(name)),
    unstable: uses.filter(({ name }) => UNSTABLE.has(name) && !bound.has(name)),
    fields,
    constants: [...constantUses.values()],
  }
}

/** The plain names at the start of a path. */
function membersIn(steps: readonly unknown[]): ConstantUse['members'] {
  const members: ConstantUse['members'] = []
  for (const step of steps) {
    if (!isName(step)) break
    members.push({ name: step.value, offset: offsetOf(step) })
  }
  return members
}

/** Values that an expression reads as `$name`, for every record. */
export type Constants = Record<string, Json>

/** A member of a constant that an expression reads and that is missing. Undefined: all exist. */
export function missingConstant(
  uses: readonly ConstantUse[],
  constants: Constants,
): { message: string; hint: string; position: number } | undefined {
  for (const { name, members } of uses) {
    let path = name
    let value: unknown = constants[name]
    for (const member of members) {
      // JSONata looks into each item of a list; which of them have the name cannot be judged here.
      if (Array.isArray(value)) break
      const known = isObject(value) ? Object.keys(value) : []
      if (!isObject(value) || !known.includes(member.name)) {
        const close = nearest(member.name, known)
        return {
          message: `${path}.${member.name} is missing in the manifest`,
          hint: close === undefined ? `add it to ${path} in the manifest` : `did you mean $${path}.${close}?`,
          position: member.offset,
        }
      }
      value = value[member.name]
      path = `${path}.${member.name}`
    }
  }
  return undefined
}
