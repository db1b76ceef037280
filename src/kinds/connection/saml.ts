import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { isObject, type Json } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'
import { accept, type Check, isEmpty, refuse, take } from '../values/check.ts'

/**
 * SAML metadata, certificates and private keys as sources write them. Certificates and keys become
 * PEM, each certificate with its key. No message contains anything of a private key.
 */

/** https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf */
export interface SamlMetadata {
  entityId: string | undefined
  /** Where sign-ins go: the redirect binding, if there is one. */
  ssoUrl: string | undefined
  /** Signing certificates, Base64 of DER. */
  certificates: string[]
}

/** Characters. Metadata is small: anything longer is something else. */
const MAX_LENGTH = 1024 * 1024

/** Elements that can repeat: always read as lists. */
const LISTS = new Set([
  'EntityDescriptor',
  'IDPSSODescriptor',
  'SingleSignOnService',
  'KeyDescriptor',
  'KeyInfo',
  'X509Data',
  'X509Certificate',
])

/** Undefined: the source has no metadata. */
export function readSamlMetadata(value: unknown): Check<SamlMetadata | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const document = typeof value === 'string' && value.length <= MAX_LENGTH ? parseXml(value) : null
  const entity = elements(document, 'EntityDescriptor').find((one) => elements(one, 'IDPSSODescriptor').length > 0)
  const [provider] = elements(entity, 'IDPSSODescriptor')
  if (entity === undefined || provider === undefined) {
    return refuse(
      'invalid_saml_metadata',
      'the metadata does not describe a SAML identity provider',
      'expected XML with an EntityDescriptor that contains an IDPSSODescriptor',
    )
  }
  const services = elements(provider, 'SingleSignOnService')
  const service = services.find((one) => attribute(one, 'Binding')?.endsWith(':HTTP-Redirect')) ?? services[0]
  return accept({
    entityId: attribute(entity, 'entityID'),
    ssoUrl: attribute(service, 'Location'),
    certificates: elements(provider, 'KeyDescriptor')
      .filter((one) => attribute(one, 'use') !== 'encryption')
      .flatMap((one) => elements(one, 'X509Certificate'))
      .map((one) => textOf(one).replaceAll(/\s/g, ''))
      .filter((text) => text !== ''),
  })
}

/**
 * A document as objects, without namespace prefixes. Null: not XML, or it declares a document type,
 * which can contain entities.
 */
function parseXml(text: string): Json {
  if (/<!DOCTYPE/i.test(text)) return null
  // Loaded with the first metadata: loading takes as long as comparing a small plan.
  const xml: typeof import('fast-xml-parser') = createRequire(import.meta.url)('fast-xml-parser')
  const parser = new xml.XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
    isArray: (name) => LISTS.has(name),
  })
  try {
    return parser.parse(text, true)
  } catch {
    return null
  }
}

/** All elements of a name below another, in document order. */
function elements(below: Json | undefined, name: string): Json[] {
  if (Array.isArray(below)) return below.flatMap((one) => elements(one, name))
  if (!isObject(below)) return []
  return Object.entries(below).flatMap(([member, value]) => (member === name ? [value].flat() : elements(value, name)))
}

function attribute(element: Json | undefined, name: string): string | undefined {
  const value = isObject(element) ? element[`@${name}`] : undefined
  return typeof value === 'string' ? value : undefined
}

function textOf(element: Json): string {
  const text = isObject(element) ? element['#text'] : element
  return typeof text === 'string' ? text : ''
}

/** Blocks of RFC 7468. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Characters of a line of PEM (RFC 7468, section 2). */
const LINE = 64

/**
 * Private keys of a SAML connection, and the fields of their certificates. The key for name IDs has
 * no certificate.
 */
const PAIRS = [
  ['requestSigningKey', 'requestSigningCert'],
  ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ['nameIdEncryptionKey', undefined],
] as const

export const PRIVATE_KEYS: readonly string[] = PAIRS.map(([key]) => key)

/**
 * The private keys of a SAML connection and their certificates. Of a certificate chain, only the
 * certificate of the key counts. A certificate of another key is rejected: the other side could not
 * read what such a pair signs or encrypts.
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
        message: `the certificate does not belong to the private key in ${keyField}`,
        hint: `map ${keyField} and ${field} of one pair, or omit both`,
      })
    }
  }
  return { keys, certificates }
}

/**
 * X.509 certificates as PEM, each once, in order. Accepts PEM with one or several certificates, the
 * Base64 of PEM or DER, or a list of these. Undefined: the source has none.
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
        'the certificate is not an X.509 certificate in PEM or Base64',
        'expected -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----, or the text between these lines',
      )
    }
    for (const text of texts) certificates.add(text)
  }
  return accept([...certificates].sort())
}

/** Milliseconds since the epoch. */
export function certificateEnd(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo)
}

/**
 * A private key as PEM. Undefined: the source has none. No message contains any part of the key.
 */
function normalisePrivateKey(value: unknown): Check<string | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const pem = typeof value === 'string' ? unescaped(value) : ''
  const [block] = [...(decoded(pem) ?? pem).matchAll(BLOCK)]
  const [, label = '', body = ''] = block ?? []
  const text = wrapped(label, body)
  try {
    if (label.endsWith('PRIVATE KEY')) {
      // A key with a passphrase cannot be checked, and WorkOS cannot use it.
      createPrivateKey(text)
      return accept(text)
    }
  } catch {}
  return refuse(
    'invalid_private_key',
    'the key is not a private key in PEM',
    'expected -----BEGIN PRIVATE KEY----- … -----END PRIVATE KEY-----, without a passphrase',
  )
}

/** Whether a certificate belongs to a private key, both as PEM from this file. */
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

/** Some systems encode PEM as Base64 once more. Undefined: the text is something else. */
function decoded(text: string): string | undefined {
  const compact = text.replaceAll(/\s/g, '')
  if (!BASE64.test(compact)) return undefined
  const inner = Buffer.from(compact, 'base64').toString('latin1')
  return inner.includes('-----BEGIN') ? inner : undefined
}

/** Restores line ends that JSON or an environment variable escaped. */
function unescaped(text: string): string {
  return text.trim().replaceAll('\\r', '').replaceAll('\\n', '\n')
}

function wrapped(label: string, body: string): string {
  const lines = body.replaceAll(/\s/g, '').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
