import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { canonicalJson, isObject, type Json } from '../json.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import type { RuleName } from '../mapping/left-out.ts'
import type { MappedItem } from '../mapping/map-chunk.ts'
import type { ExplainedItem, ExplainedRecord, ExplainedRule, ExplainedValue } from './explanation.ts'
import { type Masking, secretWord } from './masking.ts'
import { placeOf, writtenAt } from './places.ts'
import type { TracedItem, TracedRecord, TracedRule, TracedValue } from './trace-record.ts'

/** Items of one rule that are shown: a record may have thousands of members. */
const ITEMS = 10

export interface Showing {
  loaded: LoadedManifest
  masking: Masking
}

/** What of a record concerns a resource. */
export interface Concerns {
  /** Of rules; undefined is `roleAssignment`. */
  kinds: readonly (string | undefined)[]
  item(rule: TracedRule, item: TracedItem): boolean
}

/**
 * A record as it is told: its columns, and the rules with their values.
 * @param concerns what of it is of what is explained; undefined: all is
 */
export function showRecord(
  { record, rules, result }: TracedRecord,
  showing: Showing,
  concerns?: Concerns,
): ExplainedRecord {
  const { masking, loaded } = showing
  const columns = Object.entries(record.data).map(([name, value]) => [masking.name(name), masking.column(name, value)])
  const [leftOut] = result.leftOutBy
  const path = leftOut?.path ?? null
  const own =
    concerns === undefined
      ? rules
      : rules.filter(({ kind, items }) => concerns.kinds.includes(kind) && (kind !== undefined || items.length > 0))
  const shown = own.map((rule) => showRule(rule, showing, concerns?.item ?? (() => true)))
  return {
    origin: placeOf(record.origin),
    stream: record.stream,
    columns: Object.fromEntries(columns),
    rules: shown,
    leftOutBy: leftOut === undefined ? null : (path ?? `no rule reads the stream ${record.stream}`),
    leftOutAt: path === null ? null : writtenAt(loaded, path.split('.')),
  }
}

function showRule(rule: TracedRule, showing: Showing, concerns: Concerns['item']): ExplainedRule {
  const own = rule.items.filter((item) => concerns(rule, item))
  const { kind } = rule.rule
  return {
    rule: `map.${kind}`,
    ...(rule.each && { each: showEach(rule.each, kind, rule.items.length, showing) }),
    items: own.slice(0, ITEMS).map((item) => showItem(rule, item, showing)),
    others: rule.items.length - Math.min(own.length, ITEMS),
  }
}

/** Items are shown one by one: of the list itself only how many it has. */
function showEach(each: TracedValue, kind: RuleName, items: number, { loaded, masking }: Showing): ExplainedValue {
  const at = writtenAt(loaded, ['map', kind, 'each'])
  const shown = { name: 'each', expression: each.expression.text, at }
  return each.failure === undefined ? { ...shown, value: items } : { ...shown, fails: masking.text(each.failure) }
}

function showItem({ rule, kind }: TracedRule, item: TracedItem, showing: Showing): ExplainedItem {
  const { outcome } = item
  const show = (value: TracedValue) => showValue(rule.kind, value, outcome, showing)
  return {
    origin: placeOf(item.origin),
    ...(item.when && { when: show(item.when) }),
    chosen: item.chosen,
    fields: item.fields.map(show),
    yields: outcome?.ok && kind !== undefined ? `${kind}:${outcome.value.key}` : null,
    rejected: outcome === undefined || outcome.ok ? null : outcome.rejected.message,
  }
}

function showValue(
  rule: RuleName,
  { path, expression, secret, value, failure }: TracedValue,
  outcome: MappedItem | undefined,
  { loaded, masking }: Showing,
): ExplainedValue {
  const shown: ExplainedValue = {
    name: path.join('.'),
    expression: expression.text,
    at: writtenAt(loaded, ['map', rule, ...path]),
  }
  if (failure !== undefined) return { ...shown, fails: masking.text(failure) }
  const [field = ''] = path
  if (secret) return { ...shown, ...showSecret(field, value, outcome) }
  const became = becomes(path, value, outcome)
  return {
    ...shown,
    ...(value !== undefined && { value: masking.value(value) }),
    ...(became !== undefined && { became: masking.value(became) }),
  }
}

/** That there is one, and its type: of a hash that the rules refuse, what the source says it is. */
function showSecret(field: string, value: Json | undefined, outcome: MappedItem | undefined): { value?: Json } {
  if (value === undefined || value === null || value === '') return value === undefined ? {} : { value }
  if (field === 'passwordHashType')
    return { value: typeof value === 'string' ? shownHashType(value.trim().toLowerCase()) : '(secret)' }
  const taken = outcome?.ok ? outcome.value.secrets?.[field] : undefined
  const raw = isObject(value) && typeof value.hash === 'string' ? value.hash : value
  return { value: taken === undefined ? secretWord(raw, field === 'passwordHash') : secretWord(taken, true) }
}

/** What the rules of the kind made of a value, where that is another one. */
function becomes(path: readonly string[], value: Json | undefined, outcome: MappedItem | undefined): Json | undefined {
  if (outcome === undefined || !outcome.ok) return undefined
  const [field = '', member] = path
  const { key, attributes, refs } = outcome.value
  const became = field === 'key' ? key : (refs[field] ?? attributes[field])
  if (member === undefined) return became === undefined || same(became, value) ? undefined : became
  if (member === '*' || !isObject(became)) return undefined
  const own = became[member]
  if (own === undefined) return value === undefined || value === null || value === '' ? undefined : null
  return typeof own === 'object' || same(own as Json, value) ? undefined : (own as Json)
}

function same(a: Json, b: Json | undefined): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

/** Items that yield the resource, were refused in its stead, or give it its roles. */
export function concernsOf(origins: { kind: string; keys: readonly string[] }): Concerns {
  const givesRoles = origins.kind === 'membership'
  return {
    kinds: givesRoles ? [origins.kind, undefined] : [origins.kind],
    item({ kind }, { outcome, chosen }) {
      if (kind === undefined) return givesRoles
      if (outcome === undefined) return !chosen
      const key = outcome.ok ? outcome.value.key : outcome.rejected.key
      return key === null || origins.keys.includes(key)
    },
  }
}
