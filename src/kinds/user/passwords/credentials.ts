import type { Manifest } from '../../../config/manifest.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import type { ValueProblem } from '../../draft.ts'
import { isEmpty, kindOf, saysNothing } from '../../values/check.ts'
import {
  canonicalHashType,
  checkHash,
  checkSsha256,
  HASH_TYPES,
  type HashVerdict,
  isModified,
  knownType,
  likelyType,
  shownHashType,
  weakness,
} from './hash-types.ts'
import { bytesInJson, type Recognised, recognisePasswordHash, saysNoPassword } from './recognise.ts'
import { WRITERS } from './reencode.ts'
import { isShape, withoutLength } from './strangers.ts'

/**
 * Why a user is migrated without the password of the source: codes of notes, which the plan sums up
 * by algorithm.
 */
export const RESET_CODES = ['password_reset_required', 'password_weak_reset', 'password_not_a_hash'] as const
export type ResetCode = (typeof RESET_CODES)[number]

export interface Credentials {
  /** `password` or `passwordHash: { hash, type }`, or null if there is neither. */
  secrets: JsonObject | null
  /** Why the user must reset the password: WorkOS or the manifest rejects the hash. */
  reset?: { code: ResetCode; detail: string }
  /** The record has a plain-text password and a hash; the hash counts. */
  beside?: true
  problems: ValueProblem[]
}

type Rules = Manifest['passwords']

/**
 * The password of a user: plain text, or a hash that always stays with its type. A hash can be
 * text, with or without `passwordHashType`, `{ hash, type }`, or the result of a password function.
 * What the hash shows counts before its declared type. No message contains any part of a password
 * or hash.
 */
export function normaliseCredentials(fields: Record<string, unknown>, rules: Rules): Credentials {
  const { password = null } = fields
  // Otherwise a tool's word for an empty cell would become the same password for everybody.
  const hasPassword = password !== null && password !== '' && !(typeof password === 'string' && saysNothing(password))
  const given = hashUnit(fields)
  if (given.kind === 'problem') return problem(given.code, given.field, given.message, given.hint)
  if (given.kind !== 'none' && !(hasPassword && isNothing(given))) {
    const decided = ofHash(given, rules)
    return hasPassword && decided.problems.length === 0 ? { ...decided, beside: true } : decided
  }
  if (!hasPassword) return { secrets: null, problems: [] }
  if (typeof password !== 'string') {
    return problem('invalid_password', 'password', 'the password is not text', 'map a text value')
  }
  return { secrets: { password }, problems: [] }
}

/**
 * Whether a tool wrote its word for an empty cell as the hash: then a plain-text password counts
 * alone.
 */
function isNothing(given: HashUnit): boolean {
  return given.kind === 'hash' && saysNothing(given.hash)
}

function ofHash(given: Exclude<HashUnit, { kind: 'none' | 'problem' }>, rules: Rules): Credentials {
  if (given.kind === 'unsupported') return refused(named(given.type, given), rules)
  if (given.kind === 'notHash') return notHash(given.shape, rules)
  const { hash, type, writer } = given
  if (saysNoPassword(hash)) return { secrets: null, problems: [] }
  if (type === undefined) return ofRecognised(recognisePasswordHash(hash), rules)
  const verdict = check(type, hash, rules)
  if (verdict !== undefined && verdict.kind !== 'malformed') return judged({ hash, type, writer }, verdict, rules)
  if (isModified(type)) return refused(shownHashType(type), rules)
  const found = recognisePasswordHash(hash)
  if (verdict !== undefined || (!isAmbiguous(type, hash) && isTaken(found, rules))) return ofRecognised(found, rules)
  const known = knownType(type)
  if (known === 'unsupported') return refused(shownHashType(type), rules)
  const { message, hint } = strangeType(type, known)
  return problem('unknown_hash_type', 'passwordHashType', message, hint)
}

/**
 * Django's salts: letters and digits, 12 before version 3.2, 22 since. Base64 of that shape is
 * unlikely.
 */
const DJANGO_SALT = /^pbkdf2_sha\d+\$\d+\$(?:[A-Za-z\d]{12}|[A-Za-z\d]{22})\$/

/**
 * Whether only the origin shows how to read a hash: Django and Clerk write PBKDF2 in one form, with
 * the salt as text or as Base64.
 */
function isAmbiguous(type: string, hash: string): boolean {
  const ofEither = /^pbkdf2_sha\d+/.test(type) && !type.includes('django') && hash.startsWith('pbkdf2_')
  return ofEither && !DJANGO_SALT.test(hash)
}

/** Whether WorkOS supports the recognized type, with these or other parameters. */
function isTaken(found: Recognised, rules: Rules): boolean {
  if (!('hash' in found)) return false
  const verdict = check(found.type, found.hash, rules)
  return verdict !== undefined && verdict.kind !== 'malformed'
}

function ofRecognised(found: Recognised, rules: Rules): Credentials {
  if ('none' in found) return { secrets: null, problems: [] }
  if ('notHash' in found) return notHash(found.notHash, rules)
  if ('unsupported' in found) return refused(named(found.unsupported, found), rules)
  const verdict = check(found.type, found.hash, rules)
  return verdict === undefined ? refused(shownHashType(found.type), rules) : judged(found, verdict, rules)
}

function check(type: string, hash: string, { ssha256 }: Rules): HashVerdict | undefined {
  return type === 'ssha256' && ssha256 !== 'unsupported' ? checkSsha256(hash) : checkHash(type, hash)
}

/** The result for a hash of a type that WorkOS supports. */
function judged(
  { hash, type, writer }: { hash: string; type: string; writer?: string | undefined },
  verdict: HashVerdict,
  rules: Rules,
): Credentials {
  if (verdict.kind === 'outside') return refused(`${verdict.parameters}${by(writer)} (${verdict.allowed})`, rules)
  if (verdict.kind === 'malformed') {
    const message = `the password hash is not a ${type} hash`
    return problem('invalid_password_hash', 'passwordHash', message, `expected ${verdict.expected}`)
  }
  const weak = rules.weak === 'keep' ? undefined : weakness(type, hash)
  if (weak !== undefined && rules.weak === 'reject') {
    return problem(
      'weak_password_hash',
      'passwordHash',
      `the password hash is weak (${weak}), and passwords.weak is reject`,
      'set passwords.weak to keep to send it, or to reset to create the user without a password',
    )
  }
  if (weak !== undefined) return { secrets: null, reset: { code: 'password_weak_reset', detail: weak }, problems: [] }
  const passwordHash: JsonObject = { hash, type }
  if (type === 'ssha256') passwordHash.saltPosition = rules.ssha256
  return { secrets: { passwordHash }, problems: [] }
}

/** @param shape of the value that is not a hash */
function notHash(shape: string, rules: Rules): Credentials {
  if (rules.unsupported === 'reset') {
    return { secrets: null, reset: { code: 'password_not_a_hash', detail: shape }, problems: [] }
  }
  return problem(
    'not_a_hash',
    'passwordHash',
    `the value mapped as the password hash is not a hash (${withoutLength(shape)})`,
    'map the column of hashes, or set passwords.unsupported to reset to create the user without a password',
  )
}

/** A hasher as plans name it. */
function named(type: string, { writer, shape }: { writer?: string; shape?: string }): string {
  if (shape !== undefined && isShape(shape)) return `an unknown hash (${shape})`
  return `${shownHashType(type)}${by(writer)}`
}

/**
 * For writers whose hashes do not show what they are. An expression can return any text here, so
 * only known names are shown.
 */
function by(writer: string | undefined): string {
  return WRITERS.some((known) => known === writer) ? ` of ${writer}` : ''
}

function problem(code: string, field: string, message: string, hint: string): Credentials {
  return { secrets: null, problems: [{ code, field, message, hint }] }
}

/** The result for a hash that WorkOS does not support. */
function refused(what: string, rules: Manifest['passwords']): Credentials {
  if (rules.unsupported === 'reset') {
    return { secrets: null, reset: { code: 'password_reset_required', detail: what }, problems: [] }
  }
  return problem(
    'unsupported_password_hash',
    'passwordHash',
    `WorkOS does not support the password hash (${what})`,
    `set passwords.unsupported to reset to create the user without a password; WorkOS supports ${HASH_TYPES.join(', ')} within its limits`,
  )
}

/**
 * For a type that cannot be sent unchanged. Only a name that reads like a hasher is shown: the
 * value can be a hash in the wrong column.
 */
function strangeType(type: string, known: 'foreign' | 'unknown'): { message: string; hint: string } {
  if (known === 'foreign') {
    return {
      message: `hashes of ${shownHashType(type)} must be re-encoded for WorkOS`,
      hint: 'map them with $passwordHash(hash), or hashes of Clerk with $clerkPassword(digest, hasher): both return hash and type',
    }
  }
  const likely = likelyType(type, HASH_TYPES)
  const shown = shownHashType(type)
  return {
    message:
      shown === 'an unknown type' ? 'the password hash type is unknown' : `the password hash type ${shown} is unknown`,
    hint: `${likely === undefined ? '' : `did you mean ${likely}? `}WorkOS supports ${HASH_TYPES.join(', ')}; map a hash of another hasher as { 'unsupported': name }`,
  }
}

type HashUnit =
  | { kind: 'none' }
  | { kind: 'hash'; hash: string; type: string | undefined; writer?: string }
  | { kind: 'unsupported'; type: string; writer?: string; shape?: string }
  | { kind: 'notHash'; shape: string }
  | { kind: 'problem'; code: string; field: string; message: string; hint: string }

/** The members of `passwordHash` as an object. */
const MEMBERS = ['hash', 'type', 'unsupported', 'notHash']

function hashUnit(fields: Record<string, unknown>): HashUnit {
  const mapped = bytesInJson(fields.passwordHash) ?? fields.passwordHash
  const unit = isObject(mapped) ? mapped : { hash: mapped }
  if (!MEMBERS.some((name) => Object.hasOwn(unit, name))) return { kind: 'notHash', shape: kindOf(unit) }
  const writer = typeof unit.writer === 'string' ? { writer: unit.writer } : {}
  if (typeof unit.unsupported === 'string') {
    const shape = typeof unit.shape === 'string' ? { shape: unit.shape } : {}
    return { kind: 'unsupported', type: canonicalHashType(unit.unsupported), ...writer, ...shape }
  }
  if (typeof unit.notHash === 'string') {
    return { kind: 'notHash', shape: isShape(unit.notHash) ? unit.notHash : 'of unknown shape' }
  }
  const { hash } = unit
  const type = unit.type ?? fields.passwordHashType
  if (isEmpty(hash) && isEmpty(type)) return { kind: 'none' }
  if (isEmpty(hash)) {
    return fault(
      'type_without_hash',
      'passwordHashType',
      'the record has a password hash type without a hash',
      'map both or neither',
    )
  }
  if (!isEmpty(type) && typeof type !== 'string') {
    return fault(
      'invalid_password_hash',
      'passwordHashType',
      'the type of the password hash is not text',
      'map a text value',
    )
  }
  if (typeof hash !== 'string' && typeof hash !== 'number') return { kind: 'notHash', shape: kindOf(hash) }
  return {
    kind: 'hash',
    hash: String(hash).trim(),
    type: typeof type === 'string' && !isEmpty(type) ? canonicalHashType(type) : undefined,
    ...writer,
  }
}

function fault(code: string, field: string, message: string, hint: string): HashUnit {
  return { kind: 'problem', code, field, message, hint }
}
