import { addressForm } from '../addresses.ts'
import { BadInput } from '../diagnostics/errors.ts'
import type { Json } from '../json.ts'

/** A function that expressions may call besides JSONata's own. */
export interface ExpressionFunction {
  /** Without the `$`. */
  name: string
  /**
   * It makes a slug of a name, and the same one of several names: what it did is told by
   * `CompiledExpression.derived`.
   */
  derives?: true
  /** @throws Error whose message may show the arguments, or BadInput, whose message never does */
  call(...args: unknown[]): Json | undefined
}

/**
 * An address as addresses are compared. It refuses none: what can be taken for another address
 * stays as it is, and equals nothing but itself.
 */
export const emailFunction: ExpressionFunction = {
  name: 'email',
  call(value) {
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw new BadInput('the text of one address is expected')
    return addressForm(value) || undefined
  },
}

/**
 * Characters whose lower case holds a letter of ASCII: the dotted capital I and the Kelvin sign.
 */
const LOWER_IS_ASCII = /([\u0130\u212a])/

/**
 * Characters whose upper case holds a letter of ASCII: the dotless i, the long s, the sharp s,
 * ligatures, letters with a mark beside them.
 */
const UPPER_IS_ASCII = /([\u00df\u0131\u0149\u017f\u01f0\u1e96-\u1e9a\ufb00-\ufb06])/

/**
 * JSONata's `$lowercase`, which makes no letter of ASCII out of another character: an address with
 * a Kelvin sign in it would become the address of somebody else before any rule sees it.
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
 * Characters that `$pad` may fill up to: a worker that runs out of memory inside one function takes
 * the process with it.
 */
const MAX_WIDTH = 1 << 20

/** JSONata's `$pad` within bounds: https://docs.jsonata.org/string-functions#pad */
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
