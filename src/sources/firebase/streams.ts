import { isObject, type Json, type JsonObject } from '../../json.ts'

/** Streams of a snapshot, and of an open source. */
export const USERS = 'users'
export const TENANTS = 'tenants'
/** Providers of SAML and OpenID Connect. */
export const CONNECTIONS = 'connections'
/**
 * The parameters that password hashes were made with: of the project, and of each tenant that has
 * its own. Secret.
 */
export const HASH_CONFIGS = 'hashConfigs'

/** What a hash looks like to whoever may not see it: Base64 of `REDACTED`. */
const REDACTED = 'UkVEQUNURUQ='

/**
 * The version of hashes that Firebase makes itself. Another one is of a hash that was imported and
 * is made in another way.
 */
const OWN_VERSION = 0

/** Whether the API keeps the hash of a user to itself. */
export function isRedacted({ passwordHash }: JsonObject): boolean {
  return passwordHash === REDACTED
}

/**
 * A user as a snapshot keeps it: with its tenant, and without a hash that nobody can use.
 * @param tenant id; undefined: the user is in none
 * @param hashes whether hashes are asked for
 */
export function userRow(user: JsonObject, tenant: string | undefined, hashes: boolean): JsonObject {
  const { passwordHash, salt, rawPassword: _raw, version, ...own } = user
  const row = tenant === undefined ? own : { ...own, tenantId: tenant }
  if (!hashes || typeof passwordHash !== 'string' || passwordHash === '') return row
  if (version !== undefined && version !== OWN_VERSION) return { ...row, importedHash: true }
  return { ...row, passwordHash, ...(salt !== undefined && { salt }) }
}

/**
 * What of a tenant is kept. Its test phone numbers come with their codes, and its hash parameters
 * have a stream of their own.
 */
const OF_TENANT = ['displayName', 'disableAuth', 'allowPasswordSignup', 'enableEmailLinkSignin', 'enableAnonymousUser']

/** A tenant, by the last part of its name: `projects/my-project/tenants/acme-x1y2z`. */
export function tenantRow(tenant: JsonObject): JsonObject & { id: string } {
  const own = OF_TENANT.flatMap((name): [string, Json][] => {
    const value = tenant[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { id: idOf(tenant), ...Object.fromEntries(own) }
}

/**
 * A provider, as `map.connection` reads it. Certificates of Firebase itself are left out: WorkOS
 * has its own.
 */
export function connectionRow(
  provider: JsonObject,
  { type, tenant }: { type: 'saml' | 'oidc'; tenant: string | undefined },
): JsonObject {
  const { name: _name, spConfig, ...own } = provider
  const { spCertificates: _certificates, ...sp } = isObject(spConfig) ? (spConfig satisfies JsonObject) : {}
  return {
    id: idOf(provider),
    ...(tenant !== undefined && { tenantId: tenant }),
    type,
    ...own,
    ...(spConfig !== undefined && { spConfig: sp }),
  }
}

/** The last part of a resource's name. */
function idOf({ name }: JsonObject): string {
  return typeof name === 'string' ? (name.split('/').at(-1) ?? '') : ''
}

/**
 * Hash parameters as `$firebasePassword` takes them; undefined for those of another algorithm, or
 * without their key.
 */
export function hashConfigOf(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined
  const { algorithm, signerKey, saltSeparator, rounds, memoryCost } = value
  if (algorithm !== 'SCRYPT' || typeof signerKey !== 'string' || signerKey === '' || signerKey === REDACTED) {
    return undefined
  }
  if (typeof saltSeparator !== 'string' || typeof rounds !== 'number' || typeof memoryCost !== 'number')
    return undefined
  return { algorithm, signerKey, saltSeparator, rounds, memoryCost }
}
