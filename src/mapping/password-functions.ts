import { isObject, type Json } from '../json.ts'
import {
  bytesInJson,
  describedHash,
  type Recognised,
  recognisePasswordHash,
} from '../kinds/user/passwords/recognise.ts'
import { pbkdf2Of, scryptOf } from '../kinds/user/passwords/reencode.ts'
import { fromBetterAuth, fromClerk, fromFirebase, fromKeycloak } from '../kinds/user/passwords/vendors.ts'
import { isEmpty, kindOf } from '../kinds/values/check.ts'
import { type MappingFunction, textArgument } from './functions.ts'

/** 64 zero bytes, the length of a project's signer key. */
const EXAMPLE_KEY = 'A'.repeat(86)

/** Whether the parts contain no hash: then there is no password and nothing to reject. */
function withoutHash(parts: unknown): boolean {
  return isEmpty(parts) || (isObject(parts) && isEmpty(parts.hash))
}

/**
 * Functions that return a `passwordHash`: `{ hash, type }` in WorkOS's form, `{ unsupported }`, or
 * `{ notHash }` with the shape of the value.
 */
export const passwordFunctions: readonly MappingFunction[] = [
  {
    name: 'passwordHash',
    theme: 'Passwords',
    signature: '$passwordHash(hash)',
    does:
      'Reads a hash that describes itself: bcrypt; Argon2, scrypt and PBKDF2 as PHC strings or in the forms of Django, Werkzeug, ' +
      "passlib, Spring Security, LDAP and ASP.NET Identity; Firebase's scrypt; `{SSHA}`; also as bytes (`\\x…`, Base64) and in quotes. " +
      'No value for a text that means no password (`!…`, `*`, `x`, `NULL`). A value that is not a hash becomes `{ notHash }` with its shape.',
    example: ['$passwordHash("5f4dcc3b5aa765d61d8327deb882cf99")', { unsupported: 'md5' }],
    call: recognised,
  },
  {
    name: 'scryptPassword',
    theme: 'Passwords',
    signature: '$scryptPassword(parts)',
    does:
      'Builds scrypt from its parts: `hash`, `salt`, `n` (the cost itself), `r`, `p`. Hash and salt are Base64 of either alphabet, ' +
      'or in the `encoding` (for the salt alone `saltEncoding`): hex, base64, base64Url, base32 or text.',
    example: [
      `$scryptPassword({ "hash": "Zm9vYmFy", "salt": "Zm9v", "n": 16384, "r": 8, "p": 1 })`,
      { hash: '$scrypt$v=1$n=16384,r=8,p=1,kl=6$Zm9v$Zm9vYmFy', type: 'scrypt' },
    ],
    call: (parts) => (withoutHash(parts) ? undefined : yielded(ofParts(parts) ?? scryptOf(parts))),
  },
  {
    name: 'pbkdf2Password',
    theme: 'Passwords',
    signature: '$pbkdf2Password(parts)',
    does: 'Builds PBKDF2 from its parts: `hash`, `salt`, `rounds`, `digest` (sha256 or sha512), with encodings as above.',
    example: [
      `$pbkdf2Password({ "hash": "666f6f", "salt": "626172", "encoding": "hex", "rounds": 600000, "digest": "SHA-256" })`,
      { hash: '$pbkdf2$i=600000,d=sha256$YmFy$Zm9v', type: 'pbkdf2' },
    ],
    call: (parts) => (withoutHash(parts) ? undefined : yielded(ofParts(parts) ?? pbkdf2Of(parts))),
  },
  {
    name: 'clerkPassword',
    theme: 'Passwords',
    signature: '$clerkPassword(digest, hasher)',
    does: 'Reads a `password_digest` of Clerk with the name of its hasher. What the digest shows counts before the name.',
    example: ['$clerkPassword("5f4dcc3b5aa765d61d8327deb882cf99", "md5")', { unsupported: 'md5' }],
    call: (digest, hasher) => {
      const [hash, type] = [textArgument(digest), textArgument(hasher)]
      // A type without a hash is an error of the export, which the check of the user reports.
      if (hash === undefined) return type === undefined ? undefined : { hash: null, type }
      return yielded(type === undefined ? recognisePasswordHash(hash) : fromClerk(hash, type))
    },
  },
  {
    name: 'firebasePassword',
    theme: 'Passwords',
    signature: '$firebasePassword(hash, salt, parameters)',
    does:
      'Reads `passwordHash` and `salt` of a Firebase export with the parameters of the project from its console: `signerKey`, ' +
      '`saltSeparator`, `rounds`, `memoryCost`.',
    example: [
      `$firebasePassword("Zm9vYmFy", "Zm9v", { "signerKey": "${EXAMPLE_KEY}==", "saltSeparator": "Bw==", "rounds": 8, "memoryCost": 14 })`,
      { hash: `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${EXAMPLE_KEY}$Zm9v$Zm9vYmFy`, type: 'firebase-scrypt' },
    ],
    call: (hash, salt, parameters) => {
      const digest = textArgument(hash)
      return digest === undefined ? undefined : yielded(fromFirebase(digest, textArgument(salt), parameters))
    },
  },
  {
    name: 'supabasePassword',
    theme: 'Passwords',
    signature: '$supabasePassword(encrypted_password)',
    does: "Reads the `encrypted_password` of Supabase's `auth.users`: bcrypt, Argon2, or Firebase's scrypt.",
    example: ['$exists($supabasePassword(""))', false],
    call: recognised,
  },
  {
    name: 'keycloakPassword',
    theme: 'Passwords',
    signature: '$keycloakPassword(credentials)',
    does: 'Reads the password among the `credentials` of a user in a Keycloak realm export (a list, or one of them).',
    example: [
      String.raw`$keycloakPassword({ "type": "password", "secretData": "{\"value\":\"Zm9v\",\"salt\":\"YmFy\"}", ` +
        String.raw`"credentialData": "{\"hashIterations\":210000,\"algorithm\":\"pbkdf2-sha512\"}" })`,
      { hash: '$pbkdf2$i=210000,d=sha512$YmFy$Zm9v', type: 'pbkdf2' },
    ],
    call: (credentials) => (isEmpty(credentials) ? undefined : yielded(fromKeycloak(credentials))),
  },
  {
    name: 'betterAuthPassword',
    theme: 'Passwords',
    signature: '$betterAuthPassword(password)',
    does: "Reads the `password` of Better Auth's `account`: its own `salt:key`, or any hash that `$passwordHash` reads.",
    example: ['$betterAuthPassword("$1$abc$def")', { unsupported: 'md5_crypt' }],
    call: (password) => {
      const text = textArgument(password)
      return text === undefined ? undefined : yielded(fromBetterAuth(text) ?? recognisePasswordHash(text))
    },
  },
]

function recognised(hash: unknown): Json | undefined {
  const value = bytesInJson(hash) ?? hash
  if (isEmpty(value)) return undefined
  const isText = typeof value === 'string' || typeof value === 'number'
  return isText ? yielded(recognisePasswordHash(String(value))) : { notHash: kindOf(value) }
}

/** If the hash among the parts describes itself, the other parts belong to another hash. */
function ofParts(parts: unknown): Recognised | undefined {
  const hash = isObject(parts) ? parts.hash : undefined
  return typeof hash === 'string' ? describedHash(hash) : undefined
}

/** The result for an expression: no value if the source says that there is no password. */
function yielded(found: Recognised): Json | undefined {
  if ('none' in found) return undefined
  const members = Object.entries(found).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return Object.fromEntries(members)
}
