import { type CompiledExpression, ExpressionFailure } from '../../expressions/expression.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { Refusal } from '../record-file.ts'

export type Keys = { ok: true; keys: string[] } | { ok: false; refusal: Refusal }

/**
 * The keys that an expression yields for a record: none, one, or several in their order. Numbers and booleans are compared as the text
 * that they are in JSON, so that ids join a CSV file to a JSON document.
 */
export function keysOf(expression: CompiledExpression, data: JsonObject): Keys | Promise<Keys> {
  try {
    const value = expression.evaluate(data, data)
    return value instanceof Promise
      ? value.then((later) => keysIn(later, expression), failed)
      : keysIn(value, expression)
  } catch (error) {
    return failed(error)
  }
}

function keysIn(value: Json | undefined, { text }: CompiledExpression): Keys {
  const keys: string[] = []
  for (const item of Array.isArray(value) ? value : [value]) {
    if (item === undefined || item === null || item === '') continue
    if (typeof item === 'object') return { ok: false, refusal: noKey(text) }
    keys.push(String(item))
  }
  return { ok: true, keys }
}

function failed(error: unknown): Keys {
  if (!(error instanceof ExpressionFailure)) throw error
  const refusal = { code: 'expression_failed', message: 'the expression of the join fails on this record' }
  return { ok: false, refusal: { ...refusal, hint: `JSONata says ${error.code}; guard it, like field ? $f(field)` } }
}

function noKey(expression: string): Refusal {
  return {
    code: 'bad_join_key',
    message: `${expression} yields an object or a list in a list, which is no key`,
    hint: 'name the member that holds the id',
  }
}
