import { createCipheriv, scryptSync } from 'node:crypto'

/** Firebase's published example of its scrypt: https://github.com/firebase/scrypt */
export const FIREBASE = {
  password: 'user1password',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  salt: '42xEC+ixf3L2lw==',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memoryCost: 14,
}

/**
 * Firebase: scrypt derives a key that encrypts the signer key with AES-256-CTR; the cipher text is
 * the hash.
 */
export function verifiesFirebase(password: string, encoded: string): boolean {
  const found = /^\$firebase-scrypt\$v=1\$r=(\d+),m=(\d+),ss=([^,]*),sk=([^$]+)\$([^$]+)\$(.+)$/.exec(encoded)
  const bytes = (index: number) => Buffer.from(found?.[index] ?? '', 'base64')
  const cost = { N: 2 ** Number(found?.[2]), r: Number(found?.[1]), p: 1, maxmem: 64 * 1024 * 1024 }
  const key = scryptSync(password, Buffer.concat([bytes(5), bytes(3)]), 32, cost)
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return Buffer.concat([cipher.update(bytes(4)), cipher.final()]).equals(bytes(6))
}
