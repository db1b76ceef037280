import { type CompiledExpression, ExpressionFailure } from '../expressions/expression.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { comparedEmail } from '../kinds/values/email.ts'
import { isoTime } from '../kinds/values/time.ts'
import type { CompiledDedupe } from './compile.ts'
import { FieldFailure } from './evaluate.ts'
import type { Evaluations } from './evaluations.ts'

/** What identifies a user among records, and the rank of the record. */
export interface UserRank {
  /**
   * Canonical JSON of the values of `by`. Null if one has no value, since no value equals no value.
   */
  group: string | null
  /** The values of `prefer` as text; the greatest text is preferred. Undefined without `prefer`. */
  rank?: string
  /** When the record last changed, in milliseconds since 1970. Undefined: not needed or unknown. */
  updatedAt?: number
}

/**
 * Evaluates `dedupe.user` for one mapped user.
 * @param conceal removes the record's secrets from a message
 * @throws FieldFailure when an expression fails, or its value cannot be compared
 */
export function rankUser(
  { by, prefer, updatedAt, email }: CompiledDedupe,
  user: JsonObject,
  record: JsonObject,
  evaluations: Evaluations,
  conceal: (text: string) => string,
): UserRank {
  const evaluate = (expression: CompiledExpression, item: JsonObject, name: string, index?: number) => {
    try {
      return evaluations.evaluate(expression, item, record)
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error
      throw failure(expression, conceal(error.message), name, index, error.hint)
    }
  }
  const address = typeof user.email === 'string' ? comparedEmail(user.email, email) : user.email
  const compared = address === undefined || address === user.email ? user : { ...user, email: address }
  const group: Json[] = []
  for (const expression of by) {
    const value = evaluate(expression, compared, 'by', group.length)
    if (value === undefined || isEmpty(value)) break
    group.push(value)
  }
  const ranked: UserRank = { group: group.length === by.length && by.length > 0 ? canonicalJson(group) : null }
  if (prefer.length > 0) {
    ranked.rank = ''
    for (const [index, expression] of prefer.entries()) {
      const value = sortable(evaluate(expression, user, 'prefer', index))
      if (value === undefined) throw failure(expression, 'a list or an object has no rank', 'prefer', index)
      ranked.rank += value
    }
  }
  if (updatedAt !== undefined) {
    const time = timeOf(evaluate(updatedAt, user, 'updatedAt'))
    if (time === undefined) throw failure(updatedAt, 'the value is not a time', 'updatedAt')
    if (time !== null) ranked.updatedAt = time
  }
  return ranked
}

function failure(
  expression: CompiledExpression,
  why: string,
  name: string,
  index?: number,
  hint?: string,
): FieldFailure {
  return new FieldFailure('dedupe.user', index === undefined ? name : `${name}.${index}`, expression, why, hint)
}

/** Milliseconds since 1970. Null: there is none. Undefined: not a time. */
function timeOf(value: Json | undefined): number | null | undefined {
  if (isEmpty(value)) return null
  const time = typeof value === 'string' || typeof value === 'number' ? isoTime(value) : undefined
  return time === undefined ? undefined : Date.parse(time)
}

/**
 * Text that sorts like the value, by bytes: no value, then false and true, numbers, text. No such
 * text is a prefix of another, so that several can be joined. Undefined: a list or an object.
 */
function sortable(value: Json | undefined): string | undefined {
  if (isEmpty(value)) return '0'
  switch (typeof value) {
    case 'boolean':
      return value ? '2' : '1'
    case 'number':
      return `3${sortableNumber(value)}`
    case 'string':
      return `4${Buffer.from(value).toString('hex')}!`
    default:
      return undefined
  }
}

/**
 * The bits of a double in sortable order: negative numbers inverted, the sign of others flipped.
 */
function sortableNumber(value: number): string {
  const bits = Buffer.alloc(8)
  bits.writeDoubleBE(value === 0 ? 0 : value)
  const first = bits[0] ?? 0
  if (first < 0x80) bits[0] = first | 0x80
  else for (const [index, byte] of bits.entries()) bits[index] = ~byte & 0xff
  return bits.toString('hex')
}
