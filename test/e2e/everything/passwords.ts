import { argon2Sync, createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import { FIREBASE } from '../../kinds/passwords/firebase.ts'

const PASSWORD = 'Correct Horse 9'
const SALT = Buffer.from('00ff10a7c3d2e1fb55440102', 'hex')
const base64 = (bytes: Buffer) => bytes.toString('base64')
const phc = (bytes: Buffer) => base64(bytes).replace(/=+$/, '')

const scrypt = scryptSync(PASSWORD, SALT, 64, { N: 16_384, r: 8, p: 1 })
const pbkdf2 = pbkdf2Sync(PASSWORD, SALT, 210_000, 64, 'sha512')
const argon2 = argon2Sync('argon2id', {
  message: PASSWORD,
  nonce: SALT,
  tagLength: 32,
  parallelism: 1,
  memory: 19_456,
  passes: 2,
})
const unpadded = (text: string) => text.replace(/=+$/, '')

/** A hash of each type that WorkOS accepts, in its form, and one that it does not accept. */
export const HASHES: readonly [type: string, hash: string][] = [
  ['bcrypt', hashSync(PASSWORD, 4)],
  ['scrypt', `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${phc(SALT)}$${phc(scrypt)}`],
  ['pbkdf2', `$pbkdf2$i=210000,d=sha512$${phc(SALT)}$${phc(pbkdf2)}`],
  ['argon2', `$argon2id$v=19$m=19456,t=2,p=1$${phc(SALT)}$${phc(argon2)}`],
  [
    'firebase-scrypt',
    `$firebase-scrypt$v=1$r=8,m=14,ss=${unpadded(FIREBASE.saltSeparator)},sk=${unpadded(FIREBASE.signerKey)}$${unpadded(FIREBASE.salt)}$${unpadded(FIREBASE.hash)}`,
  ],
  ['ssha', `{SSHA}${base64(Buffer.concat([createHash('sha1').update(PASSWORD).update(SALT).digest(), SALT]))}`],
  ['md5', createHash('md5').update(PASSWORD).digest('hex')],
]
