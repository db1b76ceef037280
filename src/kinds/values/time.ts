/**
 * Numbers count milliseconds since 1970 from the first value on and microseconds from the second
 * on: as seconds they are after the year 5138.
 */
const MILLISECONDS_FROM = 1e11
const MICROSECONDS_FROM = 1e14

/**
 * As microseconds, numbers from here on are after the year 5138. From 2001 on they are nanoseconds;
 * the range between is rejected.
 */
const MICROSECONDS_TO = 1e17
const NANOSECONDS_FROM = 1e18

/**
 * ISO 8601, and the forms of databases: a space for the T, an offset of hours only, or none, which
 * means UTC.
 */
const WRITTEN =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?)? ?(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)?$/i

/**
 * Digits of a date, with or without a time: as seconds they would be in 1970, as milliseconds after
 * the year 2601.
 */
const DIGITS =
  /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:([01]\d|2[0-3])([0-5]\d)(?:([0-5]\d)(\d{3})?)?)?$/

/**
 * Days of spreadsheets, counted from the end of 1899, for 1927 to 2119: as seconds they would all
 * be on the first day of 1970.
 * https://support.microsoft.com/office/datevalue-function-df8b07d4-7761-4a93-bc33-b7471bbff252
 */
const FIRST_DAY = 10_000
const LAST_DAY = 80_000
/** 1970-01-01 */
const EPOCH_DAY = 25_569
const DAY = 86_400_000

/** A reading of a number that might be wrong. */
export type Guess = 'a day of a spreadsheet' | 'the digits of a date'

/** A UTC time as ISO 8601 with milliseconds. */
export interface ReadTime {
  iso: string
  guess?: Guess
}

/**
 * Reads seconds, milliseconds, microseconds or nanoseconds since 1970, a spreadsheet day, or text.
 * Undefined: not a time.
 */
export function readTime(value: string | number): ReadTime | undefined {
  const text = String(value).trim()
  const digits = DIGITS.exec(text)
  if (digits !== null) return read(fromDigits(digits), 'the digits of a date')
  if (!/^-?\d+(\.\d+)?$/.test(text)) return read(written(text))
  const count = Number(text)
  if (count < FIRST_DAY || count >= LAST_DAY) return read(sinceEpoch(count))
  return read(Math.round((count - EPOCH_DAY) * DAY), 'a day of a spreadsheet')
}

/** See `readTime`. */
export function isoTime(value: string | number): string | undefined {
  return readTime(value)?.iso
}

function read(milliseconds: number, guess?: Guess): ReadTime | undefined {
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return undefined
  const iso = date.toISOString()
  return guess === undefined ? { iso } : { iso, guess }
}

function sinceEpoch(count: number): number {
  const size = Math.abs(count)
  if (size >= NANOSECONDS_FROM) return Math.floor(count / 1e6)
  if (size >= MICROSECONDS_TO) return Number.NaN
  if (size >= MICROSECONDS_FROM) return Math.floor(count / 1000)
  return Math.round(size >= MILLISECONDS_FROM ? count : count * 1000)
}

function fromDigits([, year, month, day, hours = '00', minutes = '00', ...rest]: readonly string[]): number {
  const [seconds = '00', fraction = '0'] = rest
  return written(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction}Z`)
}

function written(text: string): number {
  const found = WRITTEN.exec(text)
  if (found === null) return Number.NaN
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', , hours, offset = '00'] = found
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const parsed = Date.parse(
    `${day}T${minutes}:${seconds}.${milliseconds}${hours === undefined ? 'Z' : `${hours}:${offset}`}`,
  )
  return isDay(day) ? parsed : Number.NaN
}

/** Otherwise 30 February would become 2 March. */
function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
}
