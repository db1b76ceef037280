import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject, type Json } from '../json.ts'
import type { KindDefinition } from '../resources/kind.ts'
import { describeSecrets } from './action-values.ts'

/** How full one field is over all desired resources of a kind. */
export interface FieldColumn {
  /** `email`, `metadata.plan`; fields that the kind has and nothing fills are among them. */
  field: string
  /** Resources with a value. */
  filled: number
  /** Different values, exact up to `DISTINCT_AT_MOST`, then that and one. */
  distinct: number
  /** A value of the resource that serves as the example for all fields; else the first value there is. Undefined: nothing is filled. */
  example?: Json
  /** The field is secret: no example; distinct counts what may be said of them, the types of hashes. */
  secret?: true
}

/** The field table of one kind, by which an empty or a constant column is seen at a glance. */
export interface FieldTable {
  kind: string
  plural: string
  /** Desired resources. */
  resources: number
  fields: FieldColumn[]
}

/** So many different values are counted exactly. */
export const DISTINCT_AT_MOST = 1000

/** Where the example is looked for: among so many resources, the one with most fields filled. */
const EXAMPLES_FROM = 100

/** The field tables of all kinds that have a desired resource, in the kinds' order. What is in memory does not grow with the users. */
export function fieldTables(set: DesiredSet, definitions: readonly KindDefinition[]): FieldTable[] {
  return definitions.map((definition) => fieldTable(set, definition)).filter(({ resources }) => resources > 0)
}

interface Tally {
  filled: number
  values: Set<string>
  first: Json
  secret: boolean
}

function fieldTable({ staging }: DesiredSet, { name, plural, fields }: KindDefinition): FieldTable {
  const tallies = new Map<string, Tally>()
  const tally = (field: string, value: Json, secret: boolean) => {
    let known = tallies.get(field)
    if (known === undefined) {
      known = { filled: 0, values: new Set(), first: value, secret }
      tallies.set(field, known)
    }
    known.filled += 1
    if (known.values.size <= DISTINCT_AT_MOST)
      known.values.add(typeof value === 'string' ? value : JSON.stringify(value))
  }
  let resources = 0
  let example = new Map<string, Json>()
  const rows = staging.db.prepare('SELECT attributes, secrets FROM desired WHERE kind = ? ORDER BY seq').iterate(name)
  for (const row of rows) {
    const values = [...valuesOf(JSON.parse(String(row.attributes)))]
    for (const [field, value] of values) tally(field, value, false)
    if (row.secrets !== null) {
      for (const [field, said] of Object.entries(describeSecrets(JSON.parse(String(row.secrets)))))
        tally(field, said, true)
    }
    resources += 1
    if (resources <= EXAMPLES_FROM && values.length > example.size) example = new Map(values)
  }
  const known = Object.keys(fields).filter((field) => fields[field]?.compared !== false && !fields[field]?.secret)
  const listed = [...new Set([...known.filter((field) => !hasMembers(field, tallies)), ...tallies.keys()])]
  const order = (field: string) => Object.keys(fields).indexOf(field.split('.', 1)[0] ?? field)
  return {
    kind: name,
    plural,
    resources,
    fields: listed
      .toSorted((a, b) => order(a) - order(b))
      .map((field): FieldColumn => {
        const found = tallies.get(field)
        if (found === undefined) return { field, filled: 0, distinct: 0 }
        const { filled, values, first, secret } = found
        if (secret) return { field, filled, distinct: values.size, secret }
        return { field, filled, distinct: values.size, example: example.get(field) ?? first }
      }),
  }
}

/** Whether members of it are listed in its place: `metadata.plan` for `metadata`. */
function hasMembers(field: string, tallies: ReadonlyMap<string, unknown>): boolean {
  return [...tallies.keys()].some((name) => name.startsWith(`${field}.`))
}

/** The filled fields, an object's members one by one. */
function* valuesOf(attributes: Record<string, Json>): Generator<[string, Json]> {
  for (const [field, value] of Object.entries(attributes)) {
    if (isObject(value)) {
      for (const [member, inner] of Object.entries(value)) if (isFilled(inner)) yield [`${field}.${member}`, inner]
    } else if (isFilled(value)) yield [field, value]
  }
}

function isFilled(value: Json | undefined): value is Json {
  return value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
}
