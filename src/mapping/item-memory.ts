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

/** What is read of an item: its members in the order of their names. */
export type Texts = readonly (string | undefined)[]

/**
 * Remembers recent results of a rule by the texts that it reads of an item: the same texts are not
 * evaluated again.
 */
export class ItemMemory<T> {
  readonly #names: readonly string[]
  /** By the first text, usually an ID: one result for each. */
  readonly #recent = new Recent<{ texts: Texts; made: T }>(LEAST)

  /** @param names of all members that are read of an item */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  /** Undefined: a member is not text, or they are too long. */
  textsOf(item: Json): Texts | undefined {
    if (!isObject(item)) return undefined
    const texts: (string | undefined)[] = []
    let length = 0
    for (const name of this.#names) {
      const value = item[name]
      if (typeof value === 'string') length += value.length
      else if (value !== undefined) return undefined
      texts.push(value)
    }
    return length > LONGEST ? undefined : texts
  }

  get(texts: Texts): T | undefined {
    const known = this.#recent.get(firstOf(texts))
    return known !== undefined && areSame(known.texts, texts) ? known.made : undefined
  }

  set(texts: Texts, made: T): void {
    const copy = texts.map(copyOf)
    const length = copy.reduce((sum, text) => sum + (text?.length ?? 0), 0)
    this.#recent.set(firstOf(copy), { texts: copy, made }, length)
  }
}

function firstOf(texts: Texts): string {
  for (const text of texts) if (text !== undefined) return text
  return ''
}

function areSame(one: Texts, other: Texts): boolean {
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}

/** A text that keeps no other text in memory: texts of a file are slices of it. */
function copyOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.parse(JSON.stringify(text))
}

/**
 * The members that the fields of a rule read of an item. Undefined: the result can depend on more
 * than these, or notes names.
 */
export function membersRead(rule: CompiledRule): string[] | undefined {
  if (rule.derives) return undefined
  // The key first: its text tells items apart.
  const fields = rule.fields.toSorted((one, other) => Number(other.name === 'key') - Number(one.name === 'key'))
  const expressions = fields.flatMap(({ value }): CompiledExpression[] =>
    Array.isArray(value) ? value.map(([, member]) => member) : [value],
  )
  if (!expressions.every(({ verbatim, readsRecord }) => verbatim && !readsRecord)) return undefined
  return [...new Set(expressions.flatMap(({ fields }) => fields))]
}
