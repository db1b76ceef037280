import { canonicalJson, isObject, type Json } from './json.ts'

export type ParsedJson = { ok: true; value: Json } | { ok: false; message: string }

/** A number that a double prints differently: `12345678901234567890`, `1.0`, `1e400`. */
export class WrittenNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const BLANK = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * Matches every text with a number that a double might print differently, and few others. The
 * prefix excludes IDs such as `5e4f…` and times such as `08:00:00.000`, which nearly every export
 * contains.
 */
const MAY_CHANGE = /(?:^|[\s,[]|["\s]:)(?:-0|-?\d{16}|-?\d+[.eE])/

/**
 * Parses JSON text. A number that would print differently becomes text, so IDs keep every digit.
 * Messages show the place of a failure but no text, which can be personal.
 */
export function parseJsonText(text: string): ParsedJson {
  return parsed<Json>(text, (source) => source)
}

/**
 * As `parseJsonText`, with such numbers as WrittenNumber, which `jsonAsWritten` prints as numbers.
 */
export function parseJsonAsWritten(text: string): { ok: true; value: unknown } | { ok: false; message: string } {
  return parsed<unknown>(text, (source) => new WrittenNumber(source))
}

/** Canonical JSON with numbers as they were written. */
export function jsonAsWritten(value: unknown): string {
  if (value instanceof WrittenNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonAsWritten).join(',')}]`
  if (!isObject(value)) return canonicalJson(value)
  const members = Object.keys(value).filter((key) => value[key] !== undefined)
  return `{${members
    .sort()
    .map((key) => `${JSON.stringify(key)}:${jsonAsWritten(value[key])}`)
    .join(',')}}`
}

/**
 * JSON text that can contain an object or a list as JSON text again: in quotes, or with escaped
 * quotes.
 */
const WRAPPED = /^\s*(?:"\s*(?:\\?["n]|[{[])|[{[]\s*\\)/

/** Maximum number of encodings of a value. */
const MAX_WRAPPINGS = 5

/**
 * The text of an object or list that was encoded several times by mistake; other text unchanged.
 */
export function innermostJson(text: string, levels = MAX_WRAPPINGS): string {
  if (levels === 0 || !WRAPPED.test(text)) return text
  const inner = textIn(text.trimStart().startsWith('"') ? text : `"${text}"`)
  if (inner === undefined) return text
  const innermost = innermostJson(inner, levels - 1)
  return isStructure(innermost) ? innermost : text
}

function textIn(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function isStructure(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * A value without NUL characters, which are meaningless in text and break databases, and how many
 * it had.
 */
export function withoutNuls(value: Json): { value: Json; count: number } {
  let count = 0
  const clean = (text: string): string => {
    const kept = text.replaceAll('\0', '')
    count += text.length - kept.length
    return kept
  }
  const walk = (part: Json): Json => {
    if (typeof part === 'string') return clean(part)
    if (Array.isArray(part)) return part.map(walk)
    if (!isObject(part)) return part
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [clean(name), walk(member ?? null)]))
  }
  return { value: walk(value), count }
}

function parsed<T>(text: string, keep: (source: string) => T): { ok: true; value: T } | { ok: false; message: string } {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source
    return typeof value === 'number' && source !== undefined && String(value) !== source ? keep(source) : value
  }
  try {
    return { ok: true, value: MAY_CHANGE.test(text) ? JSON.parse(text, revive) : JSON.parse(text) }
  } catch {
    return { ok: false, message: `not valid JSON: see character ${firstFault(text) + 1}` }
  }
}

/**
 * Offset of the first invalid character, or the length of an incomplete text. JSON.parse reports a
 * position for only some faults.
 */
export function firstFault(text: string): number {
  const open: ('{' | '[')[] = []
  let at = 0
  let expected: 'value' | 'first value' | 'key' | 'first key' | 'next' = 'value'

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return false
    at += found[0].length
    return true
  }
  const close = (bracket: string): boolean => {
    const matches = open.at(-1) === (bracket === '}' ? '{' : '[')
    if (matches) open.pop()
    return matches
  }

  for (;;) {
    skip(BLANK)
    if (expected === 'next' && open.length === 0) return at
    const character = text[at]
    if (character === undefined) return at
    if (expected === 'next') {
      if (character === ',') expected = open.at(-1) === '{' ? 'key' : 'value'
      else if (!close(character)) return at
      at += 1
    } else if (expected === 'key' || expected === 'first key') {
      if (character === '}' && expected === 'first key') {
        open.pop()
        at += 1
        expected = 'next'
        continue
      }
      if (!skip(STRING)) return at
      skip(BLANK)
      if (text[at] !== ':') return at
      at += 1
      expected = 'value'
    } else if (character === ']' && expected === 'first value') {
      open.pop()
      at += 1
      expected = 'next'
    } else if (character === '{' || character === '[') {
      open.push(character)
      at += 1
      expected = character === '{' ? 'first key' : 'first value'
    } else if (skip(STRING) || skip(SCALAR)) {
      expected = 'next'
    } else {
      return at
    }
  }
}
