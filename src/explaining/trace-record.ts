import type { RoleConfig } from '../config/manifest.ts'
import type { CompiledExpression } from '../expressions/expression.ts'
import { isTruthy } from '../expressions/plain.ts'
import type { Json, JsonObject } from '../json.ts'
import { parseRoleNames } from '../kinds/role/roles.ts'
import { appliesTo, type CompiledMapping, type CompiledRule } from '../mapping/compile.ts'
import { noteNames } from '../mapping/derived-names.ts'
import { evaluateField, FieldFailure, itemsIn, originOf } from '../mapping/evaluate.ts'
import { emptyResult, mapRecord } from '../mapping/map-chunk.ts'
import type { MapResult } from '../mapping/result.ts'
import type { MappedItem } from '../mapping/rule-mapper.ts'
import type { Origin, SourceRecord } from '../sources/source.ts'

/** An expression that was evaluated again. */
export interface TracedValue {
  /** Path below the rule: `email`, `metadata.plan`, `each.orgs`. */
  path: string[]
  expression: CompiledExpression
  secret: boolean
  value: Json | undefined
  failure?: string
}

export interface TracedItem {
  item: Json
  origin: Origin
  when?: TracedValue
  /** False: `when` leaves it out. */
  chosen: boolean
  /** Empty for an item that is left out. */
  fields: TracedValue[]
  /** Names of roles, before `roles.map`. For rules that assign roles. */
  roleNames: string[]
  /** The result of the mapping. Undefined if the item is left out, and for roles. */
  outcome?: MappedItem
}

export interface TracedRule {
  rule: CompiledRule
  /** Undefined: `roleAssignment`. */
  kind: string | undefined
  each?: TracedValue
  items: TracedItem[]
  /** Why the items could not be computed. */
  failure?: MappedItem
}

/** A record with everything that the mapping makes of it. */
export interface TracedRecord {
  record: SourceRecord
  rules: TracedRule[]
  result: MapResult
}

/** Maps a record as planning does, and evaluates each expression of its rules again. */
export async function traceRecord(record: SourceRecord, mapping: CompiledMapping): Promise<TracedRecord> {
  const result = emptyResult()
  const mapped: MappedItem[] = []
  await mapRecord(record, mapping, result, (item) => mapped.push(item))
  const rules: TracedRule[] = []
  const { roleAssignment, kinds, settings } = mapping
  const all = [
    ...kinds.map(({ rule, definition }) => ({ rule, kind: definition.name })),
    ...(roleAssignment === undefined ? [] : [{ rule: roleAssignment, kind: undefined }]),
  ]
  for (const { rule, kind } of all) {
    if (!appliesTo(rule, record.stream, settings.mainStream)) continue
    const outcomes = mapped.filter((one) => one.rule === rule.kind)
    rules.push(await traceRule(record, rule, kind, outcomes, settings.roles))
  }
  return { record, rules, result }
}

async function traceRule(
  record: SourceRecord,
  rule: CompiledRule,
  kind: string | undefined,
  outcomes: MappedItem[],
  roles: RoleConfig,
): Promise<TracedRule> {
  const expression = rule.each(record.stream)
  const path = expression === undefined ? [] : ['each']
  const each = expression && (await traced(rule, path, false, expression, record.data, record.data))
  const tracing: TracedRule = { rule, kind, ...(each && { each }), items: [] }
  if (each?.failure !== undefined) return { ...tracing, ...(outcomes[0] && { failure: outcomes[0] }) }
  for (const item of each === undefined ? [record.data] : itemsIn(each.value)) {
    const when = rule.when && (await traced(rule, ['when'], false, rule.when, item, record.data))
    const chosen = when === undefined || (when.failure === undefined && isTruthy(when.value))
    const { fields, roleNames } = chosen
      ? await traceFields(record, rule, kind, item, roles)
      : { fields: [], roleNames: [] }
    tracing.items.push({ item, origin: originOf(record, item), ...(when && { when }), chosen, fields, roleNames })
  }
  const chosen = tracing.items.filter((one) => one.chosen)
  const told = tracing.items.every(({ when }) => when?.failure === undefined)
  if (told && chosen.length === outcomes.length) {
    for (const [index, one] of chosen.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined) one.outcome = outcome
    }
  } else if (outcomes[0] !== undefined) tracing.failure = outcomes[0]
  return tracing
}

async function traceFields(
  record: SourceRecord,
  rule: CompiledRule,
  kind: string | undefined,
  item: Json,
  roles: RoleConfig,
): Promise<{ fields: TracedValue[]; roleNames: string[] }> {
  const fields: TracedValue[] = []
  const values: JsonObject = {}
  for (const { name, secret, value } of rule.fields) {
    const members = Array.isArray(value) ? value : [[undefined, value] as const]
    for (const [member, expression] of members) {
      const path = member === undefined ? [name] : [name, member]
      const one = await traced(rule, path, secret, expression, item, record.data)
      fields.push(one)
      if (member === undefined && one.value !== undefined) values[name] = one.value
    }
  }
  const name = kind === undefined ? 'role' : 'roles'
  const naming = { result: emptyResult(), roles, stream: record.stream, seq: record.seq, origin: record.origin }
  if (kind === undefined || kind === 'membership') noteNames(kind ?? 'roleAssignment', rule, values, naming)
  const names = kind === undefined || kind === 'membership' ? parseRoleNames(values[name]) : undefined
  return { fields, roleNames: names?.ok ? names.value : [] }
}

async function traced(
  rule: CompiledRule,
  path: string[],
  secret: boolean,
  expression: CompiledExpression,
  item: Json,
  record: JsonObject,
): Promise<TracedValue> {
  try {
    const value = await evaluateField(rule, { name: path.join('.'), secret, expression }, item, record)
    return { path, expression, secret, value }
  } catch (error) {
    if (!(error instanceof FieldFailure)) throw error
    return { path, expression, secret, value: undefined, failure: error.message }
  }
}

/** What items that conditions leave out would return: shows their identities. */
export async function wouldBe(record: SourceRecord, mapping: CompiledMapping): Promise<MappedItem[]> {
  const open = <T extends { when: CompiledExpression | undefined }>(rule: T): T => ({ ...rule, when: undefined })
  const kinds = mapping.kinds.map(({ rule, definition }) => ({ rule: open(rule), definition }))
  const mapped: MappedItem[] = []
  await mapRecord(record, { ...mapping, kinds, roleAssignment: undefined }, emptyResult(), (item) => mapped.push(item))
  return mapped
}
