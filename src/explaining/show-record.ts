import type { LoadedManifest } from '../config/load.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { canonicalJson, isObject, type Json } from '../json.ts'
import { whyLeftOutWith } from '../kinds/invitation/wording.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import type { RuleName } from '../mapping/compile.ts'
import type { MappedItem } from '../mapping/rule-mapper.ts'
import { leftOutBy } from '../rundb/left-out.ts'
import type { Address } from '../state/store.ts'
import {
  type ExplainedAction,
  type ExplainedItem,
  type ExplainedRecord,
  type ExplainedReject,
  type ExplainedRule,
  type ExplainedValue,
  type Explaining,
  type Explanation,
  placeOf,
  writtenAt,
} from './explanation.ts'
import { type Masking, mapTexts, maskingOf, secretWord } from './masking.ts'
import type { TracedItem, TracedRecord, TracedRule, TracedValue } from './trace-record.ts'

/** Maximum number of items shown per rule: a record can have thousands of members. */
const ITEMS = 10

export interface Showing {
  loaded: LoadedManifest
  masking: Masking
}

/** The parts of a record that concern a resource. */
export interface Concerns {
  /** Kinds of rules. Undefined is `roleAssignment`. */
  kinds: readonly (string | undefined)[]
  item(rule: TracedRule, item: TracedItem): boolean
}

/**
 * A record for display: its columns, and the rules with their values.
 * @param concerns the parts that concern the resource. Undefined: all
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

/** Items are shown one by one; of the list, only its length. */
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

/** Whether there is a secret, and its type. For a rejected hash, the type in the source. */
function showSecret(field: string, value: Json | undefined, outcome: MappedItem | undefined): { value?: Json } {
  if (value === undefined || value === null || value === '') return value === undefined ? {} : { value }
  if (field === 'passwordHashType')
    return { value: typeof value === 'string' ? shownHashType(value.trim().toLowerCase()) : '(secret)' }
  const taken = outcome?.ok ? outcome.value.secrets?.[field] : undefined
  const raw = isObject(value) && typeof value.hash === 'string' ? value.hash : value
  return { value: taken === undefined ? secretWord(raw, field === 'passwordHash') : secretWord(taken, true) }
}

/** The value after the rules of the kind, if it differs. */
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

/** Items that return the resource, were rejected for it, or assign its roles. */
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

/**
 * A record without a resource: a condition left it out, or it was rejected before its key was
 * known.
 * @param leftOut the part that a condition leaves out, if the record has other results
 */
export function explainRecord(
  { mapping, loaded, plan }: Explaining,
  traced: TracedRecord,
  leftOut?: Address,
): Explanation {
  const { record, result } = traced
  const masking = maskingOf(mapping, [record.data], (text) => loaded.redactor.redact(text))
  const shown = showRecord(traced, { loaded, masking })
  const rejects = result.rejects.map(({ kind, code, field = null, message, hint = null, origin }) => {
    return { kind, code, field, message, hint, origin: placeOf(origin) }
  })
  const without = leftOut === undefined ? undefined : whyWithout(traced, leftOut, plan.set, loaded)
  // A resource with a key is shown by its key.
  const keyless = result.rejects.findIndex(({ key }) => key === null)
  const reject = rejects[keyless] ?? (without === undefined ? rejects[0] : undefined)
  const action = actionOf(reject, shown, without)
  const explanation = { ...blank('record', placeOf(record.origin)), records: [shown], rejects, action }
  return mapTexts(explanation, masking.text)
}

function actionOf(
  reject: ExplainedReject | undefined,
  { leftOutBy, leftOutAt }: ExplainedRecord,
  without: string | undefined,
): ExplainedAction {
  if (reject !== undefined)
    return { ...NOTHING, type: 'rejected', code: reject.code, why: reject.message, hint: reject.hint }
  if (leftOutBy !== null) return { ...NOTHING, type: 'left out', why: whyLeftOut(leftOutBy, leftOutAt) }
  if (without !== undefined) return { ...NOTHING, type: 'left out', why: without }
  return { ...NOTHING, type: 'not planned', why: 'the items of this record merged into other records' }
}

/** Why a part of a record is left out although the record has other results. */
function whyWithout(
  { rules }: TracedRecord,
  { kind, key }: Address,
  { rundb }: DesiredSet,
  loaded: LoadedManifest,
): string {
  const own = rules.find((rule) => rule.kind === kind && rule.items.some(({ chosen }) => !chosen))
  const path = own === undefined ? leftOutBy(rundb, kind, key) : `map.${own.rule.kind}.when`
  if (path === undefined) return `the ${kind} depends on something that is left out`
  const at = writtenAt(loaded, path.split('.'))
  if (own !== undefined) return `the ${kind}: ${whyLeftOut(path, at)}`
  return `the ${kind}: ${whyLeftOutWith({ kind, path }, at)}`
}

/** A record that the source itself rejected. It never reached the mapping. */
export function explainRefused({ plan, loaded }: Explaining, origin: string): Explanation {
  const rejects = [...plan.set.rejects().filter((one) => one.kind === 'record' && one.origin === origin)]
  const [first] = rejects
  const action: ExplainedAction = {
    ...NOTHING,
    type: 'rejected',
    code: first?.code ?? null,
    why: first?.message ?? 'the source rejected it',
    hint: first?.hint ?? null,
  }
  const shown = rejects.map(({ key: _key, records: _records, email: _email, ...reject }) => reject)
  return mapTexts({ ...blank('record', origin), rejects: shown, action }, (text) => loaded.redactor.redact(text))
}

const NOTHING = { code: null, hint: null, changes: [], kept: [] }

function whyLeftOut(path: string, at: string | null): string {
  const where = at === null ? '' : ` (${at})`
  if (path.endsWith('.when')) return `${path}${where} is not true for it`
  if (path.includes('.each')) return `${path}${where} returns no item`
  if (path === 'roles.unmapped') return 'roles.map lists none of its roles, and roles.unmapped is drop'
  return `${path}${where}`
}

export function blank(kind: string, address: string, key: string | null = null): Explanation {
  return {
    kind,
    key,
    address,
    label: null,
    mergedKeys: [],
    declared: null,
    records: [],
    moreRecords: 0,
    rejects: [],
    merging: null,
    notes: [],
    password: null,
    roles: [],
    references: [],
    dependents: [],
    state: null,
    live: null,
    action: { ...NOTHING, type: 'not planned', why: '' },
    requests: [],
  }
}
