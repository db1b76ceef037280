import type { MergeRule } from '../config/manifest.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts'
import type { Attributes, DraftDefinition, ValueProblem, ValueRules } from './kind.ts'

/** A value that lost against another of the same field. Values of secret fields are left out. */
export interface MergeConflict {
  /** Index of the record whose value was not taken. */
  draft: number
  /** The field, or `field.member` of an object. */
  field: string
  kept?: Json
  dropped?: Json
}

export interface MergedDraft {
  attributes: Attributes
  secrets: JsonObject | null
  conflicts: MergeConflict[]
}

/**
 * One resource out of several records of it, in the order they were read. For each field the rule of the manifest counts,
 * then the manifest's `default`, then the rule of the kind: `first` takes the first value that is not empty, `any` is true
 * if any is, `last` takes the last, `union` unites lists in order and objects member by member, the first value of a member winning.
 * Secrets always follow `first`, each as a whole, and of fields that exclude each other the earliest wins. Those of a record that
 * does not prove whose account it is are not taken beside one that does (see `provenBy`).
 */
export function mergeDrafts(
  kind: Pick<DraftDefinition, 'fields' | 'exclusive' | 'provenBy'>,
  drafts: readonly { key: string; attributes: Attributes; secrets: JsonObject | null }[],
  rules: Readonly<Record<string, MergeRule>>,
): MergedDraft {
  const conflicts: MergeConflict[] = []
  const attributes: Attributes = {}
  for (const [field, definition] of Object.entries(kind.fields)) {
    if (definition.secret) continue
    const values = drafts.flatMap(({ attributes }, draft) => {
      const value = attributes[field]
      return filled(value) ? [{ draft, value }] : []
    })
    const merged = mergeValues(field, values, rules[field] ?? rules.default ?? definition.merge, conflicts)
    if (merged !== undefined) attributes[field] = merged
  }
  return { attributes, secrets: mergeSecrets(kind, drafts, conflicts), conflicts }
}

/** Limits that the union of values can break although every single record kept them. */
export function checkMerged(
  kind: Pick<DraftDefinition, 'checkMerged'>,
  attributes: Attributes,
  rules: ValueRules,
): ValueProblem[] {
  return kind.checkMerged?.(attributes, rules) ?? []
}

/** A value and the index of the record that has it. */
interface Held<T extends Json = Json> {
  draft: number
  value: T
}

function mergeValues(field: string, held: Held[], rule: MergeRule, conflicts: MergeConflict[]): Json | undefined {
  const values = held.map(({ value }) => value)
  const [first] = values
  if (first === undefined || values.length === 1) return first
  if (rule === 'any' && values.every((value) => typeof value === 'boolean')) return values.includes(true)
  if (rule === 'union' && values.every((value) => Array.isArray(value))) {
    return [...new Map(values.flat().map((item) => [canonicalJson(item), item])).values()]
  }
  if (rule === 'union' && held.every(isHeldObject)) return mergeMembers(field, held, conflicts)
  const kept = rule === 'last' ? (values.at(-1) ?? first) : first
  for (const { draft, value } of held) addConflict(draft, field, kept, value, conflicts)
  return kept
}

function isHeldObject(held: Held): held is Held<JsonObject> {
  return isObject(held.value)
}

function mergeMembers(field: string, held: Held<JsonObject>[], conflicts: MergeConflict[]): JsonObject {
  const merged: JsonObject = Object.create(null)
  for (const { draft, value } of held) {
    for (const [member, item] of Object.entries(value)) {
      const kept = merged[member]
      if (kept === undefined) merged[member] = item
      else addConflict(draft, `${field}.${member}`, kept, item, conflicts)
    }
  }
  return merged
}

function mergeSecrets(
  kind: Pick<DraftDefinition, 'fields' | 'exclusive' | 'provenBy'>,
  drafts: readonly { key: string; attributes: Attributes; secrets: JsonObject | null }[],
  conflicts: MergeConflict[],
): JsonObject | null {
  const merged: JsonObject = {}
  const proven = provenKeys(kind, drafts)
  for (const [draft, { key, secrets }] of drafts.entries()) {
    const foreign = proven.size > 0 && !proven.has(key)
    for (const [field, value] of Object.entries(secrets ?? {})) {
      if (!kind.fields[field]?.secret || !filled(value)) continue
      if (foreign) {
        conflicts.push({ draft, field })
        continue
      }
      const rivals = kind.exclusive?.find((group) => group.includes(field)) ?? [field]
      const holder = rivals.find((name) => merged[name] !== undefined)
      if (holder === undefined) merged[field] = value
      else if (holder !== field || canonicalJson(merged[field]) !== canonicalJson(value))
        conflicts.push({ draft, field })
    }
  }
  return Object.keys(merged).length === 0 ? null : merged
}

/** Keys of the records that prove whose account they are: rows of one key are one account. */
function provenKeys(
  { provenBy }: Pick<DraftDefinition, 'provenBy'>,
  drafts: readonly { key: string; attributes: Attributes }[],
): Set<string> {
  if (provenBy === undefined) return new Set()
  return new Set(drafts.filter(({ attributes }) => attributes[provenBy] === true).map(({ key }) => key))
}

function addConflict(draft: number, field: string, kept: Json, dropped: Json, conflicts: MergeConflict[]): void {
  if (canonicalJson(kept) !== canonicalJson(dropped)) conflicts.push({ draft, field, kept, dropped })
}

function filled(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== ''
}
