import { isObject, type Json, type JsonObject } from '../../json.ts'

/** Streams of a snapshot, and of an open source. */
export const USERS = 'users'
export const TENANTS = 'tenants'
/** SAML and OpenID Connect providers. */
export const CONNECTIONS = 'connections'
/** Parameters of password hashes: of the project, and of each tenant that has its own. Secret. */
export const HASH_CONFIGS = 'hashConfigs'

/** The value instead of a hash if the permission is missing: Base64 of `REDACTED`. */
const REDACTED = 'UkVEQUNURUQ='

/** The version of Firebase's own hashes. Any other is an imported hash in another format. */
const OWN_VERSION = 0

/** Whether the API hides the hash of a user. */
export function isRedacted({ passwordHash }: JsonObject): boolean {
  return passwordHash === REDACTED
}

/**
 * A user for a snapshot: with its tenant, and without an unusable hash.
 * @param tenant ID; undefined: the user is in none
 */
export function userRow(user: JsonObject, tenant: string | undefined, hashes: boolean): JsonObject {
  const { passwordHash, salt, rawPassword: _raw, version, ...own } = user
  const row = tenant === undefined ? own : { ...own, tenantId: tenant }
  if (!hashes || typeof passwordHash !== 'string' || passwordHash === '') return row
  if (version !== undefined && version !== OWN_VERSION) return { ...row, importedHash: true }
  return { ...row, passwordHash, ...(salt !== undefined && { salt }) }
}

/**
 * The fields of a tenant to keep. Not its test phone numbers, which include codes, and not its hash
 * parameters, which have their own stream.
 */
const OF_TENANT = ['displayName', 'disableAuth', 'allowPasswordSignup', 'enableEmailLinkSignin', 'enableAnonymousUser']

/** A tenant. Its ID is the last part of its name: `projects/my-project/tenants/acme-x1y2z`. */
export function tenantRow(tenant: JsonObject): JsonObject & { id: string } {
  const own = OF_TENANT.flatMap((name): [string, Json][] => {
    const value = tenant[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { id: idOf(tenant), ...Object.fromEntries(own) }
}

/** A provider for `map.connection`, without Firebase's own certificates: WorkOS has its own. */
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

/** Parameters for `$firebasePassword`; undefined for another algorithm or without the key. */
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
