import { addressForm } from '../../../addresses.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'

/** A row of a file that belongs to a user: by whose id, or else by whose address in which connection. */
export interface SideRow {
  /** The user's id; undefined where the row does not say. */
  user: string | undefined
  /** As addresses are compared; undefined where it does not count, which is where the user has an id of its own (`alt_id`). */
  email: string | undefined
  connection: string | undefined
  /** What the mapping reads. */
  data: JsonObject
}

export type SideResult = { ok: true; row: SideRow } | { ok: false; code: string; message: string; hint: string }

const NO_USER = {
  ok: false,
  code: 'missing_key',
  message: 'the row names no user',
  hint: 'expected alt_id, user_id, _id or email',
} as const

/**
 * A line of the file of password hashes that Auth0's support delivers, or of one that was made from it: `_id` as `{ $oid }` or
 * text, with or without `auth0|` before it, or `alt_id`.
 */
export function passwordRow(data: JsonObject): SideResult {
  const hash = text(data.passwordHash ?? data.password_hash)
  const owner = ownerOf(data)
  if (owner === undefined) return NO_USER
  if (hash === undefined) {
    return {
      ok: false,
      code: 'no_password_hash',
      message: 'the row has no password hash',
      hint: 'expected passwordHash (or password_hash)',
    }
  }
  const set_at = isObject(data.password_set_date) ? data.password_set_date.$date : data.password_set_date
  const row: JsonObject = { passwordHash: hash }
  if (owner.connection !== undefined) row.connection = owner.connection
  if (typeof set_at === 'string') row.set_at = set_at
  return { ok: true, row: { ...owner, data: row } }
}

/** A line of a file of MFA secrets: `mfa_factors: [{ totp: { secret } }]`, or `totp_secret`, beside an id or an address. */
export function mfaRow(data: JsonObject): SideResult {
  const owner = ownerOf(data)
  if (owner === undefined) return NO_USER
  const secret = text(data.totp_secret ?? data.totpSecret) ?? factorSecret(data.mfa_factors)
  if (secret === undefined) {
    return {
      ok: false,
      code: 'no_totp_secret',
      message: 'the row has no TOTP secret',
      hint: 'expected totp_secret, or mfa_factors with totp.secret; other factors cannot be migrated',
    }
  }
  return { ok: true, row: { ...owner, data: { totp_secret: secret } } }
}

function factorSecret(factors: Json | undefined): string | undefined {
  for (const factor of Array.isArray(factors) ? factors : []) {
    const totp = isObject(factor) ? factor.totp : undefined
    const secret = isObject(totp) ? text(totp.secret) : undefined
    if (secret !== undefined) return secret
  }
  return undefined
}

/**
 * `alt_id` is the id of a user who brought it along (`auth0|<alt_id>`). The `_id` beside it is internal to Auth0's store and nobody's, and the
 * address may be another user's by now: neither may say whose the row is.
 */
function ownerOf(data: JsonObject): Pick<SideRow, 'user' | 'email' | 'connection'> | undefined {
  const connection = text(data.connection)
  const own = text(data.alt_id)
  if (own === undefined && !isBlank(data.alt_id)) return undefined
  if (own !== undefined) {
    return { user: own.startsWith(PREFIX) ? own : `${PREFIX}${own}`, email: undefined, connection }
  }
  const id = data.user_id ?? data._id ?? data._ID ?? data.id
  const plain = text(isObject(id) ? (id.$oid ?? id.oid) : (id ?? data.$oid))
  const user = plain === undefined || plain.includes('|') ? plain : `${PREFIX}${plain}`
  const email = addressIn(data)
  if (user === undefined && email === undefined) return undefined
  return { user, email, connection }
}

const PREFIX = 'auth0|'

/** The address, be it in `email` or among the `identifiers`: `[{ type: "email", value }]`. Two different ones are none. */
function addressIn(data: JsonObject): string | undefined {
  const found = [data.email, ...identifiersOf(data.identifiers).flatMap(addressOf)].flatMap((value) => {
    const address = text(value)
    return address === undefined ? [] : [addressForm(address)]
  })
  const [address, another] = new Set(found)
  return another === undefined ? address : undefined
}

/** A cell of CSV holds the list as JSON text. */
function identifiersOf(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value
  const parsed = typeof value === 'string' ? parseJsonText(value) : undefined
  return parsed?.ok && Array.isArray(parsed.value) ? parsed.value : []
}

function addressOf(identifier: Json): Json[] {
  if (!isObject(identifier)) return isAddress(identifier) ? [identifier] : []
  const { type, value, email } = identifier as JsonObject
  if (type !== undefined && type !== 'email') return []
  return [value, email].flatMap((one) => (one !== undefined && isAddress(one) ? [one] : []))
}

function isAddress(value: Json): boolean {
  return typeof value === 'string' && value.includes('@')
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
