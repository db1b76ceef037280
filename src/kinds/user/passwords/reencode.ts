import { BadInput } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'
import { isEmpty } from '../../values/check.ts'
import { decode, ENCODINGS } from '../../values/encodings.ts'
import { ARGON2_VERSION, type Pbkdf2Digest } from './hash-types.ts'

/**
 * Builds hashes in WorkOS's form from their parts. The result is the hash with its type, or the
 * name of an unsupported hasher.
 */

/** Systems that a plan names because the form of their hashes does not show the parameters. */
export const WRITERS = ['ASP.NET Identity v2', 'ASP.NET Identity v3'] as const
export type Writer = (typeof WRITERS)[number]

/** A hash in WorkOS's form, or the name of an unsupported hasher; for an unknown one, its shape. */
export type ForeignHash =
  | { hash: string; type: string; writer?: Writer }
  | { unsupported: string; writer?: Writer; shape?: string }

/**
 * The parts of a hash or the parameters of a project, as an expression returns them: `{ 'salt': …,
 * 'rounds': 8 }`.
 */
export class Parts {
  readonly #values: Record<string, unknown>

  /** @throws BadInput when it is not an object */
  constructor(values: unknown) {
    if (!isObject(values)) throw new BadInput("expected an object of named values, like { 'salt': salt }")
    this.#values = values
  }

  /** @throws BadInput for an unknown name, which would otherwise be ignored */
  only(...names: readonly string[]): this {
    const stranger = Object.keys(this.#values).find((name) => !names.includes(name))
    if (stranger !== undefined) throw new BadInput(`there is no ${stranger}; known names are ${names.join(', ')}`)
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

  /**
   * The bytes of a text, in the encoding that another part names. Default: Base64 of either
   * alphabet.
   */
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
/** Base64 without `=`; also accepts the URL-safe alphabet. */
function unpadded(base64: string): string {
  return base64.trim().replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
}

/** Base64 with `=`, from any variant. */
export function padded(base64: string): string {
  const plain = unpadded(base64)
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=')
}

/** Base64 without `=`. */
function toUnpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
/** `memory` is in KiB. */
export function encodeArgon2(parts: {
  variant: string
  version: number
  memory: number
  time: number
  lanes: number
  salt: Uint8Array
  hash: Uint8Array
}): ForeignHash {
  const { variant, version, memory, time, lanes, salt, hash } = parts
  if (version !== ARGON2_VERSION) return { unsupported: `argon2${variant}_v${version}` }
  const cost = `m=${memory},t=${time},p=${lanes}`
  return { hash: `$argon2${variant}$v=${version}$${cost}$${toUnpadded(salt)}$${toUnpadded(hash)}`, type: 'argon2' }
}
export function encodePbkdf2(parts: {
  rounds: number
  digest: Pbkdf2Digest
  salt: Uint8Array
  hash: Uint8Array
}): string {
  return `$pbkdf2$i=${parts.rounds},d=${parts.digest}$${toUnpadded(parts.salt)}$${toUnpadded(parts.hash)}`
}

/**
 * The hash in WorkOS's form, if WorkOS supports PBKDF2 with this digest in any spelling: `SHA-256`,
 * `sha256`.
 */
export function pbkdf2Hash(digest: string, rounds: number, salt: Uint8Array, hash: Uint8Array): ForeignHash {
  const name = digest.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (name !== 'sha256' && name !== 'sha512') return { unsupported: `pbkdf2_${name}` }
  return { hash: encodePbkdf2({ rounds, digest: name, salt, hash }), type: 'pbkdf2' }
}

/**
 * PBKDF2 from its parts: `hash`, `salt`, `rounds`, `digest`, and `encoding` and `saltEncoding` for
 * those that are not Base64.
 * @throws BadInput when a part is missing or invalid
 */
export function pbkdf2Of(parts: unknown): ForeignHash {
  const given = new Parts(parts).only('hash', 'salt', 'rounds', 'digest', 'encoding', 'saltEncoding')
  const salt = given.bytes('salt', 'saltEncoding', 'encoding')
  return pbkdf2Hash(given.text('digest'), given.count(['rounds']), salt, given.bytes('hash', 'encoding'))
}
/** Cost N (not its logarithm), block size and parallelism. */
export interface ScryptCost {
  n: number
  r: number
  p: number
}

export function encodeScrypt({ n, r, p }: ScryptCost, salt: Uint8Array, hash: Uint8Array): ForeignHash {
  const parameters = `n=${n},r=${r},p=${p},kl=${hash.length}`
  return { hash: `$scrypt$v=1$${parameters}$${toUnpadded(salt)}$${toUnpadded(hash)}`, type: 'scrypt' }
}

/**
 * scrypt from its parts: `hash`, `salt`, `n`, `r`, `p`, and `encoding` and `saltEncoding` for those
 * that are not Base64.
 * @throws BadInput when a part is missing or invalid
 */
export function scryptOf(parts: unknown): ForeignHash {
  const given = new Parts(parts).only('hash', 'salt', 'n', 'r', 'p', 'encoding', 'saltEncoding')
  const cost = { n: given.count(['n']), r: given.count(['r']), p: given.count(['p']) }
  return encodeScrypt(cost, given.bytes('salt', 'saltEncoding', 'encoding'), given.bytes('hash', 'encoding'))
}

/** Whether a text is a whole number, as of rounds or memory. */
export function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,6}$/.test(text)
}

/**
 * Salt, hash, separator and key are Base64, as Firebase exports them. Unsupported without a
 * separator, for which WorkOS documents no form.
 */
export function firebaseScryptOf(parts: {
  hash: string
  salt: string
  signerKey: string
  saltSeparator: string
  rounds: number | string
  memoryCost: number | string
}): ForeignHash {
  if (unpadded(parts.saltSeparator) === '') return { unsupported: 'fbscrypt_no_separator' }
  const project = `r=${Number(parts.rounds)},m=${Number(parts.memoryCost)},ss=${unpadded(parts.saltSeparator)},sk=${unpadded(parts.signerKey)}`
  const hash = `$firebase-scrypt$v=1$${project}$${unpadded(parts.salt)}$${unpadded(parts.hash)}`
  return { hash, type: 'firebase-scrypt' }
}
