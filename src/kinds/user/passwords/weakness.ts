/**
 * The least cost of bcrypt, and of Argon2 the least memory in KiB for each number of passes: OWASP Password Storage Cheat Sheet.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const BCRYPT_COST = 10
const ARGON2_MEMORY: readonly number[] = [47_104, 19_456, 12_288, 9216, 7168]

/** N·r of scrypt with N=16384, r=8, or 16 MiB: what its paper of 2009 gives for logins, and Firebase uses for every project. */
const SCRYPT_BLOCKS = 16_384 * 8

/**
 * What makes a hash weak by today's measure although WorkOS takes it: its algorithm and the parameter that is too low. Undefined
 * for one that is not. Of PBKDF2 WorkOS takes none that would be.
 * @param hash sound, of a type that WorkOS takes
 */
export function weakness(type: string, hash: string): string | undefined {
  switch (type) {
    case 'ssha':
      return 'ssha'
    case 'bcrypt':
      return bcrypt(Number(hash.slice(4, 6)))
    case 'argon2':
      return argon2(/^\$argon2(id|i|d)\$v=19\$m=(\d+),t=(\d+),/.exec(hash) ?? [])
    case 'scrypt':
      return scrypt(/\$n=(\d+),r=(\d+),/.exec(hash) ?? [])
    case 'firebase-scrypt':
      return firebase(/\$r=(\d+),m=(\d+),/.exec(hash) ?? [])
    default:
      return undefined
  }
}

function bcrypt(cost: number): string | undefined {
  return cost < BCRYPT_COST ? `bcrypt cost=${cost}` : undefined
}

function argon2([, variant, memory, time]: readonly string[]): string | undefined {
  const least = ARGON2_MEMORY[Number(time) - 1] ?? 0
  return Number(memory) < least ? `argon2${variant} m=${memory},t=${time}` : undefined
}

function scrypt([, n, r]: readonly string[]): string | undefined {
  return Number(n) * Number(r) < SCRYPT_BLOCKS ? `scrypt n=${n},r=${r}` : undefined
}

function firebase([, r, m]: readonly string[]): string | undefined {
  return 2 ** Number(m) * Number(r) < SCRYPT_BLOCKS ? `firebase-scrypt r=${r},m=${m}` : undefined
}
