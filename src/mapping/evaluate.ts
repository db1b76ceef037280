import { type CompiledExpression, ExpressionFailure } from '../expressions/expression.ts'
import { isObject, type Json, type JsonObject, setMember } from '../json.ts'
import { innermostJson, parseJsonText } from '../json-text.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { confusableAddress } from '../kinds/values/email.ts'
import { type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../sources/source.ts'
import type { CompiledField, CompiledRule } from './compile.ts'
import { concealing } from './conceal.ts'
import type { Reject } from './result.ts'
import type { Work } from './rule-mapper.ts'

/** Characters of an expression, and of a message about it, that a reject shows. */
const SHOWN = 120

/**
 * The member of a field that represents all members of an object. A member with its own name has
 * precedence.
 */
const ALL_MEMBERS = '*'

/** An expression that failed on an item, worded for the report. */
export class FieldFailure extends Error {
  readonly field: string
  /** What to do. */
  readonly hint: string | undefined

  /**
   * @param rule its path: `map.user`, `dedupe.user`
   * @param why without secrets of the record: it can quote the value at fault
   */
  constructor(rule: string, field: string, expression: CompiledExpression, why: string, hint?: string) {
    super(`${rule}.${field} fails: ${shorten(why)} (in ${shorten(expression.text)})`)
    this.name = 'FieldFailure'
    this.field = field
    this.hint = hint
  }
}

/** The part of a rule that can leave a record out. */
export type Condition = 'each' | 'when'

/** The values of a rule's fields for one item. Fields without a value are absent. */
export function fieldsOf(rule: CompiledRule, item: Json, work: Work): JsonObject {
  const values: JsonObject = {}
  for (const field of rule.fields) {
    const { value } = field
    const answer = Array.isArray(value)
      ? membersOf(rule, field, value, item, work)
      : answerOf(rule, field, value, item, work)
    if (answer !== undefined) values[field.name] = answer
  }
  return values
}

/**
 * An object of the members. If the value for all members is not an object, it is returned itself,
 * and the check of the field rejects it.
 */
function membersOf(
  rule: CompiledRule,
  field: CompiledField,
  members: readonly [string, CompiledExpression][],
  item: Json,
  work: Work,
): Json {
  const values: JsonObject = {}
  let others: Json | undefined
  for (const [member, expression] of members) {
    const value = answerOf(rule, field, expression, item, work, member)
    if (member === ALL_MEMBERS) others = allMembers(value)
    else if (value !== undefined) setMember(values, member, value)
  }
  if (others === undefined) return values
  return isObject(others) ? Object.assign(Object.create(null), others, values) : others
}

/**
 * The value for all members: an object or its JSON text, as for the whole field. PHP writes an
 * empty object as an empty list.
 */
function allMembers(value: Json | undefined): Json | undefined {
  if (isEmpty(value) || (Array.isArray(value) && value.length === 0)) return undefined
  if (typeof value !== 'string') return value
  const parsed = parseJsonText(innermostJson(value))
  return parsed.ok && isObject(parsed.value) ? parsed.value : value
}

/**
 * The value of one expression of a rule for an item.
 * @param member of the field, if it has several
 * @throws FieldFailure, without secrets of the record
 */
export function answerOf(
  rule: CompiledRule,
  { name, secret }: Pick<CompiledField, 'name' | 'secret'>,
  expression: CompiledExpression,
  item: Json,
  { evaluations, speech, record: { data } }: Work,
  member?: string,
): Json | undefined {
  try {
    speech.speakOf(name, member)
    return evaluations.evaluate(expression, item, data)
  } catch (error) {
    const field = member === undefined ? name : `${name}.${member}`
    throw failureOf(rule, { name: field, secret, expression }, item, data, error)
  }
}

/**
 * As `answerOf`, on its own.
 * @param field `email`, `metadata.plan`, `when`
 */
export async function evaluateField(
  rule: CompiledRule,
  field: { name: string; secret: boolean; expression: CompiledExpression },
  item: Json,
  record: JsonObject,
): Promise<Json | undefined> {
  try {
    return await field.expression.evaluate(item, record)
  } catch (error) {
    throw failureOf(rule, field, item, record, error)
  }
}

/** The failure of an expression without secrets of the record; any other error unchanged. */
function failureOf(
  rule: CompiledRule,
  { name, secret, expression }: { name: string; secret: boolean; expression: CompiledExpression },
  item: Json,
  record: JsonObject,
  error: unknown,
): unknown {
  if (!(error instanceof ExpressionFailure)) return error
  const why = secret ? error.publicMessage : concealing(rule.secretNames, item, record)(error.message)
  return new FieldFailure(`map.${rule.kind}`, name, expression, why, error.hint)
}

/** The items of `each`. Not by `filter`: see docs/explanation/performance.md. */
export function itemsIn(value: Json | undefined): Json[] {
  const items: Json[] = []
  for (const item of Array.isArray(value) ? value : [value]) {
    if (item !== undefined && item !== null) items.push(item)
  }
  return items
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}

/** The place of an item: a joined row has its own line, everything else that of the record. */
export function originOf(record: SourceRecord, item: Json): Origin {
  if (!isObject(item)) return record.origin
  const { [ROW_FILE]: file, [ROW_LINE]: line } = item
  return typeof file === 'string' && typeof line === 'number' ? { file, line } : record.origin
}

/**
 * Identifies something without a key: by the user that it refers to, or by its record in the file.
 */
function whose(key: string | null, { user }: Record<string, string>, { origin }: SourceRecord): string {
  if (key !== null) return ''
  if (user !== undefined) return `, of user:${user}`
  return origin.record === undefined ? '' : `, in record ${origin.record} of the file`
}

/**
 * One reject of one resource, however many problems it has: the first sets the code, all are in the
 * message.
 */
export function rejection(
  record: SourceRecord,
  item: Json,
  kind: string,
  key: string | null,
  problems: readonly ValueProblem[],
  refs: Record<string, string> = {},
): Reject {
  const [first] = problems
  const message = problems.map((problem) => problem.message).join('; ')
  const owner = whose(key, refs, record)
  const reject: Reject = {
    seq: record.seq,
    kind,
    key,
    code: first?.code ?? 'invalid',
    // The message of another reject that it quotes can end with the record already.
    message: message.endsWith(owner) ? message : message + owner,
    origin: originOf(record, item),
    refs,
  }
  if (first !== undefined) reject.field = first.field
  const hints = new Set(problems.map(({ hint }) => hint).filter((hint) => hint !== undefined))
  if (hints.size > 0) reject.hint = [...hints].join('; ')
  return reject
}

/** Fields that identify a user. The key of an organization or a group is not an address. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['email', 'user'])

/** How deep a value of the record is searched, and how many texts are checked. */
const DEPTH = 6

/** An expression that identifies users and can change what it reads. */
export interface Folding {
  field: string
  expression: CompiledExpression
}

/** Those of a rule. A value that an expression does not change is checked as such. */
export function foldingOf(rule: CompiledRule): Folding[] {
  return rule.fields.flatMap(({ name, value }) => {
    if (!OF_PEOPLE.has(name) && !(rule.kind === 'user' && name === 'key')) return []
    const expressions = Array.isArray(value) ? value.map(([, member]) => member) : [value]
    return expressions.filter(({ verbatim }) => !verbatim).map((expression) => ({ field: name, expression }))
  })
}

/**
 * Addresses of the record that can be mistaken for another one, if an expression that identifies
 * users changes them: `$lowercase` and similar functions can turn two into one before any rule sees
 * the value.
 */
export function confusableSources(folding: readonly Folding[], item: Json, record: JsonObject): ValueProblem[] {
  for (const { field, expression } of folding) {
    const fault = faultIn(expression, item, record)
    if (fault !== undefined) return [{ ...fault, field }]
  }
  return []
}

function faultIn({ fields }: CompiledExpression, item: Json, record: JsonObject): ReturnType<typeof confusableAddress> {
  for (const name of fields) {
    for (const holder of item === record ? [record] : [item, record]) {
      if (!isObject(holder) || !Object.hasOwn(holder, name)) continue
      const fault = faultWithin(holder[name], fields, DEPTH)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

/** Of objects, only the members that the expression names count. */
function faultWithin(value: unknown, names: readonly string[], depth: number): ReturnType<typeof confusableAddress> {
  if (typeof value === 'string') return confusableAddress(value)
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  const inner = Array.isArray(value)
    ? value
    : names.flatMap((name) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))
  for (const one of inner) {
    const fault = faultWithin(one, names, depth - 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
