import { addressForm } from '../addresses.ts'
import { BadInput } from '../diagnostics/errors.ts'
import type { Json } from '../json.ts'

/** A function that expressions can call in addition to JSONata's own. */
export interface ExpressionFunction {
  /** Without the `$`. */
  name: string
  /**
   * It makes slugs of names, possibly the same of several names: `CompiledExpression.derived`
   * reports what it did.
   */
  derives?: true
  /** @throws Error whose message can show the arguments, or BadInput, whose message never does */
  call(...args: unknown[]): Json | undefined
}

/**
 * An address in the form for comparing. It rejects none: an address that can be mistaken for
 * another one stays unchanged and equals only itself.
 */
export const emailFunction: ExpressionFunction = {
  name: 'email',
  call(value) {
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw new BadInput('expected the text of one address')
    return addressForm(value) || undefined
  },
}

/**
 * Characters whose lower case contains an ASCII letter: the dotted capital I and the Kelvin sign.
 */
const LOWER_IS_ASCII = /([\u0130\u212a])/

/**
 * Characters whose upper case contains an ASCII letter: the dotless i, the long s, the sharp s,
 * ligatures, and letters with a separate mark.
 */
const UPPER_IS_ASCII = /([\u00df\u0131\u0149\u017f\u01f0\u1e96-\u1e9a\ufb00-\ufb06])/

/**
 * JSONata's `$lowercase`, without turning other characters into ASCII letters: an address with a
 * Kelvin sign would become another user's address before any rule sees it.
 */
export function lowercase(text: string | undefined): string | undefined {
  return text === undefined ? undefined : around(LOWER_IS_ASCII, text, (part) => part.toLowerCase())
}

/** JSONata's `$uppercase`, with the same care. */
export function uppercase(text: string | undefined): string | undefined {
  return text === undefined ? undefined : around(UPPER_IS_ASCII, text, (part) => part.toUpperCase())
}

function around(kept: RegExp, text: string, change: (part: string) => string): string {
  if (!kept.test(text)) return change(text)
  return text
    .split(kept)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('')
}

/**
 * Characters up to which `$pad` fills: a worker that runs out of memory inside one function ends
 * the process.
 */
const MAX_WIDTH = 1 << 20

/** JSONata's `$pad` within limits: https://docs.jsonata.org/string-functions#pad */
export function pad(text: string | undefined, width: number, filler?: string): string | undefined {
  if (text === undefined) return undefined
  const whole = Math.trunc(width)
  if (Math.abs(whole) > MAX_WIDTH) throw new RangeError(`$pad() fills up to at most ${MAX_WIDTH} characters`)
  const missing = Math.abs(whole) - [...text].length
  if (!(missing > 0)) return text
  const characters = [...(filler || ' ')]
  const filling = Array.from({ length: missing }, (_, at) => characters[at % characters.length]).join('')
  return whole > 0 ? text + filling : filling + text
}
