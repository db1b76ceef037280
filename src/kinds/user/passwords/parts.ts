import { BadInput } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'
import { isEmpty } from '../../values/check.ts'
import { decode, ENCODINGS } from '../../values/encodings.ts'

/** The parts of a hash or the parameters of a project, as an expression gives them: `{ 'salt': …, 'rounds': 8 }`. */
export class Parts {
  readonly #values: Record<string, unknown>

  /** @throws BadInput when it is no object */
  constructor(values: unknown) {
    if (!isObject(values)) throw new BadInput("an object of named values is expected, like { 'salt': salt }")
    this.#values = values
  }

  /** @throws BadInput for a name that means nothing, which would otherwise be left out unnoticed */
  only(...names: readonly string[]): this {
    const stranger = Object.keys(this.#values).find((name) => !names.includes(name))
    if (stranger !== undefined) throw new BadInput(`there is no ${stranger}; known are ${names.join(', ')}`)
    return this
  }

  /** The text of the first of these names that has one. */
  optional(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.#values[name]
      if (isEmpty(value)) continue
      if (typeof value === 'string' || typeof value === 'number') return String(value).trim()
      throw new BadInput(`${name} is not text`)
    }
    return undefined
  }

  text(...names: readonly string[]): string {
    const value = this.optional(...names)
    if (value === undefined) throw new BadInput(`${names[0]} is missing`)
    return value
  }

  /** A whole number above zero. */
  count(names: readonly string[], otherwise?: number): number {
    const written = this.optional(...names)
    const count = written === undefined ? otherwise : Number(written)
    if (count === undefined) throw new BadInput(`${names[0]} is missing`)
    if (!Number.isSafeInteger(count) || count < 1) throw new BadInput(`${names[0]} is not a whole number above zero`)
    return count
  }

  /** The bytes of a text, in the encoding that another part names; without one it is Base64 of either alphabet. */
  bytes(name: string, ...encodingNames: readonly string[]): Buffer {
    const text = this.text(name)
    const encodingName = encodingNames.find((known) => this.optional(known) !== undefined) ?? ''
    const named = this.optional(encodingName)
    const encoding = ENCODINGS.find((known) => known === named)
    if (named !== undefined && encoding === undefined) {
      throw new BadInput(`${encodingName} must be one of ${ENCODINGS.join(', ')}`)
    }
    const bytes =
      encoding === undefined ? (decode(text, 'base64') ?? decode(text, 'base64Url')) : decode(text, encoding)
    if (bytes === undefined) throw new BadInput(`${name} is not ${encoding ?? 'base64'}`)
    return bytes
  }
}
