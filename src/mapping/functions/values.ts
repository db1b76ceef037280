import type { Json } from '../../json.ts'
import { type ParsedJson, parseJsonText } from '../../json-text.ts'
import { isEmpty, parseBoolean } from '../../kinds/values/check.ts'
import { isoTime } from '../../kinds/values/time.ts'
import { type MappingFunction, textArgument } from './function.ts'

/** Words for true and false beyond those of `$bool`: PostgreSQL writes `t` and `f`, forms write `on`. */
const MORE_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['t', true],
  ['on', true],
  ['f', false],
  ['off', false],
])

/** Functions that read values out of text. */
export const valueFunctions: readonly MappingFunction[] = [
  {
    name: 'bool',
    theme: 'Values',
    signature: '$bool(text)',
    does: 'true for true/1/yes/y and false for false/0/no/n in any case; nothing for nothing; fails on anything else.',
    example: ['$bool("Yes")', true],
    call: (text) => {
      const parsed = parseBoolean(text)
      if (!parsed.ok) throw new Error(`$bool(): ${parsed.fault.message}`)
      return parsed.value
    },
  },
  {
    name: 'tryBool',
    theme: 'Values',
    signature: '$tryBool(text)',
    does: 'As `$bool`, with t/f and on/off as well; nothing for anything else.',
    example: ['$tryBool("t")', true],
    call: (text) => {
      const word = typeof text === 'string' ? MORE_WORDS.get(text.trim().toLowerCase()) : undefined
      if (word !== undefined) return word
      const parsed = parseBoolean(text)
      return parsed.ok ? parsed.value : undefined
    },
  },
  {
    name: 'parseJson',
    theme: 'Values',
    signature: '$parseJson(text)',
    does:
      'The value of a JSON text; nothing for empty text; a value that is not text as it is; fails on bad JSON. A number that ' +
      'would not print as it was written (1.0, or more digits than a double holds) becomes its text.',
    example: [`$parseJson('{"plan":"pro"}')`, { plan: 'pro' }],
    call: (text) => {
      const parsed = jsonOf(text)
      if (!parsed.ok) throw new Error(`$parseJson(): ${parsed.message}`)
      return parsed.value
    },
  },
  {
    name: 'tryParseJson',
    theme: 'Values',
    signature: '$tryParseJson(text)',
    does: 'As `$parseJson`, but nothing for bad JSON.',
    example: [`$exists($tryParseJson('not JSON'))`, false],
    call: (text) => {
      const parsed = jsonOf(text)
      return parsed.ok ? parsed.value : undefined
    },
  },
  {
    name: 'isoTime',
    theme: 'Values',
    signature: '$isoTime(time)',
    does:
      'A time as ISO 8601 in UTC: from seconds, milliseconds or microseconds since 1970 (told apart by their size), or from ' +
      'ISO 8601 as databases write it, where no zone means UTC; nothing for nothing; fails on anything else.',
    example: ['$isoTime(1700000000)', '2023-11-14T22:13:20.000Z'],
    call: (time) => {
      const text = textArgument(time)
      if (text === undefined) return undefined
      const iso = isoTime(text)
      if (iso === undefined) throw new Error(`$isoTime(): ${JSON.stringify(text)} is no time`)
      return iso
    },
  },
]

/** Nothing for nothing, and what is no text as it is. */
function jsonOf(text: unknown): ParsedJson | { ok: true; value: undefined } {
  if (isEmpty(text)) return { ok: true, value: undefined }
  return typeof text === 'string' ? parseJsonText(text) : { ok: true, value: text as Json }
}
