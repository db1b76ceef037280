import type { Json, JsonObject } from '../json.ts'
import { Recent } from './recent.ts'

/** How many things are remembered at least, as long as there is room for their fields. */
const LEAST = { entries: 10_000, characters: 1_000_000 }

/** Characters of the fields of a thing at most. */
const LONGEST = 2_000

/** Remembers what a rule made of fields lately: an organization stands at each of its members. */
export class FieldMemory<T> {
  readonly #names: readonly string[]
  /** One for each key, by `#keyOf`. */
  readonly #recent = new Recent<{ fields: JsonObject; made: T }>(LEAST)

  /** @param names of all fields that something is made of */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  get(fields: JsonObject): T | undefined {
    const key = this.#keyOf(fields)
    const known = key === undefined ? undefined : this.#recent.get(key)
    return known !== undefined && this.#areSame(known.fields, fields) ? known.made : undefined
  }

  /**
   * The fields as they are to be remembered: values of a record may be parts of the text of a whole
   * file, which stays in memory as long as one of them does. Undefined: they are too long, or too
   * deep.
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
   * The first text among the fields, which mostly is the key, with the organization that it may be
   * the key in.
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

/** Undefined: the value is nested deeper than JSON can be written. */
function textOf(value: Json): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
