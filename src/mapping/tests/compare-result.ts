import type { Manifest, MappingExpectation } from '../../config/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { draftDefinitions, draftOfRule } from '../../kinds/registry.ts'
import type { Draft } from '../../rundb/drafts.ts'
import type { RoleGrant } from '../../rundb/grants.ts'
import type { MapResult, Note, Reject } from '../result.ts'
import { compareFields } from './compare-fields.ts'
import type { Difference } from './outcome.ts'

/** A difference whose place is still a path beneath `expect`. */
export interface Found extends Omit<Difference, 'at'> {
  path: string[]
}

/** The rules under `map`, in the order in which what they yield is compared. */
const RULES: ReadonlySet<Rule> = new Set<Rule>([
  'user',
  ...draftDefinitions.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
  'roleAssignment',
])

type Rule = keyof Manifest['map']

/** What came of one record. */
export type Outcome = Pick<MapResult, 'drafts' | 'grants' | 'rejects' | 'notes'>

/** Where a mapping yields something else than a test expects. */
export function compareResult(expected: MappingExpectation, result: Outcome): Found[] {
  const resources = [...RULES].flatMap((rule) => {
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
  const list = (isList ? wanted : wanted === null ? [] : [wanted]).map((item) => (isObject(item) ? item : {}))
  if (list.length !== actual.length) {
    const found: Found = { what: rule, path: [rule], message: countMessage(list.length, actual) }
    return [found]
  }
  const definition = draftOfRule(rule)
  return list.flatMap((item, index) =>
    compareFields(item as JsonObject, actual[index] ?? {}, definition).map(({ path, ...difference }) => ({
      ...difference,
      what: [`${rule}${isList ? `[${index}]` : ''}`, ...path].join('.'),
      path: [rule, ...(isList ? [String(index)] : []), ...path],
    })),
  )
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
