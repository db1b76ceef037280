import { encodeScrypt, type ForeignHash, firebaseScryptOf, pbkdf2Hash } from './reencode.ts'

/** Names that Django, Spring Security and LDAP put before a hash that says itself what it is. */
const LABEL = /^(?:bcrypt\$|argon2|\{(?:bcrypt|argon2|crypt)\})(?=\$)/i

/** Schemes that WorkOS has no counterpart for, by how their hashes begin or look. */
const STRANGERS: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^\$1\$/, 'md5_crypt'],
  [/^\$apr1\$/, 'md5_apr1'],
  [/^\$5\$/, 'sha256_crypt'],
  [/^\$6\$/, 'sha512_crypt'],
  [/^\$[PH]\$/, 'phpass'],
  [/^\$S\$/, 'drupal_sha512'],
  [/^\$wp\$/, 'wordpress_bcrypt'],
  [/^\$7\$/, 'scrypt_7'],
  [/^\$2x?\$/, 'bcrypt_2x'],
  [/^bcrypt_sha256\$/, 'bcrypt_sha256'],
  [/^\{SHA\}/i, 'sha1'],
  [/^\{S?SHA256\}/i, 'ssha256'],
  [/^\{S?SHA512\}/i, 'ssha512'],
  [/^\{S?MD5\}/i, 'md5'],
  [/^[\da-f]{32}$/i, 'md5'],
  [/^[\da-f]{40}$/i, 'sha1'],
  [/^[\da-f]{64}$/i, 'sha256'],
  [/^[\da-f]{128}$/i, 'sha512'],
]

const READERS: readonly ((hash: string) => ForeignHash | undefined)[] = [
  (hash) => (/^\$2[aby]\$/.test(hash) ? { hash, type: 'bcrypt' } : undefined),
  argon2,
  (hash) => (hash.startsWith('$firebase-scrypt$') ? { hash, type: 'firebase-scrypt' } : undefined),
  fromFbscrypt,
  scrypt,
  pbkdf2,
  (hash) => (hash.startsWith('{SSHA}') ? { hash, type: 'ssha' } : undefined),
]

/**
 * A hash that says itself what it is (modular crypt format, PHC string, or as Django, Werkzeug, passlib, Spring Security and
 * LDAP write them) in WorkOS's terms. What is of no known scheme is unsupported by that name.
 */
export function recognisePasswordHash(text: string): ForeignHash {
  const hash = text.trim().replace(LABEL, '')
  for (const read of READERS) {
    const found = read(hash)
    if (found !== undefined) return found
  }
  return { unsupported: STRANGERS.find(([shape]) => shape.test(hash))?.[1] ?? 'unknown' }
}

function argon2(hash: string): ForeignHash | undefined {
  const [, variant, version = '16'] = /^\$argon2(id|i|d)\$(?:v=(\d+)\$)?/.exec(hash) ?? []
  if (variant === undefined) return undefined
  return version === '19' ? { hash, type: 'argon2' } : { unsupported: `argon2${variant}_v${version}` }
}

/** WorkOS's own form; passlib's, where `ln` is the logarithm of N; Werkzeug's, with the salt as text and the hash in hex. */
function scrypt(hash: string): ForeignHash | undefined {
  if (hash.startsWith('$scrypt$v=1$')) return { hash, type: 'scrypt' }
  const passlib = /^\$scrypt\$ln=(\d{1,2}),r=(\d+),p=(\d+)\$([A-Za-z\d+/]+)\$([A-Za-z\d+/]+)$/.exec(hash)
  if (passlib !== null) {
    const [, logarithm, r, p, salt = '', key = ''] = passlib
    const cost = { n: 2 ** Number(logarithm), r: Number(r), p: Number(p) }
    return encodeScrypt(cost, Buffer.from(salt, 'base64'), Buffer.from(key, 'base64'))
  }
  const werkzeug = /^scrypt:(\d+):(\d+):(\d+)\$([^$]+)\$((?:[\da-f]{2})+)$/.exec(hash)
  if (werkzeug === null) return undefined
  const [, n, r, p, salt = '', key = ''] = werkzeug
  return encodeScrypt({ n: Number(n), r: Number(r), p: Number(p) }, Buffer.from(salt), Buffer.from(key, 'hex'))
}

/** WorkOS's own form; Django's and Werkzeug's, with the salt as text; passlib's and PHC strings, in Base64 with `.` for `+`. */
function pbkdf2(hash: string): ForeignHash | undefined {
  if (hash.startsWith('$pbkdf2$i=')) return { hash, type: 'pbkdf2' }
  const django = /^pbkdf2_(sha\d+)\$(\d+)\$([^$]+)\$([A-Za-z\d+/]+=*)$/.exec(hash)
  if (django !== null) {
    const [, digest = '', rounds, salt = '', key = ''] = django
    return pbkdf2Hash(digest, Number(rounds), Buffer.from(salt), Buffer.from(key, 'base64'))
  }
  const werkzeug = /^pbkdf2:(sha\d+):(\d+)\$([^$]+)\$((?:[\da-f]{2})+)$/.exec(hash)
  if (werkzeug !== null) {
    const [, digest = '', rounds, salt = '', key = ''] = werkzeug
    return pbkdf2Hash(digest, Number(rounds), Buffer.from(salt), Buffer.from(key, 'hex'))
  }
  const passlib = /^\$pbkdf2(?:-(sha\d+))?\$(?:i=)?(\d+)(?:,l=\d+)?\$([A-Za-z\d+/.]+)\$([A-Za-z\d+/.]+)$/.exec(hash)
  if (passlib === null) return undefined
  const [, digest = 'sha1', rounds, salt = '', key = ''] = passlib
  const bytes = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64')
  return pbkdf2Hash(digest, Number(rounds), bytes(salt), bytes(key))
}
/**
 * Firebase's scrypt as Supabase Auth stores it, `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash`, where n is the memory cost
 * (its `internal/crypto/password.go`). Undefined where a part is missing.
 */
function fromFbscrypt(text: string): ForeignHash | undefined {
  const [, scheme, listed = '', salt, hash, ...rest] = text.split('$')
  if (scheme !== 'fbscrypt' || !salt || !hash || rest.length > 0) return undefined
  const parameters = new Map(listed.split(',').map((pair) => splitAt(pair, pair.indexOf('='))))
  const { v, n, r, p = '1', ss = '', sk } = Object.fromEntries(parameters)
  if (v !== '1' || !n || !r || !sk) return undefined
  // WorkOS's form has no place for the parallelism.
  if (p !== '1') return { unsupported: 'fbscrypt_parallel' }
  return firebaseScryptOf({ hash, salt, signerKey: sk, saltSeparator: ss, rounds: Number(r), memoryCost: Number(n) })
}

function splitAt(text: string, at: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
