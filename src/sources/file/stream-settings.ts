import type { CompiledExpression } from '../../expressions/expression.ts'
import type { Encoding } from '../csv/decode.ts'
import type { Dialect } from '../csv/dialect.ts'

export type Format = 'csv' | 'json' | 'ndjson'

/** Where the records of a stream belong. */
export interface JoinSettings {
  /** The stream to whose records these belong. */
  into: string
  /** Over a record of this stream. */
  key: CompiledExpression
  /** Over a record of the other stream. */
  to: CompiledExpression
  as: 'one' | 'many'
  unmatched: 'reject' | 'ignore'
}

export interface StreamSettings {
  name: string
  /** Paths and patterns, as written in the manifest. */
  paths: string[]
  format: Format
  encoding: Encoding | undefined
  /** JSON: names that lead to the records; undefined: the document is the list of them. */
  records: string[] | undefined
  /** CSV. */
  dialect: Dialect
  /** CSV. */
  nulls: string[]
  /** CSV. */
  trim: boolean
  /** Undefined: a main stream. */
  join: JoinSettings | undefined
}

/** The texts in a value that is one or a list of them. */
export function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string')
}
