import { createHmac } from 'node:crypto'

/**
 * The code of an authenticator app (RFC 6238 with RFC 4226: SHA-1, 6 digits, 30 s), without code of
 * the program.
 * @param secret Base32
 * @param at seconds since 1970
 */
export function totpCode(secret: string, at: number): string {
  const bits = [...secret].map((digit) => parseInt(digit, 36)).map((value) => (value < 10 ? value + 24 : value - 10))
  const stream = bits.map((value) => value.toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((stream.match(/[01]{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const truncated = mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fffffff
  return String(truncated % 1_000_000).padStart(6, '0')
}
