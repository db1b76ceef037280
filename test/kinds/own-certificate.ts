import { createPublicKey, type KeyObject, sign } from 'node:crypto'

const SEQUENCE = 0x30
const INTEGER = 0x02
const BITS = 0x03
const TIME = 0x17
/** ecdsa-with-SHA256 and sha256WithRSAEncryption, as AlgorithmIdentifiers. */
const ALGORITHMS = new Map([
  ['ec', Buffer.from('300a06082a8648ce3d040302', 'hex')],
  ['rsa', Buffer.from('300d06092a864886f70d01010b0500', 'hex')],
])

/**
 * A self-signed certificate of a private key, valid until 2049, so that no key has to be stored
 * with it.
 */
export function ownCertificate(key: KeyObject): string {
  const algorithm = ALGORITHMS.get(key.asymmetricKeyType ?? '') ?? Buffer.alloc(0)
  const nobody = der(SEQUENCE)
  const content = der(
    SEQUENCE,
    der(INTEGER, Buffer.from([1])),
    algorithm,
    nobody,
    der(SEQUENCE, der(TIME, Buffer.from('200101000000Z')), der(TIME, Buffer.from('491231235959Z'))),
    nobody,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  )
  const signature = der(BITS, Buffer.from([0]), sign('sha256', content, key))
  const lines =
    der(SEQUENCE, content, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
