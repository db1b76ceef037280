import { isObject } from '../json.ts'
import { type FieldError, invalidParameters, refusal } from './call.ts'

export interface TextRules {
  /** Maximum length, in characters. */
  max?: number
  /** Only ASCII. */
  ascii?: boolean
  pattern?: RegExp
}

/**
 * Reads the fields of a body and gathers all problems for one response. An omitted field is
 * undefined.
 */
export class Fields {
  readonly #body: Readonly<Record<string, unknown>>
  readonly #errors: FieldError[] = []

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body
  }

  /** A required, non-empty text. */
  requiredText(name: string, rules: TextRules = {}): string {
    const value = this.#body[name]
    if (value === undefined || value === null || value === '') {
      this.refuse(name, 'required', 'is required')
      return ''
    }
    return this.text(name, rules) ?? ''
  }

  text(name: string, rules: TextRules = {}): string | undefined {
    const value = this.#body[name]
    if (value === undefined) return undefined
    if (typeof value !== 'string') {
      this.refuse(name, 'must_be_a_string', 'must be a string')
      return undefined
    }
    this.#checkText(name, value, rules)
    return value
  }

  nullableText(name: string, rules: TextRules = {}): string | null | undefined {
    return this.#body[name] === null ? null : this.text(name, rules)
  }

  boolean(name: string): boolean | undefined {
    const value = this.#body[name]
    if (value === undefined || typeof value === 'boolean') return value
    this.refuse(name, 'must_be_a_boolean', 'must be a boolean')
    return undefined
  }

  nullableBoolean(name: string): boolean | null | undefined {
    return this.#body[name] === null ? null : this.boolean(name)
  }

  texts(name: string): string[] | undefined {
    const value = this.#body[name]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value
    this.refuse(name, 'must_be_an_array_of_strings', 'must be an array of strings')
    return undefined
  }

  /** Any value, for fields with their own rules. */
  raw(name: string): unknown {
    return this.#body[name]
  }

  /** Notes a problem of a field. */
  refuse(name: string, problem: string, message: string): void {
    this.#errors.push({ code: `${name}_${problem}`, message: `${name} ${message}`, field: name })
  }

  /** @throws Refusal 422 if there was any problem */
  check(): void {
    if (this.#errors.length > 0) throw invalidParameters(this.#errors)
  }

  #checkText(name: string, value: string, rules: TextRules): void {
    if (rules.max !== undefined && value.length > rules.max) {
      this.refuse(name, 'too_long', `must have at most ${rules.max} characters`)
    }
    if (rules.ascii && !/^[\x20-\x7e]*$/.test(value)) this.refuse(name, 'invalid', 'must be printable ASCII')
    if (rules.pattern !== undefined && !rules.pattern.test(value)) {
      this.refuse(name, 'invalid', `must match ${rules.pattern.source}`)
    }
  }
}

/** The OpenAPI document's limit; the documentation has a stricter one. */
export const EXTERNAL_ID: TextRules = { max: 128, ascii: true }

/** The OpenAPI document's limits for metadata. */
const MAX_KEYS = 50
const MAX_KEY_LENGTH = 40
const MAX_VALUE_LENGTH = 600

/** Members to set, or null to remove; null for the whole removes all. */
type MetadataChange = Record<string, string | null> | null

/**
 * Reads `metadata`. A value that is not a string is noted as the misleading `metadata_required`, as
 * WorkOS does. A null member is accepted if an update can remove one.
 */
export function readMetadata(fields: Fields, nullRemoves: boolean): MetadataChange | undefined {
  const value = fields.raw('metadata')
  if (value === undefined || value === null) return value
  // Without a prototype, so that `__proto__` is an ordinary key.
  const change: Record<string, string | null> = Object.create(null)
  if (!isObject(value)) {
    fields.refuse('metadata', 'required', 'must be an object of strings')
    return change
  }
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string' || (member === null && nullRemoves)) change[key] = member
    else fields.refuse('metadata', 'required', `must be an object of strings; '${key}' is not`)
  }
  return change
}

/**
 * The metadata after a change: members merge, null removes one, an empty object clears all.
 * @throws Refusal 400 `invalid_metadata` for too many members, or too long ones
 */
export function mergeMetadata(before: string, change: MetadataChange | undefined): string {
  if (change === undefined) return before
  if (change === null || Object.keys(change).length === 0) return '{}'
  const members = new Map<string, string>(Object.entries(parseMetadata(before)))
  for (const [key, value] of Object.entries(change)) {
    if (key.length === 0 || key.length > MAX_KEY_LENGTH) {
      throw refusal(400, 'invalid_metadata', `Metadata keys must have 1 to ${MAX_KEY_LENGTH} characters.`)
    }
    if (value === null) members.delete(key)
    else if (value.length > MAX_VALUE_LENGTH) {
      throw refusal(400, 'invalid_metadata', `Metadata values must have at most ${MAX_VALUE_LENGTH} characters.`)
    } else members.set(key, value)
  }
  if (members.size > MAX_KEYS) throw refusal(400, 'invalid_metadata', `Metadata must have at most ${MAX_KEYS} keys.`)
  return JSON.stringify(Object.fromEntries(members))
}

/** Metadata as stored. */
export function parseMetadata(text: string): Record<string, string> {
  return JSON.parse(text)
}
