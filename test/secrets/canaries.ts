import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readReport } from '../reporting/html/reading.ts'

/** A secret that must not appear anywhere, with a name for the messages of failing tests. */
export interface Canary {
  name: string
  secret: string
}

const DIGEST = 'Y2FuYXJ5RGlnZXN0T2ZBSGFzaDAwMDE'
const SALT = 'Y2FuYXJ5U2FsdA'
/** 64 bytes, as in every Firebase project. */
const SIGNER = Buffer.from('canarySignerKey'.padEnd(64, '!')).toString('base64').replace(/=+$/, '')
const SSHA = `{SSHA}${Buffer.from(`canary-sha1-digest20${'canary-salt'}`).toString('base64')}`

/** A valid hash of every type that WorkOS accepts, in its form. */
export const HASHES: Record<string, string> = {
  bcrypt: `$2b$10$${'canaryBcryptSaltAndDigest'.padEnd(53, 'x')}`,
  scrypt: `$scrypt$v=1$n=16384,r=8,p=1,kl=23$${SALT}$${DIGEST}`,
  'firebase-scrypt': `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${SIGNER}$${SALT}$${DIGEST}`,
  pbkdf2: `$pbkdf2$i=600000,d=sha256$${SALT}$${DIGEST}`,
  argon2: `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${DIGEST}`,
  ssha: SSHA,
}

/** A digest of every Clerk hasher that is converted, and of one that is not. */
export const CLERK_DIGESTS: Record<string, string> = {
  bcrypt: `$2a$10$${'clerkCanaryBcryptDigest'.padEnd(53, 'y')}`,
  argon2id: `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$Y2xlcmtDYW5hcnlBcmdvbkRpZ2VzdDE`,
  scrypt_firebase: `Y2xlcmtDYW5hcnlGaXJlYmFzZUhhc2g=$${SALT}==$${SIGNER}==$Bw==$8$14`,
  pbkdf2_sha256: `pbkdf2_sha256$600000$${SALT}==$Y2xlcmtDYW5hcnlQYmtkZjJEaWdlc3Q=`,
  ldap_ssha: `{SSHA}${Buffer.from('clerk-canary-digest-with-salt').toString('base64')}`,
  phpass: '$P$BclerkCanaryPhpassDigest0001',
}

/**
 * The forms in which text can contain a secret. This list is deliberately independent of the
 * masking code.
 */
export function formsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const bytes = Buffer.from(secret)
  return [
    secret,
    inJson,
    inJson.replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
    secret.replaceAll('"', '""'),
    encodeURIComponent(secret),
    encodeURI(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('utf16le'),
    base32(bytes),
  ]
}

/** RFC 4648 without `=`. */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(parseInt(group.padEnd(5, '0'), 2))).join('')
}

/** TOTP secrets as bytes, by the notation of the source. */
export const TOTP: Record<string, string> = {
  base32: 'canary-totp-of-base32',
  hex: 'canary-totp-of-hex-20',
  base64: 'canary-totp-of-base64',
  uri: 'canary-totp-of-an-uri',
  echoed: 'canary-totp-that-is-echoed',
  unsupported: 'canary-totp-of-sha-512',
  metadata: 'canary-totp-in-metadata',
}

/** Not a secret in any guessed encoding. */
export const BAD_TOTP = 'canary totp that is none!'

/** The names of canaries in a text or a file, in any form. */
export function found(text: string | Buffer, canaries: readonly Canary[]): string[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return canaries
    .filter(({ secret }) => formsOf(secret).some((form) => bytes.includes(Buffer.from(form))))
    .map(({ name }) => name)
}

/** All files in a folder, recursively, as relative paths. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** `file: canary` for every canary in the files of a folder, except files that the user wrote. */
export function leaksIn(folder: string, canaries: readonly Canary[], written: readonly string[]): string[] {
  return filesIn(folder)
    .filter((file) => !written.includes(file))
    .flatMap((file) => found(contentOf(join(folder, file)), canaries).map((name) => `${file}: ${name}`))
}

/** The bytes of a file. For an HTML report, also its compressed rows. */
function contentOf(path: string): Buffer {
  const bytes = readFileSync(path)
  return path.endsWith('.html') ? Buffer.concat([bytes, Buffer.from(readReport(bytes.toString()).all)]) : bytes
}

/** `path mode` for every file and folder that others than the owner can access. */
export function openModes(folder: string, written: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !written.includes(path))
    .map((path) => ({ path, stat: statSync(join(folder, path)) }))
    .filter(({ stat }) => (stat.mode & 0o777) !== (stat.isDirectory() ? 0o700 : 0o600))
    .map(({ path, stat }) => `${path} ${(stat.mode & 0o777).toString(8)}`)
}
