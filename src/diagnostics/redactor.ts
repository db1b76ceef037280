import { isObject } from '../json.ts'

const MASK = '[redacted]'

/** Shorter values would hide ordinary text. Characters. */
const SHORTEST = 4
/** The shortest line of a multi-line secret to register separately. Characters. */
const SHORTEST_LINE = 8

/**
 * Removes all secrets of this process from texts. Register a secret as soon as it is read; pass
 * every output through `redact`.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  /**
   * Registers a secret: as it is, trimmed, and line by line. Ignores values shorter than 4
   * characters.
   */
  register(secret: string): void {
    if (secret.trim().length < SHORTEST) return
    this.#add(secret, SHORTEST)
    this.#add(secret.trim(), SHORTEST)
    const lines = secret.split(/[\r\n]+/)
    if (lines.length > 1) for (const line of lines) this.#add(line.trim(), SHORTEST_LINE)
  }

  /**
   * Replaces every registered secret with `[redacted]`: plain, JSON-escaped (also twice),
   * URL-encoded, form-encoded, in Base64 or in hex.
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
    // The mask comes first, so that masked text does not change again.
    return new RegExp([MASK, ...longestFirst].map((form) => RegExp.escape(form)).join('|'), 'g')
  }
}

/**
 * Redacts the strings and member names of a value. Redact a value before it becomes JSON text: in
 * the text, a match could cover more than one string.
 */
export function redactedValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value)
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [redactor.redact(name), redactedValue(member, redactor)]),
  )
}

/** The forms in which other texts can contain a secret. */
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

/** Unpadded Base64 in both alphabets, as in PHC strings. */
function inBase64Alphabets(text: string): string[] {
  return [text, text.replaceAll('-', '+').replaceAll('_', '/'), text.replaceAll('+', '-').replaceAll('/', '_')]
}

/** The shape of API keys: `sk_live_…`, `sk_test_…`. */
export const API_KEY = /\bsk_(?:live|test)_\w{4,}/

/** Registers API keys in a text before a message can quote it. */
export function registerWrittenKeys(text: string, redactor: Redactor): void {
  for (const [key] of text.matchAll(new RegExp(API_KEY, 'g'))) redactor.register(key)
}
/** The secret parts of a URL, even of an invalid one. */
export function secretsOfUrl(url: string): string[] {
  const rest = /^[a-z]+:\/\/[^/@:]*:(.*)$/is.exec(url)?.[1] ?? ''
  // An unencoded password can continue to the last @.
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
