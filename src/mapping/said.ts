import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * What functions of expressions report about values: a guess or a removed part that the user should
 * know of. Collected while an item is mapped, and noted on its result.
 */

/** Codes of these reports: each is a warning of the plan. */
export const SAID_CODES = ['guessed_time', 'unreadable_json', 'nul_in_text'] as const

export type SaidCode = (typeof SAID_CODES)[number]

/** A report on a value. */
export interface Said {
  code: SaidCode
  /**
   * The field of the expression as `map` names it, and the value if it can be shown:
   * `metadata.since: 45292.5` …
   */
  detail: string
}

const NOTHING: readonly Said[] = []

/**
 * The reports of functions while the items of one chunk are mapped. Each chunk has its own, since
 * several can be mapped at once.
 */
export class Speech {
  #said: Said[] = []
  #field = ''
  #member: string | undefined

  /** Sets the field whose expression is evaluated from now on. */
  speakOf(field: string, member: string | undefined): void {
    this.#field = field
    this.#member = member
  }

  say(code: SaidCode, what: string): void {
    const name = this.#member === undefined ? this.#field : `${this.#field}.${this.#member}`
    this.#said.push({ code, detail: what === '' ? name : `${name}: ${what}` })
  }

  /** Forgets the reports on an item without a result. */
  forget(): void {
    if (this.#said.length > 0) this.#said = []
  }

  /** The new reports, each once. */
  take(): readonly Said[] {
    if (this.#said.length === 0) return NOTHING
    const all = new Map(this.#said.map((one) => [`${one.code}\n${one.detail}`, one]))
    this.#said = []
    return [...all.values()]
  }
}

/**
 * The interpreter of JSONata is asynchronous and interleaves chunks. Its calls still report to
 * their own chunk.
 */
const hearing = new AsyncLocalStorage<Speech>()

/** Runs work and collects the reports of its functions until it ends. */
export function heard<T>(speech: Speech, work: () => T): T {
  return hearing.run(speech, work)
}

/** @param what about the value, without personal data. Outside of mapping it is ignored */
export function say(code: SaidCode, what: string): void {
  hearing.getStore()?.say(code, what)
}
