import { BASE64_UNPADDED, type HashVerdict, SOUND } from './verdict.ts'

const SHAPE = new RegExp(
  `^\\$scrypt\\$v=1\\$n=(\\d+),r=(\\d+),p=(\\d+),kl=(\\d+)\\$${BASE64_UNPADDED}\\$(${BASE64_UNPADDED})$`,
)

/** The least N that a real hash has; anything below is log2(N) put in its place. */
const LEAST_N = 128

/** scrypt as a PHC string, where n is N itself (a power of two), not its logarithm. */
export function checkScrypt(hash: string): HashVerdict {
  const found = SHAPE.exec(hash)
  const expected = '$scrypt$v=1$n=16384,r=8,p=1,kl=64$<salt>$<hash>, base64 without ='
  if (found === null) return { kind: 'malformed', expected }
  const [n, r, p, length] = [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]
  if (n < LEAST_N || !Number.isInteger(Math.log2(n))) {
    return {
      kind: 'malformed',
      expected: `${expected}, where n is the cost itself and a power of two, not its logarithm`,
    }
  }
  const bytes = Buffer.from(found[5] ?? '', 'base64').length
  if (r < 1 || p < 1 || bytes !== length) {
    return { kind: 'malformed', expected: `${expected}, where kl is the length of the hash in bytes` }
  }
  return SOUND
}
