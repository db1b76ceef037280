import type { Manifest } from '../../config/manifest.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { ValueProblem } from '../kind.ts'
import { isEmpty } from '../values/check.ts'
import { canonicalHashType, checkHash, HASH_TYPES, shownHashType } from './hash-types.ts'

export interface Credentials {
  /** `password` or `passwordHash: { hash, type }`, or null when there is neither. */
  secrets: JsonObject | null
  /** Why the owner must reset the password, where a hash is there that WorkOS does not take. */
  reset?: string
  problems: ValueProblem[]
}

/**
 * The password of a user: in clear, or a hash together with its type, which never part. A hash comes as text beside
 * `passwordHashType`, or as `{ hash, type }`, or as `{ unsupported }`, as `$clerkPassword` yields it.
 * No message carries a part of the password or of the hash.
 */
export function normaliseCredentials(fields: Record<string, unknown>, rules: Manifest['passwords']): Credentials {
  const problem = (code: string, field: string, message: string, hint: string): Credentials => ({
    secrets: null,
    problems: [{ code, field, message, hint }],
  })
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
  const refused = (what: string): Credentials =>
    rules.unsupported === 'reset'
      ? { secrets: null, reset: what, problems: [] }
      : problem(
          'unsupported_password_hash',
          'passwordHash',
          `WorkOS does not take the password hash (${what})`,
          `it takes ${HASH_TYPES.join(', ')} within its limits; with passwords.unsupported: reset the user is created without a password`,
        )
  if (given.kind === 'unsupported') return refused(shownHashType(given.type))
  const verdict = checkHash(given.type, given.hash)
  if (verdict === undefined) return refused(shownHashType(given.type))
  if (verdict.kind === 'outside') return refused(verdict.parameters)
  if (verdict.kind === 'malformed') {
    return problem(
      'invalid_password_hash',
      'passwordHash',
      `the password hash is not a ${given.type} hash`,
      `expected ${verdict.expected}`,
    )
  }
  return { secrets: { passwordHash: { hash: given.hash, type: given.type } }, problems: [] }
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
