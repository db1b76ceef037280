/** Numbers from here on count milliseconds since 1970, and from the second on microseconds: as seconds they are beyond the year 5138. */
const MILLISECONDS_FROM = 1e11
const MICROSECONDS_FROM = 1e14

/** ISO 8601, and as databases print it: a blank for the T, a zone of hours alone, or none, which means UTC. */
const WRITTEN =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?)? ?(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)?$/i

/** A time in UTC as ISO 8601 with milliseconds, from seconds, milliseconds or microseconds since 1970 or from text. Undefined: it is no time. */
export function isoTime(value: string | number): string | undefined {
  const text = String(value).trim()
  const milliseconds = /^-?\d+(\.\d+)?$/.test(text) ? sinceEpoch(Number(text)) : written(text)
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function sinceEpoch(count: number): number {
  const size = Math.abs(count)
  if (size >= MICROSECONDS_FROM) return Math.floor(count / 1000)
  return Math.round(size >= MILLISECONDS_FROM ? count : count * 1000)
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

/** 30 February would be read as 2 March. */
function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
}
