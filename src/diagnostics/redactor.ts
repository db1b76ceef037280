import { isObject } from '../json.ts'

const MASK = '[redacted]'

/** Shorter values would blank out ordinary text. Characters. */
const SHORTEST = 4
/** From this length on, a line of a secret of several lines is a secret of its own. Characters. */
const SHORTEST_LINE = 8

/**
 * Knows every secret value of this process and keeps it out of text.
 * Values are registered the moment they are read; texts pass through `redact` on their way out.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  /**
   * Registers one secret: as it is, without blanks around it, and line by line. Values shorter than
   * 4 characters are left out.
   */
  register(secret: string): void {
    if (secret.trim().length < SHORTEST) return
    this.#add(secret, SHORTEST)
    this.#add(secret.trim(), SHORTEST)
    const lines = secret.split(/[\r\n]+/)
    if (lines.length > 1) for (const line of lines) this.#add(line.trim(), SHORTEST_LINE)
  }

  /**
   * The text with every registered secret replaced by `[redacted]`: plain, as it stands in JSON
   * (also twice), in a URL or a form, in Base64 or in hex.
   */
  redact(text: string): string {
    if (this.#secrets.size === 0) return text
    this.#pattern ??= this.#compile()
    return text.replace(this.#pattern, MASK)
  }

  #add(secret: string, shortest: number): void {
    if (secret.length < shortest || this.#secrets.has(secret)) return
    this.#secrets.add(secret)
    this.#pattern = undefined
  }

  #compile(): RegExp {
    const forms = new Set<string>()
    for (const secret of this.#secrets) for (const form of formsOf(secret)) forms.add(form)
    const longestFirst = [...forms].sort((a, b) => b.length - a.length)
    // The mask comes first, so that what is masked already stays as it is.
    return new RegExp([MASK, ...longestFirst].map((form) => RegExp.escape(form)).join('|'), 'g')
  }
}

/**
 * The value with registered secrets kept out of its texts and of the names in it: what it is made
 * of besides stays as it is. JSON is made of the result, since what is replaced in a text of JSON
 * may be more than a value.
 */
export function redactedValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value)
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [redactor.redact(name), redactedValue(member, redactor)]),
  )
}

/** A secret as other texts write it. */
function formsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const wellFormed = secret.toWellFormed()
  const bytes = Buffer.from(secret)
  const unpadded = secret.replace(/=+$/, '')
  return [
    secret,
    ...(/^[\w+/-]{4,}$/.test(unpadded) ? inBase64Alphabets(unpadded) : []),
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    encodeURIComponent(wellFormed),
    new URLSearchParams([['', wellFormed]]).toString().slice(1),
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]
}

/** What is Base64 itself, as a PHC string takes it: without padding, in either alphabet. */
function inBase64Alphabets(text: string): string[] {
  return [text, text.replaceAll('-', '+').replaceAll('_', '/'), text.replaceAll('+', '-').replaceAll('/', '_')]
}

/** The shape of API keys: `sk_live_…`, `sk_test_…`, and without an environment in older ones. */
export const API_KEY = /\bsk_(?:live|test)_\w{4,}/

/**
 * Registers API keys anywhere in a text, before any message quotes the text. Every start does so:
 * nothing large is loaded for it.
 */
export function registerWrittenKeys(text: string, redactor: Redactor): void {
  for (const [key] of text.matchAll(new RegExp(API_KEY, 'g'))) redactor.register(key)
}
/**
 * The parts of a URL that are secret, for the redactor, which knows the URL as a whole. Also of one
 * that is wrong.
 */
export function secretsOfUrl(url: string): string[] {
  const rest = /^[a-z]+:\/\/[^/@:]*:(.*)$/is.exec(url)?.[1] ?? ''
  // Where a character is not encoded, a password may go on to the last @.
  const written = [rest.indexOf('@'), rest.lastIndexOf('@')].map((end) => rest.slice(0, Math.max(end, 0)))
  return [...new Set(written.flatMap((text) => [text, unescaped(text)]))].filter((text) => text !== '')
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
