import type { Json } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'

/**
 * Converts the server's text of a value to JSON without loss. The session sets the form of the
 * text: ISO dates in UTC, bytea in hex, all digits of a float.
 */

export type ReadValue = (text: string) => Json

/** Built-in types, from src/include/catalog/pg_type.dat. They never change. */
export const Oid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  money: 790,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const

/** The properties of a type that decide how to read its values. */
export interface Type {
  oid: number
  /** Its name in SQL. */
  name: string
  /** For a domain: its base type. */
  base: number | undefined
  /** For an array: the type of its elements, and their separator. */
  element: number | undefined
  delimiter: string
}

/** @param types contains every type that `oid` consists of */
export function readerOf(oid: number, types: ReadonlyMap<number, Type>): ReadValue {
  switch (oid) {
    case Oid.bool:
      return (text) => text === 't'
    case Oid.int2:
    case Oid.int4:
    case Oid.oid:
      return Number
    case Oid.float4:
    case Oid.float8:
      return floatOf
    case Oid.bytea:
      return (text) => (text.startsWith('\\x') ? text.slice(2) : text)
    case Oid.json:
    case Oid.jsonb:
      return jsonOf
    case Oid.timestamptz:
      return momentOf
  }
  const type = types.get(oid)
  if (type?.base !== undefined) return readerOf(type.base, types)
  if (type?.element === undefined) return (text) => text
  const element = readerOf(type.element, types)
  return (text) => listOf(text, { element, delimiter: types.get(type.element ?? 0)?.delimiter ?? ',' })
}

/** NaN, infinity and -0 stay text, because JSON has no numbers for them. */
function floatOf(text: string): Json {
  const value = Number(text)
  return Number.isFinite(value) && !Object.is(value, -0) ? value : text
}

function jsonOf(text: string): Json {
  const parsed = parseJsonText(text)
  return parsed.ok ? parsed.value : text
}

const MOMENT = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00( BC)?$/

/**
 * ISO 8601 in UTC with all digits. Years outside 0000 to 9999 have a sign and six digits; the year
 * 1 BC is 0000.
 */
function momentOf(text: string): string {
  const [, year = '', day, time, bc] = MOMENT.exec(text) ?? []
  // `infinity` and `-infinity` stay text.
  if (day === undefined) return text
  const astronomical = bc === undefined ? Number(year) : 1 - Number(year)
  return `${yearOf(astronomical)}-${day}T${time}Z`
}

function yearOf(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0')
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
}

/**
 * Parses an array: `{a,NULL,"b,c"}`, `{{1,2},{3,4}}`. Bounds before it, as in `[0:1]={…}`, are
 * ignored.
 */
function listOf(text: string, { element, delimiter }: { element: ReadValue; delimiter: string }): Json {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0

  function list(): Json[] {
    const items: Json[] = []
    at += 1
    if (text[at] === '}') {
      at += 1
      return items
    }
    for (;;) {
      items.push(item())
      const ended = text[at] === '}'
      at += 1
      if (ended || at >= text.length) return items
    }
  }

  function item(): Json {
    if (text[at] === '{') return list()
    if (text[at] === '"') return element(quoted())
    const from = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += text[at] === '\\' ? 2 : 1
    const plain = text.slice(from, at)
    return plain === 'NULL' ? null : element(plain.replace(/\\(.)/gs, '$1'))
  }

  function quoted(): string {
    let value = ''
    at += 1
    for (;;) {
      const character = text[at]
      if (character === undefined || character === '"') break
      if (character === '\\') at += 1
      value += text[at] ?? ''
      at += 1
    }
    at += 1
    return value
  }

  return list()
}
