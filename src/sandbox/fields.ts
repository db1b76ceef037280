import { type FieldError, invalidParameters } from './refusal.ts'

export interface TextRules {
  /** Longest accepted text, in characters. */
  max?: number
  /** Refuses everything but ASCII. */
  ascii?: boolean
  pattern?: RegExp
}

/**
 * Reads the fields of a body and gathers what is wrong with them, so that one answer names all of it.
 * An omitted field reads as undefined.
 */
export class Fields {
  readonly #body: Readonly<Record<string, unknown>>
  readonly #errors: FieldError[] = []

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body
  }

  /** A required text that is not empty. */
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

  /** Any value, for fields with rules of their own. */
  raw(name: string): unknown {
    return this.#body[name]
  }

  /** Notes what is wrong with a field. */
  refuse(name: string, problem: string, message: string): void {
    this.#errors.push({ code: `${name}_${problem}`, message: `${name} ${message}`, field: name })
  }

  /** @throws Refusal 422 when anything was wrong */
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

/** The OpenAPI document's bound; the documentation's pages name a stricter one. */
export const EXTERNAL_ID: TextRules = { max: 128, ascii: true }
