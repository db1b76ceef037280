import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Json } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'
import { accept, type Check, isEmpty, refuse, take } from '../values/check.ts'

/**
 * What a SAML connection signs and encrypts with. In: certificates and private keys as sources write them. Out: PEM, each certificate with
 * the key that it belongs to, or why not. No message says anything of a key.
 */

/** Blocks of RFC 7468. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Characters of a line of PEM (RFC 7468, 2). */
const LINE = 64

/** Private keys of a SAML connection, and the fields of their certificates. That for name ids has none. */
const PAIRS = [
  ['requestSigningKey', 'requestSigningCert'],
  ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ['nameIdEncryptionKey', undefined],
] as const

/** The fields of the private keys, which are secrets. */
export const PRIVATE_KEYS: readonly string[] = PAIRS.map(([key]) => key)

/**
 * The private keys of a SAML connection and, apart from them, their certificates: of several, as of a chain, that of the key. A
 * certificate of another key is refused: nothing that is signed or encrypted with such a pair can be read at the other end.
 */
export function readKeyPairs(
  fields: Record<string, unknown>,
  problems: ValueProblem[],
): Record<'keys' | 'certificates', Record<string, Json | undefined>> {
  const keys: Record<string, Json | undefined> = {}
  const certificates: Record<string, Json | undefined> = {}
  for (const [keyField, field] of PAIRS) {
    const key = take(keyField, normalisePrivateKey(fields[keyField]), problems)
    keys[keyField] = key
    if (field === undefined) continue
    const found = take(field, normaliseCertificates(fields[field]), problems)
    const own = key === undefined ? found?.[0] : found?.find((certificate) => isCertificateOf(certificate, key))
    certificates[field] = own
    if (found !== undefined && own === undefined) {
      problems.push({
        code: 'certificate_of_another_key',
        field,
        message: `the certificate is not that of the private key in ${keyField}`,
        hint: `map ${keyField} and ${field} of one pair, or leave both out`,
      })
    }
  }
  return { keys, certificates }
}

/**
 * X.509 certificates as PEM, each once, in order: from PEM with one or several, from the Base64 of PEM or of DER, or a list of such.
 * Undefined when the source has none.
 */
export function normaliseCertificates(value: unknown): Check<string[] | undefined> {
  const items = [value].flat().filter((item: unknown) => !isEmpty(item))
  if (items.length === 0) return accept(undefined)
  const certificates = new Set<string>()
  for (const item of items) {
    const texts = typeof item === 'string' ? certificatesIn(item) : undefined
    if (texts === undefined) {
      return refuse(
        'invalid_certificate',
        'the certificate is no X.509 certificate in PEM or Base64',
        'expected -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----, or what stands between the two lines',
      )
    }
    for (const text of texts) certificates.add(text)
  }
  return accept([...certificates].sort())
}

/** When a certificate ends, as milliseconds since the epoch. */
export function certificateEnd(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo)
}

/** A private key as PEM; undefined when the source has none. No message says anything of it. */
function normalisePrivateKey(value: unknown): Check<string | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const pem = typeof value === 'string' ? unescaped(value) : ''
  const [block] = [...(decoded(pem) ?? pem).matchAll(BLOCK)]
  const [, label = '', body = ''] = block ?? []
  const text = wrapped(label, body)
  try {
    if (label.endsWith('PRIVATE KEY')) {
      // One with a passphrase cannot be looked into, and cannot be used by WorkOS either.
      createPrivateKey(text)
      return accept(text)
    }
  } catch {}
  return refuse(
    'invalid_private_key',
    'the key is no private key in PEM',
    'expected -----BEGIN PRIVATE KEY----- … -----END PRIVATE KEY-----, without a passphrase',
  )
}

/** Whether a certificate is that of a private key, both PEM as they are yielded here. */
function isCertificateOf(certificate: string, key: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
}

function certificatesIn(value: string): string[] | undefined {
  const text = unescaped(value)
  const pem = text.includes('-----BEGIN') ? text : decoded(text)
  const blocks =
    pem === undefined
      ? [wrapped('CERTIFICATE', text)]
      : [...pem.matchAll(BLOCK)]
          .filter(([, label]) => label === 'CERTIFICATE')
          .map(([, , body = '']) => wrapped('CERTIFICATE', body))
  return blocks.length > 0 && blocks.every(isCertificate) ? blocks : undefined
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** PEM that is Base64 once more, as some systems keep it; undefined for anything else. */
function decoded(text: string): string | undefined {
  const compact = text.replaceAll(/\s/g, '')
  if (!BASE64.test(compact)) return undefined
  const inner = Buffer.from(compact, 'base64').toString('latin1')
  return inner.includes('-----BEGIN') ? inner : undefined
}

/** Line ends that were escaped on the way through JSON or an environment variable. */
function unescaped(text: string): string {
  return text.trim().replaceAll('\\r', '').replaceAll('\\n', '\n')
}

function wrapped(label: string, body: string): string {
  const lines = body.replaceAll(/\s/g, '').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
