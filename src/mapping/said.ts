/**
 * What functions of expressions have to say of values that they took for something, or left out: a guess, which a person should know of. It
 * is gathered in one thread while an item is mapped, which is one after the other, and noted on what comes of the item.
 */

/** Codes of what functions say: each is a warning of the plan. */
export const SAID_CODES = ['guessed_time', 'unreadable_json', 'nul_in_text'] as const

export type SaidCode = (typeof SAID_CODES)[number]

/** Something said of a value. */
export interface Said {
  code: SaidCode
  /** The field that the expression yields, as `map` names it, and the value in question as it may be shown: `metadata.since: 45292.5` … */
  detail: string
}

let said: Said[] = []
let field = ''
let member: string | undefined

/** The expression of this field is evaluated from now on. */
export function speakOf(name: string, part: string | undefined): void {
  field = name
  member = part
}

/** @param what of the value; nothing that may be personal */
export function say(code: SaidCode, what: string): void {
  const name = member === undefined ? field : `${field}.${member}`
  said.push({ code, detail: what === '' ? name : `${name}: ${what}` })
}

/** Forgets what was said of an item of which nothing comes. */
export function forgetSaid(): void {
  if (said.length > 0) said = []
}

/** What was said since it was last asked, each once. */
export function takeSaid(): readonly Said[] {
  if (said.length === 0) return NOTHING
  const all = new Map(said.map((one) => [`${one.code}\n${one.detail}`, one]))
  said = []
  return [...all.values()]
}

const NOTHING: readonly Said[] = []
