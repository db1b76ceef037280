import type { Json, JsonObject } from '../json.ts'
import { Recent } from './recent.ts'

/** How many results to remember at least, if they fit. */
const LEAST = { entries: 10_000, characters: 1_000_000 }

/** Characters of the fields of one result at most. */
const LONGEST = 2_000

/** Remembers recent results of a rule by its fields: an organization repeats for each member. */
export class FieldMemory<T> {
  readonly #names: readonly string[]
  /** One for each key, by `#keyOf`. */
  readonly #recent = new Recent<{ fields: JsonObject; made: T }>(LEAST)

  /** @param names of all fields that the result depends on */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  get(fields: JsonObject): T | undefined {
    const key = this.#keyOf(fields)
    const known = key === undefined ? undefined : this.#recent.get(key)
    return known !== undefined && this.#areSame(known.fields, fields) ? known.made : undefined
  }

  /**
   * A copy of the fields to remember: a value can be a slice of a whole file's text, and would keep
   * it in memory. Undefined: too long or too deep.
   */
  copyOf(fields: JsonObject): JsonObject | undefined {
    const text = textOf(fields)
    return text === undefined || text.length > LONGEST ? undefined : JSON.parse(text)
  }

  /** @param fields a copy */
  set(fields: JsonObject, made: T): void {
    const key = this.#keyOf(fields)
    if (key !== undefined) this.#recent.set(key, { fields, made }, textOf(fields)?.length)
  }

  /**
   * The first text among the fields, usually the key, with the organization in which it is the key.
   */
  #keyOf(fields: JsonObject): string | undefined {
    for (const name of this.#names) {
      const text = fields[name]
      if (typeof text !== 'string') continue
      const { organization } = fields
      return typeof organization === 'string' ? `${text}\n${organization}` : text
    }
    return undefined
  }

  #areSame(some: JsonObject, others: JsonObject): boolean {
    for (const name of this.#names) {
      const one = some[name]
      const other = others[name]
      if (one !== other && !areSame(one, other)) return false
    }
    return true
  }
}

function areSame(one: Json | undefined, other: Json | undefined): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return false
  const text = textOf(one)
  return text !== undefined && text === textOf(other)
}

/** Undefined: the value is nested too deep for JSON. */
function textOf(value: Json): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
