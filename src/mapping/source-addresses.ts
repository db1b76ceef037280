import type { CompiledExpression } from '../expressions/expression.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { confusableAddress } from '../kinds/values/email.ts'
import type { CompiledRule } from './rule.ts'

/** Fields that say whose something is. The key of an organization or a group is no address. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['email', 'user'])

/** How deep a value of the record is looked into, and how many of its texts are looked at. */
const DEPTH = 6

/**
 * Addresses of the record that a program may take for another one, where an expression that tells people apart makes something else of
 * them: `$lowercase` and its like may fold two of them into one before any rule sees the value. What an expression passes on as it is
 * is checked as the value that it is.
 */
export function confusableSources(rule: CompiledRule, item: Json, record: JsonObject): ValueProblem[] {
  for (const { name, value } of rule.fields) {
    if (!OF_PEOPLE.has(name) && !(rule.kind === 'user' && name === 'key')) continue
    for (const expression of Array.isArray(value) ? value.map(([, member]) => member) : [value]) {
      if (expression.verbatim) continue
      const fault = faultIn(expression, item, record)
      if (fault !== undefined) return [{ ...fault, field: name }]
    }
  }
  return []
}

function faultIn({ fields }: CompiledExpression, item: Json, record: JsonObject): ReturnType<typeof confusableAddress> {
  for (const name of fields) {
    for (const holder of item === record ? [record] : [item, record]) {
      if (!isObject(holder) || !Object.hasOwn(holder, name)) continue
      const fault = faultWithin(holder[name], fields, DEPTH)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

/** Of objects, those members count that the expression names. */
function faultWithin(value: unknown, names: readonly string[], depth: number): ReturnType<typeof confusableAddress> {
  if (typeof value === 'string') return confusableAddress(value)
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  const inner = Array.isArray(value)
    ? value
    : names.flatMap((name) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))
  for (const one of inner) {
    const fault = faultWithin(one, names, depth - 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
