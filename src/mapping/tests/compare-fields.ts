import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'
import type { DraftDefinition } from '../../kinds/draft.ts'

/** How one field differs; see Difference. */
export interface FieldDifference {
  /** Names below the resource: `['passwordHash', 'type']`. */
  path: string[]
  message?: string
  expected?: Json
  actual?: Json
}

/** What may be shown of a secret field: the type of a hash is none. */
const SHOWN_MEMBERS: ReadonlySet<string> = new Set(['type'])

/** The fields that a test names in which a resource is otherwise. */
export function compareFields(
  expected: JsonObject,
  actual: JsonObject,
  definition: DraftDefinition | undefined,
): FieldDifference[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const field = definition?.fields[name]
    const found = actual[name]
    if (field?.secret) return compareSecret([name], wanted, found)
    const isSame = field?.compare === 'set' ? sameSet(wanted, found) : same(wanted, found)
    return isSame ? [] : [valueDifference([name], wanted, found)]
  })
}

/** Null in a test means absent. */
function same(expected: Json, actual: Json | undefined): boolean {
  return canonicalJson(expected) === canonicalJson(actual ?? null)
}

function sameSet(expected: Json, actual: Json | undefined): boolean {
  const sorted = (value: Json | undefined): Json[] =>
    (Array.isArray(value) ? value : []).toSorted((a, b) => canonicalJson(a).localeCompare(canonicalJson(b)))
  if (!Array.isArray(expected)) return same(expected, actual)
  return same(sorted(expected), sorted(actual))
}

function valueDifference(path: string[], expected: Json, actual: Json | undefined): FieldDifference {
  const difference: FieldDifference = { path }
  if (expected !== null) difference.expected = expected
  if (actual !== undefined && actual !== null) difference.actual = actual
  return difference
}

function compareSecret(path: string[], expected: Json, actual: Json | undefined): FieldDifference[] {
  if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([member, wanted]) => {
      const found = actual[member] ?? null
      if (same(wanted, found)) return []
      if (SHOWN_MEMBERS.has(member)) return [valueDifference([...path, member], wanted, found)]
      return [{ path: [...path, member], message: secretMessage(wanted, found) }]
    })
  }
  return same(expected, actual) ? [] : [{ path, message: secretMessage(expected, actual ?? null) }]
}

/** What is different about two secrets, without showing either. */
function secretMessage(expected: Json, actual: Json): string {
  if (actual === null) return 'there is none (it is a secret, and not shown)'
  if (expected === null) return 'there is one, and none is expected (it is a secret, and not shown)'
  if (typeof expected !== 'string' || typeof actual !== 'string') return 'it is of another kind than expected'
  const at = [...expected].findIndex((_, index) => expected[index] !== actual[index])
  const first = (at < 0 ? Math.min(expected.length, actual.length) : at) + 1
  return `it differs from character ${first} on: ${expected.length} characters are expected, ${actual.length} came (it is a secret, and not shown)`
}
