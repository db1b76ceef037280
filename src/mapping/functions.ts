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

/** What a function is about: a heading of docs/reference/expressions.md. */
type Theme = 'Text' | 'Values' | 'Encodings' | 'Passwords'

/** A function of this tool's own, described for its readers. */
export interface MappingFunction extends ExpressionFunction {
  theme: Theme
  signature: string
  does: string
  /** A call with constants, and what it yields. */
  example: readonly [call: string, result: Json]
}

/**
 * An argument as text; undefined for nothing. @throws BadInput for what is neither text nor a
 * number
 */
export function textArgument(value: unknown): string | undefined {
  if (isEmpty(value)) return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new BadInput(`text is expected, not ${kindOf(value)}`)
}

/** In its ASCII form where it has other characters: DNS ignores case there too. */
function domainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return /[^\x00-\x7f]/.test(domain) ? domainToUnicode(domainToASCII(domain)) || domain : domain
}

/** Functions over names and addresses. */
export const textFunctions: readonly MappingFunction[] = [
  {
    ...emailFunction,
    theme: 'Text',
    signature: '$email(address)',
    does:
      'An e-mail address as addresses are compared: without blanks around it, A to Z in lower case, every other character as it ' +
      'is; nothing for nothing. Use it for keys and wherever two addresses meet.',
    example: ['$email(" Ada@Example.COM ")', 'ada@example.com'],
  },
  {
    name: 'slug',
    derives: true,
    theme: 'Text',
    signature: '$slug(text)',
    does:
      'Lowercase ASCII letters and digits joined by `-`, accents removed, at most 64 characters; nothing for nothing. Two names that give one key or ' +
      'one slug of a role are refused.',
    example: ['$slug("Ämter & Co.")', 'amter-co'],
    call: (text) => slug(textArgument(text) ?? '') || undefined,
  },
  {
    name: 'permissionSlug',
    derives: true,
    theme: 'Text',
    signature: '$permissionSlug(name)',
    does:
      'The slug of a permission: lowercase ASCII letters, digits and `- _ : . *`, with `-` for other characters, at most 48; nothing ' +
      'for nothing. Two names that give one slug are refused.',
    example: ['$permissionSlug("read:Invoices/all")', 'read:invoices-all'],
    call: (name) => slugOfPermission(textArgument(name) ?? '') || undefined,
  },
  {
    name: 'splitName',
    theme: 'Text',
    signature: '$splitName(fullName)',
    does:
      '`{ first, last }` of a full name. `Last, First` is split at its comma; otherwise the last word is the last name, with ' +
      'words before it that begin with a small letter (`van`, `de la`) and a suffix behind it (`Jr.`). A single word is a ' +
      'first name; nothing for nothing.',
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
    does: 'The domain of an e-mail address, in lowercase; nothing for nothing and for what is no address.',
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
      'Whether a domain belongs to a mail provider open to everybody (`gmail.com`), so that WorkOS refuses it as an ' +
      "organization's and its users are strangers to each other; false for nothing.",
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

/** How the word `foobar` is written, from the test vectors of RFC 4648, section 10. */
const FOOBAR: Record<Encoding, string> = {
  hex: '666f6f626172',
  base64: 'Zm9vYmFy',
  base64Url: 'Zm9vYmFy',
  base32: 'MZXW6YTBOI',
  text: 'foobar',
}

/**
 * A function from each encoding to each other: `$hexToBase64`, `$base64UrlToBase64`,
 * `$textToBase32` …
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
    does: `${capitalised(CALLED[from])} as ${CALLED[to]}; nothing for nothing; fails on what is not ${CALLED[from]}.`,
    example: [`$${name}("${FOOBAR[from]}")`, FOOBAR[to]],
    call: (text) => {
      const given = textArgument(text)
      if (given === undefined) return undefined
      const bytes = decode(given, from)
      if (bytes === undefined) throw new BadInput(`the text is not ${CALLED[from]}`)
      const encoded = encode(bytes, to)
      if (encoded === undefined) throw new BadInput(`the bytes are no ${CALLED[to]}`)
      return encoded
    },
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * Words for true and false beyond those of `$bool`: PostgreSQL writes `t` and `f`, forms write
 * `on`.
 */
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
    does: 'true for true/1/yes/y and false for false/0/no/n in any case; nothing if there is no value; fails on anything else.',
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
      'The value of a JSON text; nothing for empty text; a value that is not text as it is; fails on bad JSON. An object or a list ' +
      'that was encoded several times is unwrapped. A number that would not print as it was written (1.0, or more digits than a ' +
      'double holds) becomes its text. NUL characters are left out, with a warning.',
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
    does: 'As `$parseJson`, but nothing for bad JSON, with a warning where the text begins like JSON.',
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
      'A time as ISO 8601 in UTC: from seconds, milliseconds, microseconds or nanoseconds since 1970 (the size decides which), or ' +
      'from ISO 8601 as databases write it, where no zone means UTC; nothing if there is no value; fails on anything else. A number from ' +
      '10000 to 79999 is taken for a day of a spreadsheet, and digits like 20240131 for those of a date, with a warning.',
    example: ['$isoTime(1700000000)', '2023-11-14T22:13:20.000Z'],
    call: (time) => {
      const text = textArgument(time)
      if (text === undefined) return undefined
      const read = readTime(text)
      if (read === undefined) throw new Error(`$isoTime(): ${JSON.stringify(text)} is no time`)
      if (read.guess !== undefined) say('guessed_time', `${text.trim()} was taken for ${read.guess}, ${read.iso}`)
      return read.iso
    },
  },
]

/** Nothing for nothing, and what is no text as it is. */
function jsonOf(text: unknown): ParsedJson | { ok: true; value: undefined } {
  if (isEmpty(text)) return { ok: true, value: undefined }
  if (typeof text !== 'string') return { ok: true, value: text as Json }
  const parsed = parseJsonText(innermostJson(text))
  if (!parsed.ok || !text.includes('\\u0000')) return parsed
  const { value, count } = withoutNuls(parsed.value)
  if (count > 0) say('nul_in_text', '')
  return { ok: true, value }
}

/** Text that is meant as JSON, as far as its beginning tells. */
const BEGINS_LIKE_JSON = /^\s*["{[]/
