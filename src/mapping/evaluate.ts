import { type CompiledExpression, ExpressionFailure } from '../expressions/expression.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { innermostJson, parseJsonText } from '../json-text.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { confusableAddress } from '../kinds/values/email.ts'
import { type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../sources/source.ts'
import type { CompiledField, CompiledRule } from './compile.ts'
import { concealing } from './conceal.ts'
import type { Reject } from './result.ts'
import type { Work } from './rule-mapper.ts'

/** Characters of an expression, and of a message about it, that a rejection shows. */
const SHOWN = 120

/**
 * The member of a field that stands for all members of the object that it yields; those that have a
 * name of their own win.
 */
const ALL_MEMBERS = '*'

/** Which expression of which field failed on an item, worded for the report. */
export class FieldFailure extends Error {
  readonly field: string
  /** What would be right. */
  readonly hint: string | undefined

  /**
   * @param rule its path: `map.user`, `dedupe.user`
   * @param why without any secret of the record: it quotes the value that the expression stumbles
   *   over
   */
  constructor(rule: string, field: string, expression: CompiledExpression, why: string, hint?: string) {
    super(`${rule}.${field} fails: ${shorten(why)} (in ${shorten(expression.text)})`)
    this.name = 'FieldFailure'
    this.field = field
    this.hint = hint
  }
}

/** What of a rule can leave a record out. */
export type Condition = 'each' | 'when'

/** The values of a rule's fields for one item. Fields that yield nothing are absent. */
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
 * An object of the members; what stands for all members and is no object is the value itself, for
 * the check of the field to refuse.
 */
function membersOf(
  rule: CompiledRule,
  field: CompiledField,
  members: readonly [string, CompiledExpression][],
  item: Json,
  work: Work,
): Json {
  const values: JsonObject = Object.create(null)
  let others: Json | undefined
  for (const [member, expression] of members) {
    const value = answerOf(rule, field, expression, item, work, member)
    if (member === ALL_MEMBERS) others = allMembers(value)
    else if (value !== undefined) values[member] = value
  }
  if (others === undefined) return values
  return isObject(others) ? Object.assign(Object.create(null), others, values) : others
}

/**
 * What stands for all members: an object or the JSON text of one, as for the whole field. An empty
 * list is how PHP writes an empty object.
 */
function allMembers(value: Json | undefined): Json | undefined {
  if (isEmpty(value) || (Array.isArray(value) && value.length === 0)) return undefined
  if (typeof value !== 'string') return value
  const parsed = parseJsonText(innermostJson(value))
  return parsed.ok && isObject(parsed.value) ? parsed.value : value
}

/**
 * The value of one expression of a rule for an item.
 * @param member of the field, where that has several
 * @throws FieldFailure, whose message holds no secret of the record
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
 * As `answerOf`, by itself.
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

/**
 * The failure of an expression in words that hold no secret of the record; any other error as it
 * is.
 */
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

/** The items that `each` yields. */
export function itemsIn(value: Json | undefined): Json[] {
  const list = Array.isArray(value) ? value : [value]
  return list.filter((item) => item !== undefined && item !== null)
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}

/** Where an item stands: a joined row at its own line, everything else at the record's. */
export function originOf(record: SourceRecord, item: Json): Origin {
  if (!isObject(item)) return record.origin
  const { [ROW_FILE]: file, [ROW_LINE]: line } = item
  return typeof file === 'string' && typeof line === 'number' ? { file, line } : record.origin
}

/**
 * What tells whose something is that has no key: whom it refers to, or which record of its file it
 * is.
 */
function whose(key: string | null, { user }: Record<string, string>, { origin }: SourceRecord): string {
  if (key !== null) return ''
  if (user !== undefined) return `, of user:${user}`
  return origin.record === undefined ? '' : `, in record ${origin.record} of the file`
}

/**
 * One rejection of one resource, whatever the number of its problems: the first gives the code, all
 * give the message.
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
  const reject: Reject = {
    seq: record.seq,
    kind,
    key,
    code: first?.code ?? 'invalid',
    message: problems.map((problem) => problem.message).join('; ') + whose(key, refs, record),
    origin: originOf(record, item),
    refs,
  }
  if (first !== undefined) reject.field = first.field
  const hints = new Set(problems.map(({ hint }) => hint).filter((hint) => hint !== undefined))
  if (hints.size > 0) reject.hint = [...hints].join('; ')
  return reject
}

/** Fields that say whose something is. The key of an organization or a group is no address. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['email', 'user'])

/** How deep a value of the record is looked into, and how many of its texts are looked at. */
const DEPTH = 6

/** An expression that tells people apart and may make something else of what it reads. */
export interface Folding {
  field: string
  expression: CompiledExpression
}

/** Those of a rule. What an expression passes on as it is is checked as the value that it is. */
export function foldingOf(rule: CompiledRule): Folding[] {
  return rule.fields.flatMap(({ name, value }) => {
    if (!OF_PEOPLE.has(name) && !(rule.kind === 'user' && name === 'key')) return []
    const expressions = Array.isArray(value) ? value.map(([, member]) => member) : [value]
    return expressions.filter(({ verbatim }) => !verbatim).map((expression) => ({ field: name, expression }))
  })
}

/**
 * Addresses of the record that a program may take for another one, where an expression that tells
 * people apart makes something else of them: `$lowercase` and its like may fold two of them into
 * one before any rule sees the value.
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

/** Of objects, those members count that the expression names. */
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
