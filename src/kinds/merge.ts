import type { MergeRule, MergeStrategy } from '../config/manifest.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { DraftDefinition, ValueProblem, ValueRules } from './draft.ts'
import { mergeSecrets } from './merge-secrets.ts'
import { type Held, isFilled, type Taken, takeMembers, takeValue } from './merge-values.ts'
import type { Mergeable, MergeConflict, MergedKind } from './mergeable.ts'

export interface MergedDraft {
  attributes: Attributes
  secrets: JsonObject | null
  conflicts: MergeConflict[]
}

/**
 * One resource out of several records of it, in their order: the first is preferred, and stands for all. With `merge` the rule of the
 * manifest counts for each field, then the manifest's `default`, then the rule of the kind; empty values never win. With any
 * other strategy all fields are those of the first record. Secrets are taken as a whole, one of those that exclude each other; those
 * of a record that does not prove whose account it is are not taken beside one that does, whatever the strategy (see `provenBy`).
 */
export function mergeDrafts(
  kind: MergedKind,
  drafts: readonly Mergeable[],
  rules: Readonly<Record<string, MergeRule>>,
  strategy: MergeStrategy = 'merge',
): MergedDraft {
  const conflicts: MergeConflict[] = []
  const attributes: Attributes = {}
  const whole = strategy === 'merge' ? undefined : wholeRule(strategy)
  for (const [field, definition] of Object.entries(kind.fields)) {
    if (definition.secret) continue
    const about = definition.about
    const held = drafts.flatMap((draft, index): Held[] => {
      const value = draft.attributes[field]
      if (!isFilled(value)) return []
      // What is said of one address is not said of another.
      if (about !== undefined && attributes[about] !== draft.attributes[about]) return []
      return [{ draft: index, value, updatedAt: draft.updatedAt ?? null, records: draft.records ?? 1 }]
    })
    const rule = whole ?? rules[field] ?? rules.default ?? definition.merge
    const taken = whole === undefined ? takeField(field, held, rule, rules) : takeOfFirst(held)
    if (taken === undefined) continue
    if (taken.value !== undefined) {
      attributes[field] = definition.compare === 'set' ? inOrder(taken.value) : taken.value
    }
    for (const { value, draft, member, from, kept, rule: by = rule } of taken.lost) {
      const name = member === undefined ? field : `${field}.${member}`
      conflicts.push({ draft, field: name, rule: by, from, kept, dropped: value })
    }
  }
  return { attributes, secrets: mergeSecrets(kind, drafts, attributes, rules, whole, conflicts), conflicts }
}

/** Limits that the union of values can break although every single record kept them. */
export function checkMerged(
  kind: Pick<DraftDefinition, 'checkMerged'>,
  attributes: Attributes,
  rules: ValueRules,
): ValueProblem[] {
  return kind.checkMerged?.(attributes, rules) ?? []
}

/** The rule that a strategy is for every field. Records that `error` lets through are repeats of each other. */
function wholeRule(strategy: Exclude<MergeStrategy, 'merge'>): MergeRule {
  return strategy === 'error' ? 'first' : strategy
}

function takeField(
  field: string,
  held: readonly Held[],
  rule: MergeRule,
  rules: Readonly<Record<string, MergeRule>>,
): Taken | undefined {
  const prefix = `${field}.`
  const ofMembers = Object.entries(rules)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, memberRule]): [string, MergeRule] => [name.slice(prefix.length), memberRule])
  return takeMembers(held, rule, new Map(ofMembers)) ?? takeValue(held, rule)
}

/** The value of the record that is taken whole, which may be none. */
function takeOfFirst(held: readonly Held[]): Taken {
  const own = held.find(({ draft }) => draft === 0)
  const kept = own?.value ?? null
  const lost = held.filter(({ value }) => canonicalJson(value) !== canonicalJson(kept))
  return { value: own?.value, lost: lost.map(({ draft, value }) => ({ draft, value, from: 0, kept })) }
}

/** A set has one order, whichever record came first. */
function inOrder(value: Json): Json {
  if (!Array.isArray(value)) return value
  return value
    .map((item): [string, Json] => [canonicalJson(item), item])
    .sort(byText)
    .map(([, item]) => item)
}

function byText([a]: [string, Json], [b]: [string, Json]): number {
  return a < b ? -1 : Number(a > b)
}
