import { createCipheriv, createHash, scryptSync } from 'node:crypto'
import type { Account, HashConfig, ProjectData } from './objects.ts'

/** Hash parameters with one key per seed; cheap, so that tests can compute hashes. */
export function hashConfig(seed: string): HashConfig {
  const signerKey = createHash('sha512').update(seed).digest('base64')
  return { algorithm: 'SCRYPT', signerKey, saltSeparator: 'Bw==', rounds: 8, memoryCost: 14 }
}

/**
 * A password hash in Firebase's format: https://github.com/firebase/scrypt. In URL-safe Base64, as
 * in the API.
 */
export function hashed(password: string, salt: Buffer, config: HashConfig): Pick<Account, 'passwordHash' | 'salt'> {
  const salted = Buffer.concat([salt, Buffer.from(config.saltSeparator, 'base64')])
  const cost = { N: 2 ** config.memoryCost, r: config.rounds, p: 1, maxmem: 64 * 1024 * 1024 }
  const cipher = createCipheriv('aes-256-ctr', scryptSync(password, salted, 32, cost), Buffer.alloc(16))
  const bytes = Buffer.concat([cipher.update(Buffer.from(config.signerKey, 'base64')), cipher.final()])
  return { passwordHash: forUrls(bytes), salt: forUrls(salt) }
}

/** Has the form of a hash. */
function madeUp(seed: string): Pick<Account, 'passwordHash' | 'salt'> {
  return {
    passwordHash: forUrls(createHash('sha512').update(seed).digest()),
    salt: forUrls(createHash('sha256').update(seed).digest().subarray(0, 10)),
  }
}

function forUrls(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/**
 * The n-th user of a directory. Every third has only signed in with Google, and has no password.
 */
export function account(n: number, directory = 'main'): Account {
  const name = `${directory}-${String(n).padStart(5, '0')}`
  const localId = `${createHash('sha256').update(name).digest('base64url').slice(0, 20)}${String(n).padStart(8, '0')}`
  const google = n % 3 === 2
  return {
    localId,
    email: `${name}@example.com`,
    emailVerified: n % 4 !== 3,
    displayName: `Person ${n}`,
    ...(google ? {} : madeUp(name)),
    providerUserInfo: [google ? { providerId: 'google.com', rawId: `${n}` } : { providerId: 'password' }],
    customAttributes: JSON.stringify({ plan: n % 2 === 0 ? 'free' : 'pro' }),
    createdAt: String(1_700_000_000_000 + n * 1000),
  }
}

/** A project with its own users, and tenants with theirs. */
export function generateProject({ users = 0, tenants = [] as number[] } = {}): ProjectData {
  const directory = (count: number, name: string) => ({
    users: Array.from({ length: count }, (_, n) => account(n, name)),
    hashConfig: hashConfig(name),
    saml: [],
    oidc: [],
  })
  return {
    ...directory(users, 'main'),
    ...(tenants.length > 0 && {
      tenants: tenants.map((count, index) => {
        const id = `tenant-${index + 1}`
        return { id, displayName: `Tenant ${index + 1}`, ...directory(count, id) }
      }),
    }),
  }
}
