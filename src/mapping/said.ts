import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * What functions of expressions have to say of values that they took for something, or left out: a
 * guess, which a person should know of. It is gathered while an item is mapped, and noted on what
 * comes of the item.
 */

/** Codes of what functions say: each is a warning of the plan. */
export const SAID_CODES = ['guessed_time', 'unreadable_json', 'nul_in_text'] as const

export type SaidCode = (typeof SAID_CODES)[number]

/** Something said of a value. */
export interface Said {
  code: SaidCode
  /**
   * The field that the expression yields, as `map` names it, and the value in question as it may be
   * shown: `metadata.since: 45292.5` …
   */
  detail: string
}

const NOTHING: readonly Said[] = []

/**
 * What functions say while the items of one chunk are mapped, one after the other. Each chunk has
 * its own: several may be mapped at once.
 */
export class Speech {
  #said: Said[] = []
  #field = ''
  #member: string | undefined

  /** The expression of this field is evaluated from now on. */
  speakOf(field: string, member: string | undefined): void {
    this.#field = field
    this.#member = member
  }

  say(code: SaidCode, what: string): void {
    const name = this.#member === undefined ? this.#field : `${this.#field}.${this.#member}`
    this.#said.push({ code, detail: what === '' ? name : `${name}: ${what}` })
  }

  /** Forgets what was said of an item of which nothing comes. */
  forget(): void {
    if (this.#said.length > 0) this.#said = []
  }

  /** What was said since it was last asked, each once. */
  take(): readonly Said[] {
    if (this.#said.length === 0) return NOTHING
    const all = new Map(this.#said.map((one) => [`${one.code}\n${one.detail}`, one]))
    this.#said = []
    return [...all.values()]
  }
}

/**
 * The interpreter of JSONata answers later, between the work of other chunks. What it calls then
 * still speaks to its own.
 */
const hearing = new AsyncLocalStorage<Speech>()

/** Maps with somebody who hears what functions say, until the work has ended. */
export function heard<T>(speech: Speech, work: () => T): T {
  return hearing.run(speech, work)
}

/** @param what of the value; nothing that may be personal. Where nobody maps, nobody hears it */
export function say(code: SaidCode, what: string): void {
  hearing.getStore()?.say(code, what)
}
