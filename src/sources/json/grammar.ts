import { TokenType } from '@streamparser/json'
import type { Reason } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'
import { raiseLimit, sizeText } from '../text/record-limit.ts'

/** The elements of a JSON text, in order. */
export interface JsonEvents {
  open(list: boolean): void
  close(): void
  /** Name of the member whose value comes next. */
  key(name: string): void
  scalar(value: Json): void
}

/** What can come next. `first …` also allows the closing bracket. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'next' | 'end'

/** No real data nests deeper, and deeper data could exhaust the stack. */
export const MAX_DEPTH = 500

/** Checks tokens against the grammar of RFC 8259 and reports its elements. */
export class Grammar {
  readonly #events: JsonEvents
  /** For each open bracket, whether it is a list's. */
  readonly #open: boolean[] = []
  #expected: Expected = 'value'

  constructor(events: JsonEvents) {
    this.#events = events
  }

  /** Whether the text can end here. */
  get complete(): boolean {
    return this.#expected === 'end'
  }

  get depth(): number {
    return this.#open.length
  }

  /** @returns false when the token is not allowed here */
  take(token: TokenType, value: Json): boolean {
    switch (token) {
      case TokenType.COLON:
        return this.#step('colon', 'value')
      case TokenType.COMMA:
        return this.#step('next', this.#open.at(-1) ? 'value' : 'key')
      case TokenType.LEFT_BRACE:
      case TokenType.LEFT_BRACKET:
        return this.#begin(token === TokenType.LEFT_BRACKET)
      case TokenType.RIGHT_BRACE:
      case TokenType.RIGHT_BRACKET:
        return this.#finish(token === TokenType.RIGHT_BRACKET)
      default:
        return this.#plain(value)
    }
  }

  #step(from: Expected, to: Expected): boolean {
    if (this.#expected !== from) return false
    this.#expected = to
    return true
  }

  #begin(list: boolean): boolean {
    if (!this.#wantsValue()) return false
    this.#events.open(list)
    this.#open.push(list)
    this.#expected = list ? 'first value' : 'first key'
    return true
  }

  #finish(list: boolean): boolean {
    if (this.#expected !== 'next' && this.#expected !== (list ? 'first value' : 'first key')) return false
    if (this.#open.at(-1) !== list) return false
    this.#open.pop()
    this.#events.close()
    this.#passValue()
    return true
  }

  #plain(value: Json): boolean {
    if ((this.#expected === 'key' || this.#expected === 'first key') && typeof value === 'string') {
      this.#events.key(value)
      this.#expected = 'colon'
      return true
    }
    if (!this.#wantsValue()) return false
    this.#events.scalar(value)
    this.#passValue()
    return true
  }

  #wantsValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'first value'
  }

  #passValue(): void {
    this.#expected = this.#open.length === 0 ? 'end' : 'next'
  }
}

const notAnObject: Reason = {
  code: 'not_an_object',
  message: 'a record must be an object, but this is not one',
  hint: 'check that this is the list of records; for JSON, set records to its path',
}

/** The problem of JSON that was encoded as a string again. */
export const ENCODED_TWICE = {
  message: 'this is a string that contains JSON: it was encoded twice',
  hint: 'encode it once in the export, or decode it, for example with fromjson in jq',
}

/**
 * Whether a text contains an object or a list. Looks only at its beginning, because the rest can be
 * long.
 */
export function isEncodedTwice(value: unknown): boolean {
  return typeof value === 'string' && /^\s*"?(?:\[\s*[[{"\\]|\{\s*["}\\])/.test(value)
}

/** Why a value is not a record. @param value undefined: a list */
export function noRecord(value: unknown): Reason {
  return isEncodedTwice(value) ? { ...notAnObject, ...ENCODED_TWICE } : notAnObject
}

/** @param limit maximum number of bytes in a record */
export function lineTooLong(limit: number): Reason {
  return {
    code: 'line_too_long',
    message: `the line is longer than ${sizeText(limit)}`,
    hint: `set format: json if the file is one document; if the line is one record, ${raiseLimit(limit)}`,
  }
}

export const nestedTooDeep: Reason = {
  code: 'too_deep',
  message: `brackets are nested more than ${MAX_DEPTH} levels deep`,
  hint: 'check how the file was made: this does not look like a user',
}
