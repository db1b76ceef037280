import { createRequire } from 'node:module'
import { isObject, type Json } from '../../json.ts'
import { accept, type Check, isEmpty, refuse } from '../values/check.ts'

/** What the metadata of an identity provider says of it: https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf */
export interface SamlMetadata {
  entityId: string | undefined
  /** Where sign-ins are sent: by redirect, where both are offered. */
  ssoUrl: string | undefined
  /** Signing certificates, Base64 of DER. */
  certificates: string[]
}

/** Documents are small; what is larger is something else. */
const MAX_LENGTH = 1024 * 1024

/** Elements that may stand several times; as lists they read alike when there is one. */
const LISTS = new Set([
  'EntityDescriptor',
  'IDPSSODescriptor',
  'SingleSignOnService',
  'KeyDescriptor',
  'KeyInfo',
  'X509Data',
  'X509Certificate',
])

/** Reads the few things that are needed; undefined when the source has none. */
export function readSamlMetadata(value: unknown): Check<SamlMetadata | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const document = typeof value === 'string' && value.length <= MAX_LENGTH ? parseXml(value) : null
  const entity = elements(document, 'EntityDescriptor').find((one) => elements(one, 'IDPSSODescriptor').length > 0)
  const [provider] = elements(entity, 'IDPSSODescriptor')
  if (entity === undefined || provider === undefined) {
    return refuse(
      'invalid_saml_metadata',
      'the metadata is not that of a SAML identity provider',
      'expected XML with an EntityDescriptor that has an IDPSSODescriptor',
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

/** A document as objects without namespaces' prefixes; null for what is no XML, or declares a document type, which may hold entities. */
function parseXml(text: string): Json {
  if (/<!DOCTYPE/i.test(text)) return null
  // Loaded when the first connection has metadata: it takes as long to load as a small plan takes to compare.
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

/** Elements of a name, wherever they are below another, in the order of the document. */
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
