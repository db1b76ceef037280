import { nearest } from '../../../config/nearest.ts'

/**
 * Hashers of other systems whose hashes WorkOS does not take, by the names that exports give them. Case, blanks, `-`, `_` and
 * `.` do not count: `SHA-256` is `sha256`.
 */
const UNSUPPORTED: readonly string[] = [
  // Clerk, `password_hasher`: https://clerk.com/docs/reference/backend-api/tag/Users#operation/CreateUser
  ...['bcrypt_sha256_django', 'bcrypt_peppered', 'md5', 'md5_salted', 'md5_phpass', 'pbkdf2_sha1', 'sha256'],
  ...['sha256_salted', 'sha512_symfony', 'hmac_sha256_utf16_b64', 'awscognito', 'phpass', 'scrypt_standard'],
  // Auth0, `custom_password_hash`: https://auth0.com/docs/manage-users/user-migration/bulk-user-import-database-schema-and-examples
  ...['md4', 'sha1', 'sha512', 'hmac', 'ldap'],
  // Firebase, `auth:import --hash-algo`: https://firebase.google.com/docs/cli/auth
  ...['hmac_sha512', 'hmac_sha256', 'hmac_sha1', 'hmac_md5', 'pbkdf_sha1'],
  // FusionAuth: https://fusionauth.io/docs/reference/password-hashes
  ...['salted_md5', 'salted_sha256', 'salted_sha512', 'salted_hmac_sha256', 'salted_pbkdf2_hmac_sha1', 'phpass_md5'],
  ...['phpass_sha512', 'salted_drupal_sha512', 'drupal'],
  // WorkOS names it, but publishes no format for it.
  'ssha256',
  // LDAP, crypt(3), PHP applications and others.
  ...['ssha512', 'smd5', 'sha', 'sha224', 'sha384', 'sha3', 'md5_crypt', 'md5_apr1', 'sha256_crypt', 'sha512_crypt'],
  ...['descrypt', 'des_crypt', 'crypt', 'yescrypt', 'wordpress', 'wordpress_bcrypt', 'drupal_sha512', 'django_sha1'],
  ...['ntlm', 'nthash', 'mysql', 'whirlpool', 'ripemd160', 'blake2b', 'okta', 'cognito', 'plain', 'plaintext'],
]

/** Hashers whose hashes WorkOS takes once they are re-encoded, which takes more than the name of their type. */
const FOREIGN: readonly string[] = [
  ...['pbkdf2_sha256', 'pbkdf2_sha256_django', 'pbkdf2_sha512', 'pbkdf2_sha512_hex', 'scrypt_firebase'],
  ...['scrypt_werkzeug', 'fbscrypt', 'standard_scrypt', 'salted_pbkdf2_hmac_sha256', 'salted_pbkdf2_hmac_sha512'],
]

const FOLDED_UNSUPPORTED: ReadonlySet<string> = new Set(UNSUPPORTED.map(foldType))
const FOLDED_FOREIGN: ReadonlySet<string> = new Set(FOREIGN.map(foldType))

/** A name of a type without what writers differ in. */
export function foldType(type: string): string {
  return type.toLowerCase().replace(/[-_.\s]/g, '')
}

/** `unsupported`: a known hasher that WorkOS does not take; `foreign`: one whose hashes it takes re-encoded; `unknown`: no hasher. */
export function knownType(type: string): 'unsupported' | 'foreign' | 'unknown' {
  const folded = foldType(type)
  if (FOLDED_UNSUPPORTED.has(folded)) return 'unsupported'
  return FOLDED_FOREIGN.has(folded) ? 'foreign' : 'unknown'
}

/** The type that a misspelt one was probably meant to be. */
export function likelyType(type: string, accepted: readonly string[]): string | undefined {
  return type.length > 24 ? undefined : nearest(type, [...accepted, ...FOREIGN, ...UNSUPPORTED])
}
