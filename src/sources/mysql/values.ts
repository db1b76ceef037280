import type { FieldPacket } from 'mysql2'
import type { Json, JsonObject } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'

/** Converts the cells of the text protocol to JSON without loss. */

/**
 * Protocol numbers of types.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
 */
const Type = {
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  BIT: 16,
  VECTOR: 242,
  JSON: 245,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const

/** The character set number of binary data. */
const BINARY = 63

/** A column flag of the protocol. */
const PRIMARY_KEY = 2

/** The properties of a result column that decide how to read its values. */
export interface ColumnShape {
  name: string
  type: number
  charset: number
  /** For a BIT column: its number of bits. */
  length: number
  /** Whether it is part of its table's primary key. */
  isPrimary: boolean
  /** Whether it is MariaDB's JSON, which is stored as text. */
  isJson: boolean
}

export function shapeOf(field: FieldPacket): ColumnShape {
  return {
    name: field.name,
    type: field.columnType ?? Type.VAR_STRING,
    charset: field.characterSet ?? 0,
    length: field.columnLength ?? 0,
    isPrimary: typeof field.flags === 'number' && (field.flags & PRIMARY_KEY) !== 0,
    isJson: field.extendedFormat === 'json',
  }
}

/** The number of zero dates by column. Records omit them. */
export type ZeroDates = Map<string, number>

/** The name of a type in messages. */
export function typeName({ type, isJson }: Pick<ColumnShape, 'type' | 'isJson'>): string {
  if (isJson) return 'json'
  const [name] = Object.entries(Type).find(([, number]) => number === type) ?? ['decimal']
  return TITLES[name] ?? name.toLowerCase()
}

const TITLES: Readonly<Record<string, string>> = {
  TINY: 'tinyint',
  SHORT: 'smallint',
  LONG: 'int',
  LONGLONG: 'bigint',
  INT24: 'mediumint',
  VAR_STRING: 'varchar',
  STRING: 'char',
}

/**
 * Whether a column contains times. DATE does not count: changes later on the same day would look
 * unchanged.
 */
export function isTime({ type }: ColumnShape): boolean {
  return type === Type.DATETIME || type === Type.TIMESTAMP
}

export function isFloat({ type }: ColumnShape): boolean {
  return type === Type.FLOAT
}

/**
 * Whether the column's order treats texts as equal that differ in case, accents or trailing spaces.
 */
export function isCollated({ type, charset }: ColumnShape): boolean {
  return type >= Type.TINY_BLOB && type <= Type.STRING && charset !== BINARY
}

/** Undefined: the record omits the value. */
type ReadCell = (bytes: Buffer) => Json | undefined

/**
 * Makes records from rows. Records omit NULL.
 * @param floats columns that are FLOAT in the table and DOUBLE in the result
 */
export function rowReader(
  columns: readonly ColumnShape[],
  zeroDates: ZeroDates,
  floats: ReadonlySet<string> = new Set(),
): (cells: readonly (Buffer | null)[]) => JsonObject {
  const readers = columns.map((column) => {
    const read = readerOf(column, zeroDates)
    return [column.name, floats.has(column.name) ? (bytes: Buffer) => shortest(Number(read(bytes))) : read] as const
  })
  return (cells) => {
    const members: [string, Json][] = []
    for (const [index, [name, read]] of readers.entries()) {
      const bytes = cells[index]
      const value = bytes === null || bytes === undefined ? undefined : read(bytes)
      if (value !== undefined) members.push([name, value])
    }
    return Object.fromEntries(members)
  }
}

function readerOf(column: ColumnShape, zeroDates: ZeroDates): ReadCell {
  const { name, type, charset, length } = column
  switch (type) {
    case Type.TINY:
    case Type.SHORT:
    case Type.INT24:
    case Type.LONG:
    case Type.YEAR:
    case Type.DOUBLE:
    case Type.FLOAT:
      return numberOf
    case Type.LONGLONG:
      return digitsOf
    case Type.BIT:
      return length === 1 ? (bytes) => (bytes.at(-1) === 1 ? 1 : 0) : (bytes) => bitsOf(bytes, length)
    case Type.TIMESTAMP:
      return unlessZero(name, zeroDates, (text) => `${text.replace(' ', 'T')}Z`)
    case Type.DATE:
    case Type.NEWDATE:
    case Type.DATETIME:
      return unlessZero(name, zeroDates, (text) => text)
    case Type.JSON:
      return jsonOf
    case Type.GEOMETRY:
    case Type.VECTOR:
      return hexOf
    case Type.TINY_BLOB:
    case Type.BLOB:
    case Type.MEDIUM_BLOB:
    case Type.LONG_BLOB:
    case Type.VAR_STRING:
    case Type.STRING:
      if (column.isJson) return jsonOf
      return charset === BINARY ? hexOf : textOf
    default:
      return textOf
  }
}

/** -0 stays text, because JSON has no negative zero. */
function numberOf(bytes: Buffer): Json {
  const text = bytes.toString('latin1')
  const value = Number(text)
  return Object.is(value, -0) ? text : value
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8')
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex')
}

/** Removes the leading zeros of ZEROFILL. */
function digitsOf(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/^0+(?=\d)/, '')
}

function bitsOf(bytes: Buffer, length: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.slice(-length).padStart(length, '0')
}

/** Text that is not JSON stays text: MariaDB's check can be switched off. */
function jsonOf(bytes: Buffer): Json {
  const text = textOf(bytes)
  const parsed = parseJsonText(text)
  return parsed.ok ? parsed.value : text
}

/** MySQL's zero date: `0000-00-00`, with or without a time. */
const ZERO = /^0000-00-00(?: 00:00:00(?:\.0+)?)?$/

function unlessZero(column: string, zeroDates: ZeroDates, written: (text: string) => string): ReadCell {
  return (bytes) => {
    const text = bytes.toString('latin1')
    // A cheap check first, because zero dates are rare.
    if (!text.startsWith('0000-') || !ZERO.test(text)) return written(text)
    zeroDates.set(column, (zeroDates.get(column) ?? 0) + 1)
    return undefined
  }
}

/**
 * The shortest number that is this FLOAT: `0.1`, not `0.10000000149011612`. The column is read as a
 * DOUBLE, because the server writes only six digits of a FLOAT.
 */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
