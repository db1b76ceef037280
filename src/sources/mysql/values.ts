import type { FieldPacket } from 'mysql2'
import type { Json, JsonObject } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'

/**
 * What the bytes of a row mean. In: the description of a column, and the bytes of a cell as the
 * server writes them in its text protocol. Out: a value in which nothing is lost.
 */

/**
 * Numbers of the protocol for types.
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

/** The character set of what is no text. */
const BINARY = 63

/** Among the flags of a column. */
const PRIMARY_KEY = 2

/** What a column of a result is, as far as its values depend on it. */
export interface ColumnShape {
  name: string
  type: number
  charset: number
  /** Bits, of a column of bits. */
  length: number
  /** Of a table whose primary key it belongs to. */
  isPrimary: boolean
  /** JSON that MariaDB keeps as text. */
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

/** Dates of zeros, by column: they are absent from the records. */
export type ZeroDates = Map<string, number>

/** What a type is called in messages. */
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
 * Whether a column holds moments. A day is none: whatever changed in its later hours would pass for
 * unchanged.
 */
export function isTime({ type }: ColumnShape): boolean {
  return type === Type.DATETIME || type === Type.TIMESTAMP
}

export function isFloat({ type }: ColumnShape): boolean {
  return type === Type.FLOAT
}

/**
 * Whether texts count as equal in the order of the column that differ by case, accents or spaces at
 * their end.
 */
export function isCollated({ type, charset }: ColumnShape): boolean {
  return type >= Type.TINY_BLOB && type <= Type.STRING && charset !== BINARY
}

/** Undefined: the record has no such member. */
type ReadCell = (bytes: Buffer) => Json | undefined

/**
 * Makes records of the rows of a result. NULL is absent.
 * @param floats columns that are of type FLOAT in the table, and of type DOUBLE in the result
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

/** JSON has no negative nought. */
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

/** Digits, without the zeros that ZEROFILL puts before them. */
function digitsOf(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/^0+(?=\d)/, '')
}

function bitsOf(bytes: Buffer, length: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.slice(-length).padStart(length, '0')
}

/** Text that is no JSON stays text: a check that MariaDB makes can be switched off. */
function jsonOf(bytes: Buffer): Json {
  const text = textOf(bytes)
  const parsed = parseJsonText(text)
  return parsed.ok ? parsed.value : text
}

/** MySQL's date that is none: `0000-00-00`, with or without a time. */
const ZERO = /^0000-00-00(?: 00:00:00(?:\.0+)?)?$/

function unlessZero(column: string, zeroDates: ZeroDates, written: (text: string) => string): ReadCell {
  return (bytes) => {
    const text = bytes.toString('latin1')
    // Cheap where it is no zero date, as nearly always.
    if (!text.startsWith('0000-') || !ZERO.test(text)) return written(text)
    zeroDates.set(column, (zeroDates.get(column) ?? 0) + 1)
    return undefined
  }
}

/**
 * The number with the fewest digits that is this FLOAT: `0.1`, and not `0.10000000149011612`. The
 * server itself writes six digits of a FLOAT, however many it has, which is why it is read as a
 * DOUBLE.
 */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
