import type { Manifest } from '../../../config/manifest.ts'
import { isObject, type JsonObject } from '../../../json.ts'
import type { ValueProblem } from '../../draft.ts'
import { isEmpty } from '../../values/check.ts'
import {
  canonicalHashType,
  checkHash,
  HASH_TYPES,
  knownType,
  likelyType,
  shownHashType,
  weakness,
} from './hash-types.ts'

export interface Credentials {
  /** `password` or `passwordHash: { hash, type }`, or null when there is neither. */
  secrets: JsonObject | null
  /** Why the owner must reset the password, where a hash is there that WorkOS or the manifest does not take. */
  reset?: { code: 'password_reset_required' | 'password_weak_reset'; detail: string }
  problems: ValueProblem[]
}

/**
 * The password of a user: in clear, or a hash together with its type, which never part. A hash comes as text beside
 * `passwordHashType`, or as `{ hash, type }`, or as `{ unsupported }`, as `$clerkPassword` yields it.
 * No message carries a part of the password or of the hash.
 */
export function normaliseCredentials(fields: Record<string, unknown>, rules: Manifest['passwords']): Credentials {
  const { password } = fields
  const given = hashUnit(fields)
  if (given.kind === 'problem') return problem(given.code, given.field, given.message, given.hint)
  const hasPassword = password !== undefined && password !== null && password !== ''
  if (hasPassword && typeof password !== 'string') {
    return problem('invalid_password', 'password', 'the password is not text', 'map a text value')
  }
  if (given.kind === 'none') return { secrets: hasPassword ? { password } : null, problems: [] }
  if (hasPassword) {
    return problem(
      'password_and_hash',
      'passwordHash',
      'there is a password in clear and a password hash as well',
      'WorkOS takes one of the two: map either password or passwordHash',
    )
  }
  if (given.kind === 'unsupported') return refused(shownHashType(given.type), rules)
  const verdict = checkHash(given.type, given.hash)
  if (verdict === undefined) {
    const known = knownType(given.type)
    if (known === 'unsupported') return refused(shownHashType(given.type), rules)
    const { message, hint } = strangeType(given.type, known)
    return problem('unknown_hash_type', 'passwordHashType', message, hint)
  }
  if (verdict.kind === 'outside') return refused(`${verdict.parameters} (${verdict.allowed})`, rules)
  if (verdict.kind === 'malformed') {
    return problem(
      'invalid_password_hash',
      'passwordHash',
      `the password hash is not a ${given.type} hash`,
      `expected ${verdict.expected}`,
    )
  }
  const weak = rules.weak === 'keep' ? undefined : weakness(given.type, given.hash)
  if (weak !== undefined && rules.weak === 'reject') {
    return problem(
      'weak_password_hash',
      'passwordHash',
      `the password hash is weak by today's measure (${weak}), and passwords.weak is reject`,
      'with passwords.weak: keep it is sent as it is, with reset the user is created without a password',
    )
  }
  if (weak !== undefined) return { secrets: null, reset: { code: 'password_weak_reset', detail: weak }, problems: [] }
  return { secrets: { passwordHash: { hash: given.hash, type: given.type } }, problems: [] }
}

function problem(code: string, field: string, message: string, hint: string): Credentials {
  return { secrets: null, problems: [{ code, field, message, hint }] }
}

/** What becomes of a hash that WorkOS does not take. */
function refused(what: string, rules: Manifest['passwords']): Credentials {
  if (rules.unsupported === 'reset') {
    return { secrets: null, reset: { code: 'password_reset_required', detail: what }, problems: [] }
  }
  return problem(
    'unsupported_password_hash',
    'passwordHash',
    `WorkOS does not take the password hash (${what})`,
    `it takes ${HASH_TYPES.join(', ')} within its limits; with passwords.unsupported: reset the user is created without a password`,
  )
}

/** About a type that nobody takes as it is. Only a name that reads as that of a hasher is shown: it may be a hash out of place. */
function strangeType(type: string, known: 'foreign' | 'unknown'): { message: string; hint: string } {
  if (known === 'foreign') {
    return {
      message: `hashes of ${shownHashType(type)} must be re-encoded for WorkOS`,
      hint: "map them with $passwordHash(hash), or for Clerk's with $clerkPassword(digest, hasher): these yield hash and type",
    }
  }
  const likely = likelyType(type, HASH_TYPES)
  const shown = shownHashType(type)
  return {
    message:
      shown === 'an unknown type' ? 'the password hash type is unknown' : `the password hash type ${shown} is unknown`,
    hint: `${likely === undefined ? '' : `did you mean ${likely}? `}WorkOS takes ${HASH_TYPES.join(', ')}; a hasher that it does not take is told as { 'unsupported': name }`,
  }
}

type HashUnit =
  | { kind: 'none' }
  | { kind: 'hash'; hash: string; type: string }
  | { kind: 'unsupported'; type: string }
  | { kind: 'problem'; code: string; field: string; message: string; hint: string }

function hashUnit(fields: Record<string, unknown>): HashUnit {
  const mapped = fields.passwordHash
  if (isObject(mapped) && typeof mapped.unsupported === 'string') {
    return { kind: 'unsupported', type: canonicalHashType(mapped.unsupported) }
  }
  const hash = isObject(mapped) ? mapped.hash : mapped
  const type = (isObject(mapped) ? mapped.type : undefined) ?? fields.passwordHashType
  if (isEmpty(hash) && isEmpty(type)) return { kind: 'none' }
  if (isEmpty(hash)) {
    return {
      kind: 'problem',
      code: 'type_without_hash',
      field: 'passwordHashType',
      message: 'there is a password hash type without a hash',
      hint: 'give both or neither',
    }
  }
  if (isEmpty(type)) {
    return {
      kind: 'problem',
      code: 'hash_without_type',
      field: 'passwordHash',
      message: 'there is a password hash without its type',
      hint: `give its type in passwordHashType: ${HASH_TYPES.join(', ')}`,
    }
  }
  if (typeof hash !== 'string' || typeof type !== 'string') {
    return {
      kind: 'problem',
      code: 'invalid_password_hash',
      field: 'passwordHash',
      message: 'the password hash or its type is not text',
      hint: 'map text values',
    }
  }
  return { kind: 'hash', hash: hash.trim(), type: canonicalHashType(type) }
}
