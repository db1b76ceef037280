import type { MergeRule } from '../config/manifest.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts'
import type { Attributes, KindDefinition, ValueProblem, ValueRules } from './kind.ts'

/** A value that lost against another of the same field. Values of secret fields are left out. */
export interface MergeConflict {
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
 * if any is, `union` unites lists in order and objects member by member, the first value of a member winning.
 * Secrets always follow `first`, each as a whole, and of fields that exclude each other the earliest wins.
 */
export function mergeDrafts(
  kind: Pick<KindDefinition, 'fields' | 'exclusive'>,
  drafts: readonly { key: string; attributes: Attributes; secrets: JsonObject | null }[],
  rules: Readonly<Record<string, MergeRule>>,
): MergedDraft {
  const conflicts: MergeConflict[] = []
  const attributes: Attributes = {}
  for (const [field, definition] of Object.entries(kind.fields)) {
    if (definition.secret) continue
    const values = drafts.map((draft) => draft.attributes[field]).filter(filled)
    const merged = mergeValues(field, values, rules[field] ?? rules.default ?? definition.merge, conflicts)
    if (merged !== undefined) attributes[field] = merged
  }
  return { attributes, secrets: mergeSecrets(kind, drafts, conflicts), conflicts }
}

/** Limits that the union of values can break although every single record kept them. */
export function checkMerged(
  kind: Pick<KindDefinition, 'checkMerged'>,
  attributes: Attributes,
  rules: ValueRules,
): ValueProblem[] {
  return kind.checkMerged?.(attributes, rules) ?? []
}

function mergeValues(field: string, values: Json[], rule: MergeRule, conflicts: MergeConflict[]): Json | undefined {
  const [first] = values
  if (first === undefined || values.length === 1) return first
  if (rule === 'any' && values.every((value) => typeof value === 'boolean')) return values.includes(true)
  if (rule === 'union' && values.every((value) => Array.isArray(value))) {
    return [...new Map(values.flat().map((item) => [canonicalJson(item), item])).values()]
  }
  if (rule === 'union' && values.every((value) => isObject(value))) return mergeMembers(field, values, conflicts)
  for (const dropped of values.slice(1)) addConflict(field, first, dropped, conflicts)
  return first
}

function mergeMembers(field: string, values: JsonObject[], conflicts: MergeConflict[]): JsonObject {
  const merged: JsonObject = Object.create(null)
  for (const [member, value] of values.flatMap(Object.entries<Json>)) {
    const kept = merged[member]
    if (kept === undefined) merged[member] = value
    else addConflict(`${field}.${member}`, kept, value, conflicts)
  }
  return merged
}

function mergeSecrets(
  kind: Pick<KindDefinition, 'fields' | 'exclusive'>,
  drafts: readonly { secrets: JsonObject | null }[],
  conflicts: MergeConflict[],
): JsonObject | null {
  const merged: JsonObject = {}
  for (const { secrets } of drafts) {
    for (const [field, value] of Object.entries(secrets ?? {})) {
      if (!kind.fields[field]?.secret || !filled(value)) continue
      const rivals = kind.exclusive?.find((group) => group.includes(field)) ?? [field]
      const holder = rivals.find((name) => merged[name] !== undefined)
      if (holder === undefined) merged[field] = value
      else if (holder !== field || canonicalJson(merged[field]) !== canonicalJson(value)) conflicts.push({ field })
    }
  }
  return Object.keys(merged).length === 0 ? null : merged
}

function addConflict(field: string, kept: Json, dropped: Json, conflicts: MergeConflict[]): void {
  if (canonicalJson(kept) !== canonicalJson(dropped)) conflicts.push({ field, kept, dropped })
}

function filled(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== ''
}
