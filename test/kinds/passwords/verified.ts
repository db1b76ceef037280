import { pbkdf2Sync, scryptSync } from 'node:crypto'

/** Whether a PBKDF2 hash in WorkOS's form belongs to a password. */
export function verifiesPbkdf2(password: string, encoded: string): boolean {
  const found = /^\$pbkdf2\$i=(\d+),d=(sha\d+)\$([^$]+)\$(.+)$/.exec(encoded)
  const hash = Buffer.from(found?.[4] ?? '', 'base64')
  const salt = Buffer.from(found?.[3] ?? '', 'base64')
  return pbkdf2Sync(password, salt, Number(found?.[1]), hash.length, found?.[2] ?? '').equals(hash)
}

/** Whether a scrypt hash in WorkOS's form belongs to a password. */
export function verifiesScrypt(password: string, encoded: string): boolean {
  const found = /^\$scrypt\$v=1\$n=(\d+),r=(\d+),p=(\d+),kl=(\d+)\$([^$]+)\$(.+)$/.exec(encoded)
  const [N, r, p, length] = [1, 2, 3, 4].map((index) => Number(found?.[index]))
  const salt = Buffer.from(found?.[5] ?? '', 'base64')
  const hash = Buffer.from(found?.[6] ?? '', 'base64')
  return scryptSync(password, salt, length ?? 0, { N, r, p, maxmem: 128 * 1024 * 1024 }).equals(hash)
}
