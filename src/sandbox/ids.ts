import { randomBytes } from 'node:crypto'

/** Crockford's Base32, as in the ULID specification. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_DIGITS = 10
const RANDOM_DIGITS = 16

/**
 * Makes ids such as `user_01K…`: a prefix and a monotonic ULID, so that ids sort in the order of creation even
 * within one millisecond. Lists page by comparing ids.
 */
export function idGenerator(now: () => number): (prefix: string) => string {
  let time = -1
  let timeText = ''
  let random: number[] = []

  return (prefix) => {
    const current = Math.floor(now())
    if (current > time) {
      time = current
      timeText = timeDigits(time)
      random = randomDigits()
    } else if (!increment(random)) {
      time += 1
      timeText = timeDigits(time)
      random = randomDigits()
    }
    let text = `${prefix}_${timeText}`
    for (const digit of random) text += ALPHABET[digit]
    return text
  }
}

function timeDigits(time: number): string {
  let rest = time
  let text = ''
  for (let digit = 0; digit < TIME_DIGITS; digit++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function randomDigits(): number[] {
  return Array.from(randomBytes(RANDOM_DIGITS), (byte) => byte & 31)
}

/** Adds one in place. False when it ran over. */
function increment(digits: number[]): boolean {
  for (let position = digits.length - 1; position >= 0; position--) {
    const digit = digits[position] ?? 0
    if (digit < 31) {
      digits[position] = digit + 1
      return true
    }
    digits[position] = 0
  }
  return false
}
