import type { Manifest, MappingExpectation } from '../../config/manifest.ts'
import type { Location } from '../../diagnostics/problem.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../json.ts'
import type { DraftDefinition } from '../../kinds/draft.ts'
import { draftDefinitions, draftOfRule } from '../../kinds/registry.ts'
import type { Draft, RoleGrant } from '../../rundb/drafts.ts'
import type { MapResult, Note, Reject } from '../result.ts'

/** A difference between the result of a record and its test. Contains no secrets. */
export interface Difference {
  /** `user.email`, `membership[1].roles`, `rejected` */
  what: string
  /** The place of the expectation. */
  at: Location
  /** A text, if values alone are not enough or cannot be shown. */
  message?: string
  /** Absent: no value expected. Neither this nor `actual` contains secrets. */
  expected?: Json
  /** Absent: there is no value. */
  actual?: Json
}

/** The result of a test. Without differences it passed. */
export interface TestOutcome {
  name: string
  at: Location
  differences: Difference[]
}

/** A difference whose place is still a path below `expect`. */
export interface Found extends Omit<Difference, 'at'> {
  path: string[]
}

/** The rules under `map`, in the order of the comparison. */
function rulesInOrder(): ReadonlySet<Rule> {
  return new Set<Rule>([
    'user',
    ...draftDefinitions.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    'roleAssignment',
  ])
}

type Rule = keyof Manifest['map']

/** The results of one record. */
export type Outcome = Pick<MapResult, 'drafts' | 'grants' | 'rejects' | 'notes'>

export function compareResult(expected: MappingExpectation, result: Outcome): Found[] {
  const resources = [...rulesInOrder()].flatMap((rule) => {
    const wanted = expected[rule]
    return wanted === undefined ? [] : compareRule(rule, wanted, resourcesOf(rule, result))
  })
  const rejected = compareBag('rejected', expected.rejected ?? [], result.rejects, isReject, rejectWords)
  const notes = expected.notes === undefined ? [] : compareBag('notes', expected.notes, result.notes, isNote, noteWords)
  return [...resources, ...rejected, ...notes]
}

/** The resources of one rule, with key, references and secrets among the fields. */
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

/** As `isObject`, for a JSON value. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value)
}

function countMessage(expected: number, actual: readonly JsonObject[]): string {
  const keys = actual.map(({ key }) => key).filter((key) => typeof key === 'string')
  const shown = keys.length === 0 ? '' : `: ${keys.join(', ')}`
  return `expected ${expected === 0 ? 'none' : expected}, got ${actual.length === 0 ? 'none' : actual.length}${shown}`
}

/** Compares in any order: every expected one must be there, and no other. */
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
            message: 'expected, but missing',
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

/** A difference of one field; see `Difference`. */
interface FieldDifference {
  /** Names below the resource: `['passwordHash', 'type']`. */
  path: string[]
  message?: string
  expected?: Json
  actual?: Json
}

/** Members of a secret field that can be shown: the type of a hash is not secret. */
const SHOWN_MEMBERS: ReadonlySet<string> = new Set(['type'])

/** The fields of a test that differ in a resource. */
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

/** How two secrets differ, without either. */
function secretMessage(expected: Json, actual: Json): string {
  if (actual === null) return 'missing (a secret, not shown)'
  if (expected === null) return 'a value, but none is expected (a secret, not shown)'
  if (typeof expected !== 'string' || typeof actual !== 'string') return 'it has another type than expected'
  const at = [...expected].findIndex((_, index) => expected[index] !== actual[index])
  const first = (at < 0 ? Math.min(expected.length, actual.length) : at) + 1
  return `it differs from character ${first} on: expected ${expected.length} characters, got ${actual.length} (a secret, not shown)`
}
