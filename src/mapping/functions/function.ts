import { BadInput } from '../../diagnostics/bad-input.ts'
import type { ExpressionFunction } from '../../expressions/functions.ts'
import type { Json } from '../../json.ts'
import { isEmpty, kindOf } from '../../kinds/values/check.ts'

/** What a function is about: a heading of docs/reference/expressions.md. */
export type Theme = 'Text' | 'Values' | 'Encodings' | 'Passwords'

/** A function of this tool's own, described for its readers. */
export interface MappingFunction extends ExpressionFunction {
  theme: Theme
  signature: string
  does: string
  /** A call with constants, and what it yields. */
  example: readonly [call: string, result: Json]
}

/** An argument as text; undefined for nothing. @throws BadInput for what is neither text nor a number */
export function textArgument(value: unknown): string | undefined {
  if (isEmpty(value)) return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new BadInput(`text is expected, not ${kindOf(value)}`)
}
