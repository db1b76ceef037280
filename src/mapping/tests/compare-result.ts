import type { Manifest, MappingExpectation } from '../../config/manifest.ts'
import type { Location } from '../../diagnostics/problem.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'
import type { DraftDefinition } from '../../kinds/draft.ts'
import { draftDefinitions, draftOfRule } from '../../kinds/registry.ts'
import type { Draft, RoleGrant } from '../../rundb/drafts.ts'
import type { MapResult, Note, Reject } from '../result.ts'

/** One thing in which what came of a record is not what its test expects. No secret is in it. */
export interface Difference {
  /** `user.email`, `membership[1].roles`, `rejected` */
  what: string
  /** Where the expectation is written. */
  at: Location
  /** In words, where values alone would not tell, or may not be shown. */
  message?: string
  /** Absent: nothing is expected. Secrets are neither here nor in `actual`. */
  expected?: Json
  /** Absent: there is nothing. */
  actual?: Json
}

/** How a test ended. It has passed without differences. */
export interface TestOutcome {
  name: string
  at: Location
  differences: Difference[]
}

/** A difference whose place is still a path beneath `expect`. */
export interface Found extends Omit<Difference, 'at'> {
  path: string[]
}

/** The rules under `map`, in the order in which what they yield is compared. */
function rulesInOrder(): ReadonlySet<Rule> {
  return new Set<Rule>([
    'user',
    ...draftDefinitions.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    'roleAssignment',
  ])
}

type Rule = keyof Manifest['map']

/** What came of one record. */
export type Outcome = Pick<MapResult, 'drafts' | 'grants' | 'rejects' | 'notes'>

/** Where a mapping yields something else than a test expects. */
export function compareResult(expected: MappingExpectation, result: Outcome): Found[] {
  const resources = [...rulesInOrder()].flatMap((rule) => {
    const wanted = expected[rule]
    return wanted === undefined ? [] : compareRule(rule, wanted, resourcesOf(rule, result))
  })
  const rejected = compareBag('rejected', expected.rejected ?? [], result.rejects, isReject, rejectWords)
  const notes = expected.notes === undefined ? [] : compareBag('notes', expected.notes, result.notes, isNote, noteWords)
  return [...resources, ...rejected, ...notes]
}

/** What came of one rule, each with its key, its references and its secrets among the fields. */
function resourcesOf(rule: Rule, { drafts, grants }: Outcome): JsonObject[] {
  if (rule === 'roleAssignment')
    return grants.map(({ user, organization, role }: RoleGrant) => ({ user, organization, role }))
  return drafts.filter((draft) => draft.kind === draftOfRule(rule)?.name).map(fieldsOf)
}

function fieldsOf({ key, attributes, secrets, refs }: Draft): JsonObject {
  return { key, ...refs, ...JSON.parse(attributes), ...(secrets === null ? {} : JSON.parse(secrets)) }
}

function compareRule(rule: Rule, wanted: Json, actual: readonly JsonObject[]): Found[] {
  const isList = Array.isArray(wanted)
  const list = (isList ? wanted : wanted === null ? [] : [wanted]).map((item) => (isJsonObject(item) ? item : {}))
  if (list.length !== actual.length) {
    const found: Found = { what: rule, path: [rule], message: countMessage(list.length, actual) }
    return [found]
  }
  const definition = draftOfRule(rule)
  return list.flatMap((item, index) =>
    compareFields(item, actual[index] ?? {}, definition).map(({ path, ...difference }) => ({
      ...difference,
      what: [`${rule}${isList ? `[${index}]` : ''}`, ...path].join('.'),
      path: [rule, ...(isList ? [String(index)] : []), ...path],
    })),
  )
}

/** As `isObject`, of what is JSON already. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value)
}

function countMessage(expected: number, actual: readonly JsonObject[]): string {
  const keys = actual.map(({ key }) => key).filter((key) => typeof key === 'string')
  const shown = keys.length === 0 ? '' : `: ${keys.join(', ')}`
  return `${expected === 0 ? 'none' : expected} expected, ${actual.length === 0 ? 'none' : actual.length} came${shown}`
}

/** Compares without regard to order: every one that is expected must be there, and no other. */
function compareBag<Expected extends JsonObject, Actual>(
  what: string,
  expected: readonly Expected[],
  actual: readonly Actual[],
  fits: (expected: Expected, actual: Actual) => boolean,
  words: (actual: Actual) => string,
): Found[] {
  const left = [...actual]
  const missing = expected.flatMap((wanted, index): Found[] => {
    const at = left.findIndex((candidate) => fits(wanted, candidate))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
      ? []
      : [
          {
            what: `${what}[${index}]`,
            path: [what, String(index)],
            message: 'expected, and not there',
            expected: wanted,
          },
        ]
  })
  return [...missing, ...left.map((found) => ({ what, path: [what], message: `not expected: ${words(found)}` }))]
}

type ExpectedReject = NonNullable<MappingExpectation['rejected']>[number]

type ExpectedNote = NonNullable<MappingExpectation['notes']>[number]

function isReject({ kind, code, field }: ExpectedReject, actual: Reject): boolean {
  return kind === actual.kind && code === actual.code && (field === undefined || field === actual.field)
}

function rejectWords({ kind, key, code, field, message }: Reject): string {
  return `${kind}${key === null ? '' : ` ${key}`}${field === undefined ? '' : `, ${field}`}: ${message} [${code}]`
}

function isNote({ code, detail }: ExpectedNote, actual: Note): boolean {
  return code === actual.code && (detail === undefined || detail === actual.detail)
}

function noteWords({ kind, key, code, detail }: Note): string {
  return `${kind} ${key}: ${code} (${detail})`
}

/** How one field differs; see Difference. */
interface FieldDifference {
  /** Names below the resource: `['passwordHash', 'type']`. */
  path: string[]
  message?: string
  expected?: Json
  actual?: Json
}

/** What may be shown of a secret field: the type of a hash is none. */
const SHOWN_MEMBERS: ReadonlySet<string> = new Set(['type'])

/** The fields that a test names in which a resource is otherwise. */
function compareFields(
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
