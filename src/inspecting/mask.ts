const LONGEST = 40
const LONGEST_RUN = 6

/**
 * What a value looks like, with nothing of it left: letters become x or X, digits 9, characters of other alphabets x. Long runs
 * and long values are cut: their exact length says nothing.
 */
export function shapeOf(value: string): string {
  const masked = value
    .slice(0, LONGEST * 4)
    .replace(/\p{Lu}/gu, 'X')
    .replace(/[\p{L}\p{M}]/gu, (letter) => (letter === 'X' ? 'X' : 'x'))
    .replace(/\p{N}/gu, '9')
    .replace(/[^ -~]/gu, '·')
    .replace(/(?=[xX]*9|X*x[xX]*X)[xX9]{12,}/g, 'x9X…')
    .replace(/(.)\1+/g, (run, character: string) => (run.length > LONGEST_RUN ? `${character.repeat(3)}…` : run))
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked
}

/** Names of members as people and programs choose them. */
const NAME = /^\$?[\p{L}\p{N}_ .:/()-]{1,64}$/u
const DATA_IN_NAME = /\d{6,}|[0-9a-f]{16,}/i

/** A member's name as it is shown: where data stands in its place (an e-mail address, an id, a row without a header), masked. */
export function shownName(name: string): string {
  return NAME.test(name) && !DATA_IN_NAME.test(name) ? name : `⟨${shapeOf(name)}⟩`
}

/** Whether a value of a column that is no person's may be shown: a word, not an address, a hash, an id or a token. */
export function isHarmless(value: string): boolean {
  if (!/^[\p{L}\p{N} _.:|/+-]{1,40}$/u.test(value)) return false
  // Letters and digits without end are no word: a TOTP secret (Base32) has 16 at least.
  if (/(?=\p{L}*\p{N})(?=\p{N}*\p{L})[\p{L}\p{N}]{16,}/u.test(value)) return false
  return !/[0-9a-f]{12,}/i.test(value) && !(value.length > 24 && /\d/.test(value)) && !/\d{7,}/.test(value)
}
