import { BadInput } from '../diagnostics/errors.ts'
import { isObject, type Json } from '../json.ts'
import { recognisePasswordHash } from '../kinds/user/passwords/recognise.ts'
import { pbkdf2Of, scryptOf } from '../kinds/user/passwords/reencode.ts'
import { fromBetterAuth, fromClerk, fromFirebase, fromKeycloak } from '../kinds/user/passwords/vendors.ts'
import { isEmpty } from '../kinds/values/check.ts'
import { type MappingFunction, textArgument } from './functions.ts'

/** Whether there is no hash among the parts: then there is no password, and nothing to reject. */
function withoutHash(parts: unknown): boolean {
  return isEmpty(parts) || (isObject(parts) && isEmpty(parts.hash))
}

/** Functions that yield a `passwordHash`: `{ hash, type }` as WorkOS takes it, or `{ unsupported }`. */
export const passwordFunctions: readonly MappingFunction[] = [
  {
    name: 'passwordHash',
    theme: 'Passwords',
    signature: '$passwordHash(hash)',
    does:
      'For a hash that says itself what it is: bcrypt, Argon2, scrypt and PBKDF2 as PHC strings or as Django, Werkzeug, ' +
      'passlib and Spring Security write them, `$fbscrypt$`, `{SSHA}`.',
    example: ['$passwordHash("5f4dcc3b5aa765d61d8327deb882cf99")', { unsupported: 'md5' }],
    call: recognised,
  },
  {
    name: 'scryptPassword',
    theme: 'Passwords',
    signature: '$scryptPassword(parts)',
    does:
      'scrypt from its parts: `hash`, `salt`, `n` (the cost itself), `r`, `p`. Hash and salt are Base64 of either alphabet, ' +
      'or what `encoding`, and `saltEncoding` for the salt alone, say: hex, base64, base64Url, base32 or text.',
    example: [
      `$scryptPassword({ "hash": "Zm9vYmFy", "salt": "Zm9v", "n": 16384, "r": 8, "p": 1 })`,
      { hash: '$scrypt$v=1$n=16384,r=8,p=1,kl=6$Zm9v$Zm9vYmFy', type: 'scrypt' },
    ],
    call: (parts) => (withoutHash(parts) ? undefined : scryptOf(parts)),
  },
  {
    name: 'pbkdf2Password',
    theme: 'Passwords',
    signature: '$pbkdf2Password(parts)',
    does: 'PBKDF2 from its parts: `hash`, `salt`, `rounds`, `digest` (sha256 or sha512), with encodings as above.',
    example: [
      `$pbkdf2Password({ "hash": "666f6f", "salt": "626172", "encoding": "hex", "rounds": 600000, "digest": "SHA-256" })`,
      { hash: '$pbkdf2$i=600000,d=sha256$YmFy$Zm9v', type: 'pbkdf2' },
    ],
    call: (parts) => (withoutHash(parts) ? undefined : pbkdf2Of(parts)),
  },
  {
    name: 'clerkPassword',
    theme: 'Passwords',
    signature: '$clerkPassword(digest, hasher)',
    does: 'A `password_digest` of Clerk with the name of its hasher.',
    example: ['$clerkPassword("5f4dcc3b5aa765d61d8327deb882cf99", "md5")', { unsupported: 'md5' }],
    call: (digest, hasher) => {
      const [hash, type] = [textArgument(digest), textArgument(hasher)]
      if (hash === undefined && type === undefined) return undefined
      // One without the other is a fault of the export, which the check of the user tells.
      return hash === undefined || type === undefined
        ? { hash: hash ?? null, type: type ?? null }
        : fromClerk(hash, type)
    },
  },
  {
    name: 'firebasePassword',
    theme: 'Passwords',
    signature: '$firebasePassword(hash, salt, parameters)',
    does:
      "`passwordHash` and `salt` of Firebase's export with the project's parameters from its console: `signerKey`, " +
      '`saltSeparator`, `rounds`, `memoryCost`.',
    example: [
      `$firebasePassword("Zm9vYmFy", "Zm9v", { "signerKey": "YmFy", "saltSeparator": "Bw==", "rounds": 8, "memoryCost": 14 })`,
      { hash: '$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=YmFy$Zm9v$Zm9vYmFy', type: 'firebase-scrypt' },
    ],
    call: (hash, salt, parameters) => {
      const [digest, salted] = [textArgument(hash), textArgument(salt)]
      if (digest === undefined) return undefined
      if (salted === undefined) throw new BadInput('there is a hash without its salt')
      return fromFirebase(digest, salted, parameters)
    },
  },
  {
    name: 'supabasePassword',
    theme: 'Passwords',
    signature: '$supabasePassword(encrypted_password)',
    does: "The `encrypted_password` of Supabase's `auth.users`: bcrypt, Argon2, or Firebase's scrypt.",
    example: ['$exists($supabasePassword(""))', false],
    call: recognised,
  },
  {
    name: 'keycloakPassword',
    theme: 'Passwords',
    signature: '$keycloakPassword(credentials)',
    does: 'The password among the `credentials` of a user in a realm export of Keycloak (a list, or one of them).',
    example: [
      String.raw`$keycloakPassword({ "type": "password", "secretData": "{\"value\":\"Zm9v\",\"salt\":\"YmFy\"}", ` +
        String.raw`"credentialData": "{\"hashIterations\":210000,\"algorithm\":\"pbkdf2-sha512\"}" })`,
      { hash: '$pbkdf2$i=210000,d=sha512$YmFy$Zm9v', type: 'pbkdf2' },
    ],
    call: (credentials): Json | undefined => (isEmpty(credentials) ? undefined : fromKeycloak(credentials)),
  },
  {
    name: 'betterAuthPassword',
    theme: 'Passwords',
    signature: '$betterAuthPassword(password)',
    does: "The `password` of Better Auth's `account`: its own `salt:key`, or any that `$passwordHash` knows.",
    example: ['$betterAuthPassword("$1$abc$def")', { unsupported: 'md5_crypt' }],
    call: (password) => {
      const text = textArgument(password)
      return text === undefined ? undefined : (fromBetterAuth(text) ?? recognisePasswordHash(text))
    },
  },
]

function recognised(hash: unknown): Json | undefined {
  const text = textArgument(hash)
  return text === undefined ? undefined : recognisePasswordHash(text)
}
