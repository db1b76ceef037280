/**
 * What a look at a password hash finds. `malformed`: it is not of the format, so the export or the mapping is at fault.
 * `outside`: it is a sound hash whose parameters WorkOS does not take, so its owner must reset the password; `allowed` names each
 * parameter that is at fault and what it may be: `m: 4096 to 262144`.
 * Neither ever carries a part of the hash other than its public parameters.
 */
export type HashVerdict =
  | { kind: 'sound' }
  | { kind: 'malformed'; expected: string }
  | { kind: 'outside'; parameters: string; allowed: string }

export const SOUND: HashVerdict = { kind: 'sound' }

/** Base64 of at least one byte without padding, as the PHC string format writes salts and hashes. */
export const BASE64_UNPADDED = '(?=[A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?'

/**
 * The least length in bytes of a hash of PBKDF2 or scrypt. NIST SP 800-132 asks for 14 at least, and hashers write 16 and more: what is
 * shorter was cut off.
 */
export const LEAST_DERIVED = 16

/** How many bytes base64 without `=` stands for. */
export function bytesIn(unpadded: string): number {
  return Buffer.byteLength(unpadded, 'base64')
}

/** Standard base64 to the form without `=`; also takes the URL-safe alphabet. */
export function unpadded(base64: string): string {
  return base64.trim().replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
}

/** Bytes as base64 without `=`. */
export function toUnpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
