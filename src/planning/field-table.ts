import { isObject, type Json, type JsonObject } from '../json.ts'
import { Earliest } from '../kinds/earliest.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { saysNothing } from '../sources/text/written-nulls.ts'
import { describeSecret } from './action.ts'

/** How full one field is in all desired resources of a kind. */
export interface FieldColumn {
  /** `email`, `metadata.plan`. Includes fields of the kind that nothing fills. */
  field: string
  /** Resources with a value. */
  filled: number
  /** Distinct values, exact up to `DISTINCT_AT_MOST`, then that number plus one. */
  distinct: number
  /**
   * A value of the resource that provides the examples of all fields, else the first value.
   * Undefined: the field is always empty.
   */
  example?: Json
  /** The field is secret: it has no example, and `distinct` counts types of hashes. */
  secret?: true
  /** Of a secret field: the three most frequent types of hashes. */
  said?: string
  /** Resources whose value is a placeholder text: `NULL`, `undefined`. Absent: none. */
  writtenNulls?: { count: number; example: string }
}

/** The field table of one kind. It makes empty and constant columns visible. */
export interface FieldTable {
  kind: string
  plural: string
  resources: number
  fields: FieldColumn[]
  /** There are more fields than are counted. */
  cut?: true
}

/** Distinct values up to this number are counted exactly. */
export const DISTINCT_AT_MOST = 1000

/** The example is the resource with the most fields among this many. */
const EXAMPLES_FROM = 100

/** Maximum number of fields of a kind: an object used as a map can have any number of members. */
const MOST_FIELDS = 500

/** Longer values are compared by a hash to limit the memory. */
const WHOLE_VALUE = 24

/** The filled fields, with each member of an object as its own field. */
export function* flatFields(attributes: Record<string, Json>): Generator<[string, Json]> {
  for (const [field, value] of Object.entries(attributes)) {
    if (isObject(value)) {
      for (const [member, inner] of Object.entries(value)) if (isFilled(inner)) yield [`${field}.${member}`, inner]
    } else if (isFilled(value)) yield [field, value]
  }
}

interface Tally {
  filled: number
  values: Set<string | number>
  /** The first value, by its place. */
  first: Json
  place: number
  nulls: { count: number; example: string; place: number } | undefined
  /** For a secret: the types of hashes, how often each occurs, and where first. */
  said: Map<string, { count: number; place: number }> | undefined
}

/**
 * Counts the fields of a kind over any number of resources, in any order, in constant memory. If
 * there are too many fields, only their order decides which are left out.
 */
export class FieldCounts {
  readonly #definition: Pick<KindDefinition, 'name' | 'plural' | 'fields'>
  readonly #byField = new Map<string, Tally>()
  readonly #names = new Map<string, Tally>()
  readonly #members = new Map<string, Map<string, Tally>>()
  readonly #firstOnes = new Earliest<Record<string, Json>>(EXAMPLES_FROM)
  #resources = 0
  #cut = false

  constructor(definition: Pick<KindDefinition, 'name' | 'plural' | 'fields'>) {
    this.#definition = definition
  }

  get resources(): number {
    return this.#resources
  }

  /** There are more fields than are counted. */
  get cut(): boolean {
    return this.#cut
  }

  /**
   * Counts the fields that `flatFields` returns, without creating member names for each resource.
   * @param place of the resource
   */
  add(attributes: Record<string, Json>, secrets: JsonObject | null, place: number): void {
    this.#resources += 1
    this.#firstOnes.add(place, attributes)
    for (const field in attributes) {
      const value = attributes[field]
      if (!isObject(value)) this.#count(this.#names, field, '', value, place)
      else {
        const names = this.#members.get(field) ?? new Map<string, Tally>()
        this.#members.set(field, names)
        for (const member in value) this.#count(names, member, `${field}.`, value[member], place)
      }
    }
    for (const field in secrets) this.#countSecret(field, describeSecret(field, secrets[field]) ?? '', place)
  }

  table(): FieldTable {
    const { name: kind, plural, fields } = this.#definition
    let example = new Map<string, Json>()
    for (const attributes of this.#firstOnes.items()) {
      const values = new Map(flatFields(attributes))
      if (values.size > example.size) example = values
    }
    const columns = [...this.#byField].map(([field, tally]) => columnOf(field, tally, example.get(field)))
    return {
      kind,
      plural,
      resources: this.#resources,
      fields: [...emptyFields(fields, this.#byField), ...columns].toSorted(inOrderOf(Object.keys(fields))),
      ...(this.#cut && { cut: true }),
    }
  }

  #count(names: Map<string, Tally>, name: string, prefix: string, value: Json | undefined, place: number): void {
    if (!isFilled(value)) return
    const tally = names.get(name) ?? this.#of(`${prefix}${name}`, value, place)
    if (tally === undefined) return
    names.set(name, tally)
    tally.filled += 1
    if (place < tally.place) Object.assign(tally, { first: value, place })
    if (tally.values.size <= DISTINCT_AT_MOST) tally.values.add(distinguished(value))
    if (typeof value !== 'string' || !saysNothing(value)) return
    tally.nulls ??= { count: 0, example: value, place }
    tally.nulls.count += 1
    if (place < tally.nulls.place) Object.assign(tally.nulls, { example: value, place })
  }

  #countSecret(field: string, said: string, place: number): void {
    const tally = this.#of(field, null, place)
    if (tally === undefined) return
    tally.filled += 1
    tally.said ??= new Map()
    const known = tally.said.get(said)
    if (known === undefined) tally.said.set(said, { count: 1, place })
    else {
      known.count += 1
      known.place = Math.min(known.place, place)
    }
  }

  #of(field: string, first: Json, place: number): Tally | undefined {
    const known = this.#byField.get(field)
    if (known !== undefined) return known
    if (this.#byField.size >= MOST_FIELDS) {
      this.#cut = true
      return undefined
    }
    const tally: Tally = { filled: 0, values: new Set(), first, place, nulls: undefined, said: undefined }
    this.#byField.set(field, tally)
    return tally
  }
}

function columnOf(
  field: string,
  { filled, values, first, nulls, said }: Tally,
  example: Json | undefined,
): FieldColumn {
  if (said !== undefined) {
    const types = [...said]
      .filter(([type]) => type !== '')
      .sort(([, a], [, b]) => b.count - a.count || a.place - b.place)
    const named = types.slice(0, 3).map(([type]) => type)
    const told = named.length === 0 ? {} : { said: `${named.join(', ')}${types.length > 3 ? ', …' : ''}` }
    return { field, filled, distinct: said.size, secret: true, ...told }
  }
  return {
    field,
    filled,
    distinct: values.size,
    example: example ?? first,
    ...(nulls !== undefined && { writtenNulls: { count: nulls.count, example: nulls.example } }),
  }
}

/**
 * Fields of the kind that no resource has. If resources have members of a field, the members are
 * listed instead: `metadata.plan`.
 */
function emptyFields(fields: KindDefinition['fields'], found: ReadonlyMap<string, unknown>): FieldColumn[] {
  const members = new Set([...found.keys()].map((field) => field.split('.', 1)[0]))
  return Object.entries(fields)
    .filter(([field, { compared, secret }]) => compared !== false && !secret && !members.has(field))
    .map(([field]) => ({ field, filled: 0, distinct: 0 }))
}

/** In the order of the kind's fields. Members: most frequent first. */
function inOrderOf(names: readonly string[]) {
  const place = new Map(names.map((name, index) => [name, index]))
  const rank = ({ field }: FieldColumn) => place.get(field.split('.', 1)[0] ?? field) ?? names.length
  return (a: FieldColumn, b: FieldColumn) =>
    rank(a) - rank(b) || b.filled - a.filled || (a.field < b.field ? -1 : Number(a.field > b.field))
}

function distinguished(value: Json): string | number {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= WHOLE_VALUE ? text : hashOf(text)
}

/** 53 bits (cyrb53): among a thousand texts, two collide with a probability of 1 in 10^10. */
function hashOf(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}

function isFilled(value: Json | undefined): value is Json {
  return value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
}
