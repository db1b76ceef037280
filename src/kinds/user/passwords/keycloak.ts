import { BadInput } from '../../../diagnostics/errors.ts'
import { isObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'
import { encodeArgon2 } from './argon2.ts'
import type { ForeignHash } from './foreign-hash.ts'
import { Parts } from './parts.ts'
import { pbkdf2Hash } from './pbkdf2.ts'

/** Keycloak's versions of Argon2 by name. */
const ARGON2_VERSIONS: ReadonlyMap<string, number> = new Map([
  ['1.3', 19],
  ['1.0', 16],
])

/**
 * The password among the `credentials` of a user in a realm export, whose `secretData` and `credentialData` are JSON inside
 * JSON. Takes one credential or a list of them. Undefined where there is no password.
 * @throws BadInput when it does not have the parts that Keycloak writes
 */
export function fromKeycloak(credentials: unknown): ForeignHash | undefined {
  const list: unknown[] = Array.isArray(credentials) ? credentials : [credentials]
  const passwords = list.filter((item) => isObject(item) && (item.type === undefined || item.type === 'password'))
  const [password] = passwords.filter(isObject)
  if (password === undefined) return undefined
  const secret = new Parts(object(password.secretData, 'secretData'))
  const data = object(password.credentialData, 'credentialData')
  const told = new Parts({ ...data, additionalParameters: undefined })
  const salt = secret.bytes('salt')
  const hash = secret.bytes('value')
  const algorithm = told.text('algorithm').toLowerCase()
  const rounds = told.count(['hashIterations'])
  if (algorithm === 'argon2') return argon2(data.additionalParameters, rounds, salt, hash)
  // Without a digest it is SHA-1, Keycloak's first algorithm.
  const digest = /^pbkdf2(?:-(sha\d+))?$/.exec(algorithm)
  return digest === null ? { unsupported: algorithm } : pbkdf2Hash(digest[1] ?? 'sha1', rounds, salt, hash)
}

function argon2(additional: unknown, time: number, salt: Buffer, hash: Buffer): ForeignHash {
  const lists = isObject(additional) ? Object.entries(additional) : []
  const given = new Parts(
    Object.fromEntries(lists.map(([name, value]) => [name, Array.isArray(value) ? value[0] : value])),
  )
  const version = given.optional('version') ?? '1.3'
  return encodeArgon2({
    variant: given.optional('type') ?? 'id',
    version: ARGON2_VERSIONS.get(version) ?? Number(version),
    memory: given.count(['memory']),
    time,
    lanes: given.count(['parallelism']),
    salt,
    hash,
  })
}

function object(value: unknown, name: string): Record<string, unknown> {
  const parsed = typeof value === 'string' ? parseJsonText(value) : undefined
  const inner = parsed === undefined ? value : parsed.ok ? parsed.value : undefined
  if (!isObject(inner)) throw new BadInput(`${name} of the credential is not the JSON text of an object`)
  return inner
}
