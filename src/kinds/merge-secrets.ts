import type { MergeRule } from '../config/manifest.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { Attributes } from '../resource.ts'
import { isFilled } from './merge-values.ts'
import type { Mergeable, MergeConflict, MergedKind } from './mergeable.ts'

/** A secret that may be taken. */
interface Candidate {
  field: string
  draft: number
  value: Json
  updatedAt: number | null
}

/**
 * The secrets of several records, of those that exclude each other one. Each is taken as a whole: a hash never gets the type of
 * another. What is not taken goes to the conflicts, without its value.
 * @param attributes those that were merged
 * @param whole the rule of a strategy that takes the first record alone
 */
export function mergeSecrets(
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

/** The secret fields of a kind, those that exclude each other together. */
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

/** Each field's rule chooses one; where several fields exclude each other and their rules differ, the preferred record's is taken. */
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
 * Keys of the records that prove whose account they are: rows of one key are one account. Who proved the very address that is kept
 * comes before who proved another one.
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
