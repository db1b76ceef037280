import type { Json } from '../../json.ts'

export type ParsedJson = { ok: true; value: Json } | { ok: false; message: string }

const BLANK = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Parses JSON text. The message of a failure says where it is, and shows nothing of the text, which may be personal. */
export function parseJsonText(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as Json }
  } catch {
    return { ok: false, message: `not valid JSON: see character ${firstFault(text) + 1}` }
  }
}

/**
 * Offset of the first character that cannot stand where it stands; the length of the text when it ends too early.
 * JSON.parse tells a position for some faults only.
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
