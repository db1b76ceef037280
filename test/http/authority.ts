import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

const BOOLEAN = 0x01
const INTEGER = 0x02
const BITS = 0x03
const OCTETS = 0x04
const UTF8 = 0x0c
const TIME = 0x17
const SEQUENCE = 0x30
const SET = 0x31
/** A context-specific tag: `[2]`, a DNS name, and `[3]`, the extensions. */
const DNS_NAME = 0x82
const EXTENSIONS = 0xa3

const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex')
const ALTERNATIVE_NAMES = Buffer.from('0603551d11', 'hex')
const VERSION_3 = Buffer.from('a003020102', 'hex')

/** A server's certificate and key, in PEM. */
export interface ServerIdentity {
  key: string
  cert: string
}

/** A certificate authority that is trusted only through its certificate. */
export interface Authority {
  /** PEM. */
  certificate: string
  issue(...hosts: readonly string[]): ServerIdentity
}

export function createAuthority(): Authority {
  const name = 'An authority of a test'
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = (subject: string, key: KeyObject, extension: Buffer) => {
    const content = der(
      SEQUENCE,
      VERSION_3,
      der(INTEGER, Buffer.from([1]), randomBytes(8)),
      ECDSA_WITH_SHA256,
      nameOf(name),
      der(SEQUENCE, der(TIME, Buffer.from('200101000000Z')), der(TIME, Buffer.from('491231235959Z'))),
      nameOf(subject),
      createPublicKey(key).export({ type: 'spki', format: 'der' }),
      der(EXTENSIONS, der(SEQUENCE, extension)),
    )
    const signature = der(BITS, Buffer.from([0]), sign('sha256', content, privateKey))
    return pem(der(SEQUENCE, content, ECDSA_WITH_SHA256, signature))
  }
  const isAuthority = der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTETS, der(SEQUENCE, TRUE)))
  return {
    certificate: certificate(name, privateKey, isAuthority),
    issue(...hosts) {
      const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const names = der(SEQUENCE, ...hosts.map((host) => der(DNS_NAME, Buffer.from(host))))
      const cert = certificate(hosts[0] ?? '', key, der(SEQUENCE, ALTERNATIVE_NAMES, der(OCTETS, names)))
      return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert }
    },
  }
}

const TRUE = der(BOOLEAN, Buffer.from([0xff]))

function nameOf(text: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8, Buffer.from(text)))))
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
