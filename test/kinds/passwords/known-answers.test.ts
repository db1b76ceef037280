import { argon2Sync, createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import { expect, test } from 'vitest'
import { isObject } from '../../../src/json.ts'
import { HASH_TYPES } from '../../../src/kinds/user/passwords/hash-types.ts'
import { createWorld, type Row } from '../../planning/world.ts'
import { opens } from '../../recipes/passwords.ts'
import { FIREBASE } from './firebase.ts'

const PASSWORD = 'Correct Horse 9'
const SALT = Buffer.from('00ff10a7c3d2e1fb5544', 'hex')
const b64 = (bytes: Buffer) => bytes.toString('base64')
const phc = (bytes: Buffer) => b64(bytes).replace(/=+$/, '')
const scrypt = (salt: string | Buffer, N = 16_384, r = 8) =>
  scryptSync(PASSWORD, salt, 64, { N, r, p: 1, maxmem: 1 << 27 })
const pbkdf2 = (salt: string | Buffer, digest: 'sha256' | 'sha512') =>
  pbkdf2Sync(PASSWORD, salt, ROUNDS[digest], digest === 'sha256' ? 32 : 64, digest)
const ROUNDS = { sha256: 600_000, sha512: 210_000 }
const argon2 = (variant: 'argon2id' | 'argon2i' | 'argon2d', memory: number, passes: number) =>
  argon2Sync(variant, { message: PASSWORD, nonce: SALT, tagLength: 32, parallelism: 2, memory, passes })
const keycloak = (algorithm: string, hashIterations: number, value: Buffer, additionalParameters: object) =>
  JSON.stringify({
    type: 'password',
    secretData: JSON.stringify({ value: b64(value), salt: b64(SALT) }),
    credentialData: JSON.stringify({ algorithm, hashIterations, additionalParameters }),
  })
const ssha = `{SSHA}${b64(Buffer.concat([createHash('sha1').update(PASSWORD).update(SALT).digest(), SALT]))}`
const BCRYPT = hashSync(PASSWORD, 10)
const firebase = FIREBASE
const project = `'signerKey': '${firebase.signerKey}', 'saltSeparator': '${firebase.saltSeparator}', 'rounds': 8, 'memoryCost': 14`

/**
 * How the hash comes: through a function, or as text with its type. Two arguments are in separate
 * columns.
 */
const EXPRESSION = `
  how = 'type' ? { 'hash': first, 'type': second }
  : how = 'says' ? $passwordHash(first)
  : how = 'clerk' ? $clerkPassword(first, second)
  : how = 'firebase' ? $firebasePassword(first, second, { ${project} })
  : how = 'supabase' ? $supabasePassword(first)
  : how = 'keycloak' ? $keycloakPassword($parseJson(first))
  : how = 'better-auth' ? $betterAuthPassword(first)
  : how = 'scrypt' ? $scryptPassword($parseJson(first))
  : how = 'pbkdf2' ? $pbkdf2Password($parseJson(first)) : $error('no such way')`

type Known = readonly [name: string, type: string, password: string, how: string, first: string, second?: string]

const KNOWN: readonly Known[] = [
  // Test vectors from the documents of the algorithms: RFC 7914, the reference implementation of
  // Argon2, Firebase's.
  [
    'scrypt of RFC 7914',
    'scrypt',
    'pleaseletmein',
    'scrypt',
    JSON.stringify({
      hash: '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      salt: Buffer.from('SodiumChloride').toString('hex'),
      encoding: 'hex',
      n: 16_384,
      r: 8,
      p: 1,
    }),
  ],
  [
    'argon2id of the reference implementation',
    'argon2',
    'password',
    'type',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    'argon2id',
  ],
  ['firebase-scrypt of Firebase', 'firebase-scrypt', firebase.password, 'firebase', firebase.hash, firebase.salt],
  [
    'firebase-scrypt of Clerk',
    'firebase-scrypt',
    firebase.password,
    'clerk',
    [firebase.hash, firebase.salt, firebase.signerKey, firebase.saltSeparator, 8, 14].join('$'),
    'scrypt_firebase',
  ],
  [
    'firebase-scrypt of Supabase',
    'firebase-scrypt',
    firebase.password,
    'supabase',
    `$fbscrypt$v=1,n=14,r=8,p=1,ss=${firebase.saltSeparator},sk=${firebase.signerKey}$${firebase.salt}$${firebase.hash}`,
  ],
  [
    'argon2i',
    'argon2',
    PASSWORD,
    'type',
    `$argon2i$v=19$m=47104,t=3,p=2$${phc(SALT)}$${phc(argon2('argon2i', 47_104, 3))}`,
    'argon2',
  ],
  [
    'argon2d of Spring Security',
    'argon2',
    PASSWORD,
    'says',
    `{argon2}$argon2d$v=19$m=4096,t=1,p=2$${phc(SALT)}$${phc(argon2('argon2d', 4096, 1))}`,
  ],
  [
    'argon2id of Clerk',
    'argon2',
    PASSWORD,
    'clerk',
    `$argon2id$v=19$m=7168,t=5,p=2$${phc(SALT)}$${phc(argon2('argon2id', 7168, 5))}`,
    'argon2id',
  ],
  [
    'argon2id of Keycloak',
    'argon2',
    PASSWORD,
    'keycloak',
    keycloak('argon2', 5, argon2('argon2id', 7168, 5), {
      type: ['id'],
      version: ['1.3'],
      memory: ['7168'],
      parallelism: ['2'],
    }),
  ],
  [
    'scrypt as WorkOS writes it',
    'scrypt',
    PASSWORD,
    'type',
    `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${phc(SALT)}$${phc(scrypt(SALT))}`,
    'scrypt',
  ],
  ['scrypt of passlib', 'scrypt', PASSWORD, 'says', `$scrypt$ln=14,r=8,p=1$${phc(SALT)}$${phc(scrypt(SALT))}`],
  [
    'scrypt of Werkzeug in Clerk',
    'scrypt',
    PASSWORD,
    'clerk',
    `scrypt:16384:8:1$someSalt$${scrypt('someSalt').toString('hex')}`,
    'scrypt_werkzeug',
  ],
  [
    'scrypt of Better Auth',
    'scrypt',
    PASSWORD,
    'better-auth',
    `${SALT.toString('hex')}:${scrypt(SALT.toString('hex'), 16_384, 16).toString('hex')}`,
  ],
  [
    'pbkdf2 as WorkOS writes it',
    'pbkdf2',
    PASSWORD,
    'type',
    `$pbkdf2$i=${ROUNDS.sha512},d=sha512$${phc(SALT)}$${phc(pbkdf2(SALT, 'sha512'))}`,
    'pbkdf2',
  ],
  [
    'pbkdf2_sha256 of Clerk',
    'pbkdf2',
    PASSWORD,
    'clerk',
    `pbkdf2_sha256$${ROUNDS.sha256}$${b64(SALT)}$${b64(pbkdf2(SALT, 'sha256'))}`,
    'pbkdf2_sha256',
  ],
  [
    'pbkdf2_sha512_hex of Clerk',
    'pbkdf2',
    PASSWORD,
    'clerk',
    `pbkdf2_sha512_hex$${ROUNDS.sha512}$${SALT.toString('hex')}$${pbkdf2(SALT, 'sha512').toString('hex')}`,
    'pbkdf2_sha512_hex',
  ],
  [
    'pbkdf2 of Django',
    'pbkdf2',
    PASSWORD,
    'says',
    `pbkdf2_sha256$${ROUNDS.sha256}$someSalt$${b64(pbkdf2('someSalt', 'sha256'))}`,
  ],
  [
    'pbkdf2 of Keycloak',
    'pbkdf2',
    PASSWORD,
    'keycloak',
    keycloak('pbkdf2-sha512', ROUNDS.sha512, pbkdf2(SALT, 'sha512'), {}),
  ],
  [
    'pbkdf2 by its parts',
    'pbkdf2',
    PASSWORD,
    'pbkdf2',
    JSON.stringify({ hash: b64(pbkdf2(SALT, 'sha256')), salt: b64(SALT), digest: 'SHA-256', rounds: ROUNDS.sha256 }),
  ],
  ['bcrypt', 'bcrypt', PASSWORD, 'type', BCRYPT, 'bcrypt'],
  ['bcrypt of PHP', 'bcrypt', PASSWORD, 'says', BCRYPT.replace('$2b$', '$2y$')],
  ['bcrypt of Clerk', 'bcrypt', PASSWORD, 'clerk', BCRYPT.replace('$2b$', '$2a$'), 'bcrypt'],
  ['bcrypt of Supabase', 'bcrypt', PASSWORD, 'supabase', BCRYPT],
  ['ssha', 'ssha', PASSWORD, 'type', ssha, 'ssha'],
  ['ssha of Clerk', 'ssha', PASSWORD, 'clerk', ssha, 'ldap_ssha'],
]

test('every known hash reaches WorkOS in a form that its password opens, and no other', async () => {
  const rows = KNOWN.map(([name, , , how, first, second = '']): Row => {
    return { email: `${keyOf(name)}@example.com`, external_id: keyOf(name), how, first, second }
  })
  const plan = await (await createWorld(rows, { map: { user: { passwordHash: EXPRESSION } } })).plan()
  expect([...plan.set.rejects()].map(({ key, message }) => `${key}: ${message}`)).toEqual([])
  for (const [name, type, password] of KNOWN) {
    const unit = plan.set.get('user', keyOf(name))?.secrets?.passwordHash
    if (!isObject(unit) || typeof unit.hash !== 'string') throw new Error(`${name} has no hash`)
    expect(unit.type, name).toBe(type)
    const verifies = type === 'ssha' ? opensSsha : opens
    expect(verifies(unit.hash, password), name).toBe(true)
    expect(verifies(unit.hash, `${password}!`), name).toBe(false)
  }
})

test('every type that WorkOS supports has a known answer', () => {
  const types = new Set(KNOWN.map(([, type]) => type))
  expect([...types].sort()).toEqual(HASH_TYPES.toSorted())
})

function keyOf(name: string): string {
  return name.replaceAll(' ', '.')
}

/** `{SSHA}` as LDAP checks it: the first 20 bytes are the digest, the rest is the salt. */
function opensSsha(hash: string, password: string): boolean {
  const bytes = Buffer.from(hash.slice('{SSHA}'.length), 'base64')
  return createHash('sha1').update(password).update(bytes.subarray(20)).digest().equals(bytes.subarray(0, 20))
}
