/**
 * What a look at a password hash finds. `malformed`: it is not of the format, so the export or the mapping is at fault.
 * `outside`: it is a sound hash whose parameters WorkOS does not take, so its owner must reset the password.
 * Neither ever carries a part of the hash other than its public parameters.
 */
export type HashVerdict =
  | { kind: 'sound' }
  | { kind: 'malformed'; expected: string }
  | { kind: 'outside'; parameters: string }

export const SOUND: HashVerdict = { kind: 'sound' }

/** Base64 without padding, as the PHC string format writes salts and hashes. */
export const BASE64_UNPADDED = '[A-Za-z0-9+/]+'

/** Standard base64 to the form without `=`; also takes the URL-safe alphabet. */
export function unpadded(base64: string): string {
  return base64.trim().replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
}

/** Bytes as base64 without `=`. */
export function toUnpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
