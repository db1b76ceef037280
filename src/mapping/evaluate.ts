import { type CompiledExpression, ExpressionFailure } from '../expressions/expression.ts'
import { isTruthy } from '../expressions/plain.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { parseJsonText } from '../json-text.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { concealing } from './conceal.ts'
import type { CompiledField, CompiledRule } from './rule.ts'

/** Characters of an expression, and of a message about it, that a rejection shows. */
const SHOWN = 120

/** The member of a field that stands for all members of the object that it yields; those that have a name of their own win. */
const ALL_MEMBERS = '*'

/** Which expression of which field failed on an item, worded for the report. */
export class FieldFailure extends Error {
  readonly field: string

  /**
   * @param rule its path: `map.user`, `dedupe.user`
   * @param why JSONata's message, without any secret of the record: it quotes the value that it stumbles over
   */
  constructor(rule: string, field: string, expression: CompiledExpression, why: string) {
    super(`${rule}.${field} fails: ${shorten(why)} (in ${shorten(expression.text)})`)
    this.name = 'FieldFailure'
    this.field = field
  }
}

/** What of a rule can leave a record out. */
export type Condition = 'each' | 'when'

/** The items a rule maps: what `each` yields, or the record itself, and those that `when` leaves out. */
export async function itemsOf(
  rule: CompiledRule,
  stream: string,
  record: JsonObject,
): Promise<{ items: Json[]; leftOut: Json[]; leftOutBy?: Condition }> {
  const each = rule.each(stream)
  const items = each === undefined ? [record] : asList(await start(rule, 'each', false, each, record, record))
  if (items.length === 0) return { items, leftOut: [], leftOutBy: 'each' }
  if (rule.when === undefined) return { items, leftOut: [] }
  const chosen: Json[] = []
  const leftOut: Json[] = []
  for (const item of items) {
    const isChosen = isTruthy(await start(rule, 'when', false, rule.when, item, record))
    ;(isChosen ? chosen : leftOut).push(item)
  }
  return chosen.length === 0 ? { items: chosen, leftOut, leftOutBy: 'when' } : { items: chosen, leftOut }
}

/** The values of a rule's fields for one item. Fields that yield nothing are absent. */
export async function fieldsOf(rule: CompiledRule, item: Json, record: JsonObject): Promise<JsonObject> {
  const values: JsonObject = {}
  for (const field of rule.fields) {
    const value = Array.isArray(field.value)
      ? await membersOf(rule, field, field.value, item, record)
      : start(rule, field.name, field.secret, field.value, item, record)
    const answered = value instanceof Promise ? await value : value
    if (answered !== undefined) values[field.name] = answered
  }
  return values
}

/** An object of the members; what stands for all members and is no object is the value itself, for the check of the field to refuse. */
async function membersOf(
  rule: CompiledRule,
  field: CompiledField,
  members: readonly [string, CompiledExpression][],
  item: Json,
  record: JsonObject,
): Promise<Json> {
  const values: JsonObject = Object.create(null)
  let others: Json | undefined
  for (const [member, expression] of members) {
    const value = start(rule, `${field.name}.${member}`, field.secret, expression, item, record)
    const answered = value instanceof Promise ? await value : value
    if (member === ALL_MEMBERS) others = allMembers(answered)
    else if (answered !== undefined) values[member] = answered
  }
  if (others === undefined) return values
  return isObject(others) ? Object.assign(Object.create(null), others, values) : others
}

/** What stands for all members: an object or the JSON text of one, as for the whole field. An empty list is how PHP writes an empty object. */
function allMembers(value: Json | undefined): Json | undefined {
  if (isEmpty(value) || (Array.isArray(value) && value.length === 0)) return undefined
  if (typeof value !== 'string') return value
  const parsed = parseJsonText(value)
  return parsed.ok && isObject(parsed.value) ? parsed.value : value
}

/**
 * The value of one expression of a rule for an item.
 * @param field `email`, `metadata.plan`, `when`
 * @throws FieldFailure, whose message holds no secret of the record
 */
export async function evaluateField(
  rule: CompiledRule,
  field: { name: string; secret: boolean; expression: CompiledExpression },
  item: Json,
  record: JsonObject,
): Promise<Json | undefined> {
  return start(rule, field.name, field.secret, field.expression, item, record)
}

/** Starts an evaluation: most answer at once, and waiting for those would cost more than they do. */
function start(
  rule: CompiledRule,
  field: string,
  secret: boolean,
  expression: CompiledExpression,
  item: Json,
  record: JsonObject,
): Json | undefined | Promise<Json | undefined> {
  const value = expression.evaluate(item, record)
  if (!(value instanceof Promise)) return value
  return value.catch((error: unknown) => {
    if (!(error instanceof ExpressionFailure)) throw error
    const why = secret ? error.publicMessage : concealing(rule.secretNames, item, record)(error.message)
    throw new FieldFailure(`map.${rule.kind}`, field, expression, why)
  })
}

function asList(value: Json | undefined): Json[] {
  const list = Array.isArray(value) ? value : [value]
  return list.filter((item) => item !== undefined && item !== null)
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}
