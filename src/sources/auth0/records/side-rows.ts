import { isObject, type Json, type JsonObject } from '../../../json.ts'

/** A row of a file that belongs to a user: by whose id, or else by whose address in which connection. */
export interface SideRow {
  /** The user's id; undefined where the row does not say. */
  user: string | undefined
  /** Lowercased. */
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
  hint: 'expected _id, user_id or email',
} as const

/**
 * A line of the file of password hashes that Auth0's support delivers, or of one that was made from it: `_id` as `{ $oid }` or
 * text, with or without `auth0|` before it.
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

function ownerOf(data: JsonObject): Pick<SideRow, 'user' | 'email' | 'connection'> | undefined {
  const id = data._id ?? data._ID ?? data.user_id ?? data.id
  const plain = text(isObject(id) ? (id.$oid ?? id.oid) : (id ?? data['_id.$oid'] ?? data['_id.oid'] ?? data.$oid))
  const user = plain === undefined || plain.includes('|') ? plain : `auth0|${plain}`
  const email = text(data.email)?.toLowerCase()
  if (user === undefined && email === undefined) return undefined
  return { user, email, connection: text(data.connection) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
