import type { CompiledExpression } from '../expressions/expression.ts'
import { isObject, type Json } from '../json.ts'
import type { CompiledRule } from './compile.ts'
import { Recent } from './recent.ts'

/**
 * How many items to remember at least, if they fit: enough for the organizations of ten million
 * users.
 */
const LEAST = { entries: 60_000, characters: 4_000_000 }

/** Characters that are read of an item at most. */
const LONGEST = 2_000

/**
 * Remembers recent results of a rule by the texts that it reads of an item: the same texts are not
 * evaluated again.
 */
export class ItemMemory<T> {
  readonly #names: readonly string[]
  readonly #recent = new Recent<T>(LEAST)

  /** @param names of all members that are read of an item */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  /** What is read of an item, as one text. Undefined: it is not text, or too long. */
  keyOf(item: Json): string | undefined {
    if (!isObject(item)) return undefined
    let key = ''
    for (const name of this.#names) {
      const value = item[name]
      if (typeof value === 'string') key += `${value.length} ${value}`
      else if (value === undefined) key += '-'
      else return undefined
    }
    return key.length > LONGEST ? undefined : key
  }

  get(key: string): T | undefined {
    return this.#recent.get(key)
  }

  set(key: string, made: T): void {
    this.#recent.set(key, made)
  }
}

/**
 * The members that the fields of a rule read of an item. Undefined: the result can depend on more
 * than these, or notes names.
 */
export function membersRead(rule: CompiledRule): string[] | undefined {
  if (rule.derives) return undefined
  const expressions = rule.fields.flatMap(({ value }): CompiledExpression[] =>
    Array.isArray(value) ? value.map(([, member]) => member) : [value],
  )
  if (!expressions.every(({ verbatim, readsRecord }) => verbatim && !readsRecord)) return undefined
  return [...new Set(expressions.flatMap(({ fields }) => fields))]
}
