import { domainToASCII, domainToUnicode } from 'node:url'
import { BadInput } from '../diagnostics/errors.ts'
import { type ExpressionFunction, emailFunction } from '../expressions/functions.ts'
import type { Json } from '../json.ts'
import { innermostJson, type ParsedJson, parseJsonText, withoutNuls } from '../json-text.ts'
import { isConsumerDomain } from '../kinds/organization/domains.ts'
import { slug } from '../kinds/organization/organization-name.ts'
import { slugOfPermission } from '../kinds/permission/slugs.ts'
import { splitName } from '../kinds/user/person-name.ts'
import { isEmpty, kindOf, parseBoolean } from '../kinds/values/check.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import { decode, ENCODINGS, type Encoding, encode } from '../kinds/values/encodings.ts'
import { readTime } from '../kinds/values/time.ts'
import { say } from './said.ts'

/** A heading of docs/reference/expressions.md. */
type Theme = 'Text' | 'Values' | 'Encodings' | 'Passwords'

/** A function of this tool, with its documentation. */
export interface MappingFunction extends ExpressionFunction {
  theme: Theme
  signature: string
  does: string
  /** A call with constants, and its result. */
  example: readonly [call: string, result: Json]
}

/**
 * An argument as text. Undefined: no value. @throws BadInput for a value that is neither text nor a
 * number
 */
export function textArgument(value: unknown): string | undefined {
  if (isEmpty(value)) return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new BadInput(`expected text, not ${kindOf(value)}`)
}

/** In ASCII form if it has other characters: DNS ignores case there too. */
function domainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return /[^\x00-\x7f]/.test(domain) ? domainToUnicode(domainToASCII(domain)) || domain : domain
}

export const textFunctions: readonly MappingFunction[] = [
  {
    ...emailFunction,
    theme: 'Text',
    signature: '$email(address)',
    does:
      'An email address in the form for comparing: trimmed, A to Z in lower case, other characters unchanged. ' +
      'Use it for keys and wherever two addresses are compared.',
    example: ['$email(" Ada@Example.COM ")', 'ada@example.com'],
  },
  {
    name: 'slug',
    derives: true,
    theme: 'Text',
    signature: '$slug(text)',
    does:
      'Lowercase ASCII letters and digits joined by `-`, accents removed, at most 64 characters. Two names with the ' +
      'same key or role slug are rejected.',
    example: ['$slug("Ämter & Co.")', 'amter-co'],
    call: (text) => slug(textArgument(text) ?? '') || undefined,
  },
  {
    name: 'permissionSlug',
    derives: true,
    theme: 'Text',
    signature: '$permissionSlug(name)',
    does:
      'The slug of a permission: lowercase ASCII letters, digits and `- _ : . *`, with `-` for other characters, at most 48. ' +
      'Two names with the same slug are rejected.',
    example: ['$permissionSlug("read:Invoices/all")', 'read:invoices-all'],
    call: (name) => slugOfPermission(textArgument(name) ?? '') || undefined,
  },
  {
    name: 'splitName',
    theme: 'Text',
    signature: '$splitName(fullName)',
    does:
      'Splits a full name into `{ first, last }`. `Last, First` is split at its comma. Otherwise the last word is the last name, with ' +
      'lowercase words before it (`van`, `de la`) and a suffix after it (`Jr.`). A single word is a ' +
      'first name.',
    example: ['$splitName("Vincent van Beispiel")', { first: 'Vincent', last: 'van Beispiel' }],
    call: (fullName): Json | undefined => {
      const { first, last } = splitName(textArgument(fullName) ?? '') ?? {}
      if (first === undefined) return undefined
      return last === undefined ? { first } : { first, last }
    },
  },
  {
    name: 'domain',
    theme: 'Text',
    signature: '$domain(email)',
    does: 'The domain of an email address, in lowercase; no value for text that is not an address.',
    example: ['$domain("Ada@Example.COM")', 'example.com'],
    call: (email) => {
      const address = normaliseEmail(email)
      return address.ok ? domainOf(address.value) : undefined
    },
  },
  {
    name: 'isMailProvider',
    theme: 'Text',
    signature: '$isMailProvider(domain)',
    does:
      'Whether a domain belongs to a public email provider (`gmail.com`). WorkOS rejects such domains for ' +
      'organizations, and their users do not know each other; false for no value.',
    example: ['$isMailProvider("gmail.com")', true],
    call: (domain) => isConsumerDomain(textArgument(domain) ?? ''),
  },
]

const CALLED: Record<Encoding, string> = {
  hex: 'hex',
  base64: 'Base64',
  base64Url: 'Base64 for URLs',
  base32: 'Base32',
  text: 'UTF-8 text',
}

/** The word `foobar` in each encoding, from the test vectors of RFC 4648, section 10. */
const FOOBAR: Record<Encoding, string> = {
  hex: '666f6f626172',
  base64: 'Zm9vYmFy',
  base64Url: 'Zm9vYmFy',
  base32: 'MZXW6YTBOI',
  text: 'foobar',
}

/**
 * A function for each pair of encodings: `$hexToBase64`, `$base64UrlToBase64`, `$textToBase32` …
 */
export const encodingFunctions: readonly MappingFunction[] = ENCODINGS.flatMap((from) =>
  ENCODINGS.filter((to) => to !== from).map((to) => recoding(from, to)),
)

function recoding(from: Encoding, to: Encoding): MappingFunction {
  const name = `${from}To${to.charAt(0).toUpperCase()}${to.slice(1)}`
  return {
    name,
    theme: 'Encodings',
    signature: `$${name}(text)`,
    does: `Converts ${CALLED[from]} to ${CALLED[to]}; fails for text that is not ${CALLED[from]}.`,
    example: [`$${name}("${FOOBAR[from]}")`, FOOBAR[to]],
    call: (text) => {
      const given = textArgument(text)
      if (given === undefined) return undefined
      const bytes = decode(given, from)
      if (bytes === undefined) throw new BadInput(`the text is not ${CALLED[from]}`)
      const encoded = encode(bytes, to)
      if (encoded === undefined) throw new BadInput(`the bytes are not ${CALLED[to]}`)
      return encoded
    },
  }
}

/**
 * Words for true and false in addition to those of `$bool`: PostgreSQL writes `t` and `f`, forms
 * write `on`.
 */
const MORE_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['t', true],
  ['on', true],
  ['f', false],
  ['off', false],
])

export const valueFunctions: readonly MappingFunction[] = [
  {
    name: 'bool',
    theme: 'Values',
    signature: '$bool(text)',
    does: 'true for true/1/yes/y and false for false/0/no/n in any case; fails for anything else.',
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
    does: 'As `$bool`, and also t/f and on/off; no value for anything else.',
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
      'Parses JSON text; no value for empty text; other values unchanged; fails for invalid JSON. Unwraps an object or list ' +
      'that was encoded several times. A number that would change when printed (1.0, or more digits than a ' +
      'double has) becomes text. Removes NUL characters, with a warning.',
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
    does: 'As `$parseJson`, but no value for invalid JSON, with a warning if the text begins like JSON.',
    example: [`$exists($tryParseJson('not JSON'))`, false],
    call: (text) => {
      const parsed = jsonOf(text)
      if (parsed.ok) return parsed.value
      if (typeof text === 'string' && BEGINS_LIKE_JSON.test(text)) say('unreadable_json', '')
      return undefined
    },
  },
  {
    name: 'isoTime',
    theme: 'Values',
    signature: '$isoTime(time)',
    does:
      'A time as ISO 8601 in UTC. Reads seconds, milliseconds, microseconds or nanoseconds since 1970 (by size), and ' +
      'ISO 8601 as databases write it, in UTC if there is no time zone; fails for anything else. Reads a number from ' +
      '10000 to 79999 as a spreadsheet day, and digits like 20240131 as a date, with a warning.',
    example: ['$isoTime(1700000000)', '2023-11-14T22:13:20.000Z'],
    call: (time) => {
      const text = textArgument(time)
      if (text === undefined) return undefined
      const read = readTime(text)
      if (read === undefined) throw new Error(`$isoTime(): ${JSON.stringify(text)} is not a time`)
      if (read.guess !== undefined) say('guessed_time', `${text.trim()} was read as ${read.guess}, ${read.iso}`)
      return read.iso
    },
  },
]

/** No value for no value; a value that is not text unchanged. */
function jsonOf(text: unknown): ParsedJson | { ok: true; value: undefined } {
  if (isEmpty(text)) return { ok: true, value: undefined }
  if (typeof text !== 'string') return { ok: true, value: text as Json }
  const parsed = parseJsonText(innermostJson(text))
  if (!parsed.ok || !text.includes('\\u0000')) return parsed
  const { value, count } = withoutNuls(parsed.value)
  if (count > 0) say('nul_in_text', '')
  return { ok: true, value }
}

/** Text that seems to be JSON. */
const BEGINS_LIKE_JSON = /^\s*["{[]/
