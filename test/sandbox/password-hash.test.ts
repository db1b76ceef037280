import { describe, expect, test } from 'vitest'
import { type HashType, isAcceptedHash } from '../../src/sandbox/endpoints/credential.ts'

const SALT = 'c2FsdHNhbHRzYWx0c2FsdA'
const KEY_32 = Buffer.alloc(32, 7).toString('base64').replaceAll('=', '')
const KEY_64 = Buffer.alloc(64, 7).toString('base64').replaceAll('=', '')
const BCRYPT = `10$${'a'.repeat(53)}`
const ssha = (bytes: number, name = 'SSHA') => `{${name}}${Buffer.alloc(bytes, 7).toString('base64')}`

const ACCEPTED: [HashType, string][] = [
  ['bcrypt', `$2a$${BCRYPT}`],
  ['bcrypt', `$2b$${BCRYPT}`],
  ['bcrypt', `$2y$${BCRYPT}`],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${SALT}$${KEY_64}`],
  ['pbkdf2', `$pbkdf2$i=600000,d=sha256$${SALT}$${KEY_32}`],
  ['pbkdf2', `$pbkdf2$i=1000000,d=sha256$${SALT}$${KEY_32}`],
  ['pbkdf2', `$pbkdf2$i=210000,d=sha512$${SALT}$${KEY_64}`],
  ['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${KEY_32}`],
  ['argon2', `$argon2d$v=19$m=4096,t=1,p=1$${SALT}$${KEY_32}`],
  ['argon2', `$argon2i$v=19$m=262144,t=3,p=8$${SALT}$${KEY_32}`],
  ['firebase-scrypt', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${KEY_64}$${SALT}$${KEY_64}`],
  ['ssha', ssha(28)],
  ['ssha256', ssha(40, 'SSHA256')],
]

const REFUSED: [HashType, string, string][] = [
  ['bcrypt', 'another prefix', `$2x$${BCRYPT}`],
  ['bcrypt', 'too short', `$2a$${BCRYPT.slice(0, -1)}`],
  ['bcrypt', 'too long', `$2a$${BCRYPT}a`],
  ['bcrypt', 'an impossible cost', `$2a$03$${'a'.repeat(53)}`],
  ['scrypt', 'the logarithm of N', `$scrypt$v=1$n=16,r=8,p=1,kl=64$${SALT}$${KEY_64}`],
  ['scrypt', 'an N that is no power of two', `$scrypt$v=1$n=16383,r=8,p=1,kl=64$${SALT}$${KEY_64}`],
  ['scrypt', 'another key length', `$scrypt$v=1$n=16384,r=8,p=1,kl=32$${SALT}$${KEY_64}`],
  ['scrypt', 'padded base64', `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${SALT}==$${KEY_64}`],
  ['pbkdf2', 'too few rounds of sha256', `$pbkdf2$i=599999,d=sha256$${SALT}$${KEY_32}`],
  ['pbkdf2', 'too few rounds of sha512', `$pbkdf2$i=209999,d=sha512$${SALT}$${KEY_64}`],
  ['pbkdf2', 'too many rounds', `$pbkdf2$i=1000001,d=sha256$${SALT}$${KEY_32}`],
  ['pbkdf2', 'sha1', `$pbkdf2$i=600000,d=sha1$${SALT}$${KEY_32}`],
  ['argon2', 'too little memory', `$argon2id$v=19$m=4095,t=3,p=4$${SALT}$${KEY_32}`],
  ['argon2', 'too much memory', `$argon2id$v=19$m=262145,t=3,p=4$${SALT}$${KEY_32}`],
  ['argon2', 'too many passes', `$argon2id$v=19$m=65536,t=6,p=4$${SALT}$${KEY_32}`],
  ['argon2', 'too few passes of argon2i', `$argon2i$v=19$m=65536,t=2,p=4$${SALT}$${KEY_32}`],
  ['argon2', 'too many lanes', `$argon2id$v=19$m=65536,t=3,p=9$${SALT}$${KEY_32}`],
  ['argon2', 'an older version', `$argon2id$v=16$m=65536,t=3,p=4$${SALT}$${KEY_32}`],
  ['firebase-scrypt', 'no signer key', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=$${SALT}$${KEY_64}`],
  ['firebase-scrypt', 'no salt separator', `$firebase-scrypt$v=1$r=8,m=14,ss=,sk=${KEY_64}$${SALT}$${KEY_64}`],
  ['firebase-scrypt', 'padded base64', `$firebase-scrypt$v=1$r=8,m=14,ss=Bw==,sk=${KEY_64}$${SALT}$${KEY_64}`],
  ['ssha', 'no salt', ssha(20)],
  ['ssha', 'no prefix', ssha(28).slice(6)],
  ['ssha', 'the name of another', ssha(28, 'SSHA256')],
  ['ssha256', 'no salt', ssha(32, 'SSHA256')],
  ['ssha256', 'the name of another', ssha(40)],
]

describe('password hashes', () => {
  test.each(ACCEPTED)('%s accepts %s', (type, hash) => {
    expect(isAcceptedHash(type, hash)).toBe(true)
  })

  test.each(REFUSED)('%s rejects %s', (type, _why, hash) => {
    expect(isAcceptedHash(type, hash)).toBe(false)
  })
})
