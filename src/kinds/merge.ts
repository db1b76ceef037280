import type { MergeRule, MergeStrategy } from '../config/manifest.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import type { DraftDefinition, ValueProblem, ValueRules } from './draft.ts'
import { type Held, isFilled, type Taken, takeMembers, takeValue } from './merge-values.ts'

/** A record of a resource during a merge. */
export interface Mergeable {
  key: string
  attributes: Attributes
  secrets: JsonObject | null
  /** When it last changed, in milliseconds since 1970. */
  updatedAt?: number | null
  /** How many records it represents. Default 1. */
  records?: number
}

/** The parts of a kind that merging reads. */
export type MergedKind = Pick<DraftDefinition, 'fields' | 'exclusive' | 'provenBy'>

/** A value that lost to another of the same field. Contains no values of secret fields. */
export interface MergeConflict {
  /** Index of the record whose value was not taken. */
  draft: number
  /** The field, or `field.member` of an object. */
  field: string
  /**
   * What decided: a rule, the strategy that took another record whole, or `proof` (see `provenBy`).
   */
  rule: MergeRule | 'proof'
  /** Index of the record whose value was taken. Of a secret, undefined if none was taken. */
  from?: number
  /** The secret field that was taken, if it is another one. */
  instead?: string
  kept?: Json
  dropped?: Json
}

export interface MergedDraft {
  attributes: Attributes
  secrets: JsonObject | null
  conflicts: MergeConflict[]
}

/**
 * Merges several records of one resource; the first is preferred. With `merge`, the manifest's rule
 * for a field counts, then its `default`, then the rule of the kind; empty values never win. Other
 * strategies take all fields of the first record. Of secrets that exclude each other, one is taken
 * whole. With any strategy, records without proof lose their secrets to a record with it (see
 * `provenBy`).
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
      // A statement about one address does not apply to another.
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

/** Limits that combined values can exceed although each record kept them. */
export function checkMerged(
  kind: Pick<DraftDefinition, 'checkMerged'>,
  attributes: Attributes,
  rules: ValueRules,
): ValueProblem[] {
  return kind.checkMerged?.(attributes, rules) ?? []
}

/**
 * The rule of a strategy for every field. Records that `error` accepts are repeats of each other.
 */
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

/** The value of the record that is taken whole; it can be empty. */
function takeOfFirst(held: readonly Held[]): Taken {
  const own = held.find(({ draft }) => draft === 0)
  const kept = own?.value ?? null
  const lost = held.filter(({ value }) => canonicalJson(value) !== canonicalJson(kept))
  return { value: own?.value, lost: lost.map(({ draft, value }) => ({ draft, value, from: 0, kept })) }
}

/** Sorts a set, so that the order of records does not matter. */
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

interface Candidate {
  field: string
  draft: number
  value: Json
  updatedAt: number | null
}

/**
 * Takes one of the secrets that exclude each other, as a whole: a hash never gets the type of
 * another. The others become conflicts, without their values.
 * @param attributes the merged attributes
 * @param whole the rule of a strategy that takes only the first record
 */
function mergeSecrets(
  kind: MergedKind,
  drafts: readonly Mergeable[],
  attributes: Attributes,
  rules: Readonly<Record<string, MergeRule>>,
  whole: MergeRule | undefined,
  conflicts: MergeConflict[],
): JsonObject | null {
  const proven = provenKeys(kind, drafts, attributes)
  const isForeign = (draft: number) => proven.size > 0 && !proven.has(drafts[draft]?.key ?? '')
  const merged: JsonObject = {}
  for (const rivals of rivalries(kind)) {
    const all = drafts.flatMap((draft, index) => secretsOf(draft, index, rivals))
    const open = all.filter(({ draft }) => !isForeign(draft) && (whole === undefined || draft === 0))
    const ruleOf = (field: string) => whole ?? rules[field] ?? rules.default ?? kind.fields[field]?.merge ?? 'first'
    const kept = take(open, ruleOf)
    if (kept !== undefined) merged[kept.field] = kept.value
    for (const candidate of all) {
      if (kept !== undefined && kept.field === candidate.field && sameSecret(kept, candidate)) continue
      const { field, draft } = candidate
      conflicts.push({
        draft,
        field,
        rule: isForeign(draft) ? 'proof' : ruleOf(field),
        ...(kept !== undefined && { from: kept.draft, ...(kept.field !== field && { instead: kept.field }) }),
      })
    }
  }
  return Object.keys(merged).length === 0 ? null : merged
}

/** The secret fields of a kind; those that exclude each other are grouped. */
function rivalries({ fields, exclusive = [] }: MergedKind): string[][] {
  const secret = Object.keys(fields).filter((field) => fields[field]?.secret)
  const alone = secret.filter((field) => !exclusive.some((group) => group.includes(field)))
  return [
    ...exclusive.map((group) => group.filter((field) => secret.includes(field))),
    ...alone.map((field) => [field]),
  ]
}

function secretsOf({ secrets, updatedAt = null }: Mergeable, draft: number, fields: readonly string[]): Candidate[] {
  return fields.flatMap((field) => {
    const value = secrets?.[field]
    return isFilled(value) ? [{ field, draft, value, updatedAt }] : []
  })
}

/**
 * Each field's rule chooses one candidate. If fields exclude each other and their rules differ, the
 * preferred record wins.
 */
function take(open: readonly Candidate[], ruleOf: (field: string) => MergeRule): Candidate | undefined {
  const byRule = Map.groupBy(open, ({ field }) => ruleOf(field))
  const chosen = [...byRule].map(([rule, candidates]) => choose(candidates, rule))
  return chosen.filter((candidate) => candidate !== undefined).sort((a, b) => a.draft - b.draft)[0]
}

function choose(candidates: readonly Candidate[], rule: MergeRule): Candidate | undefined {
  if (rule === 'last') return candidates.at(-1)
  if (rule !== 'newest') return candidates[0]
  const time = ({ updatedAt }: Candidate) => updatedAt ?? Number.NEGATIVE_INFINITY
  return candidates.reduce<Candidate | undefined>(
    (found, next) => (found === undefined || time(next) > time(found) ? next : found),
    undefined,
  )
}

function sameSecret(a: Candidate, b: Candidate): boolean {
  return canonicalJson(a.value) === canonicalJson(b.value)
}

/**
 * Keys of the records that prove whose account they are: rows of one key are one account. Proof for
 * the kept address comes before proof for another one.
 */
function provenKeys(
  { provenBy, fields }: MergedKind,
  drafts: readonly Mergeable[],
  merged: Attributes,
): ReadonlySet<string> {
  if (provenBy === undefined) return new Set()
  const proving = drafts.filter(({ attributes }) => attributes[provenBy] === true)
  const about = fields[provenBy]?.about
  const same = about === undefined ? proving : proving.filter(({ attributes }) => attributes[about] === merged[about])
  return new Set((same.length > 0 ? same : proving).map(({ key }) => key))
}
