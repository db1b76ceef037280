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

/** Reads the few things that are needed; undefined when the source has none. */
export function readSamlMetadata(value: unknown): Check<SamlMetadata | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const xml = typeof value === 'string' && value.length <= MAX_LENGTH ? value : ''
  const provider = /<(?:[\w-]+:)?IDPSSODescriptor\b[\s\S]*?<\/(?:[\w-]+:)?IDPSSODescriptor\s*>/.exec(xml)?.[0]
  const entity = /<(?:[\w-]+:)?EntityDescriptor\b[^>]*>/.exec(xml)?.[0]
  if (provider === undefined || entity === undefined) {
    return refuse(
      'invalid_saml_metadata',
      'the metadata is not that of a SAML identity provider',
      'expected XML with an EntityDescriptor that has an IDPSSODescriptor',
    )
  }
  const services = [...provider.matchAll(/<(?:[\w-]+:)?SingleSignOnService\b[^>]*>/g)].map(([tag]) => tag)
  const service = services.find((tag) => attribute(tag, 'Binding')?.endsWith(':HTTP-Redirect')) ?? services[0]
  return accept({
    entityId: attribute(entity, 'entityID'),
    ssoUrl: service === undefined ? undefined : attribute(service, 'Location'),
    certificates: [
      ...provider.matchAll(/<(?:[\w-]+:)?KeyDescriptor\b([^>]*)>([\s\S]*?)<\/(?:[\w-]+:)?KeyDescriptor\s*>/g),
    ]
      .filter(([, attributes = '']) => attribute(attributes, 'use') !== 'encryption')
      .flatMap(([, , body = '']) => [...body.matchAll(/<(?:[\w-]+:)?X509Certificate\s*>([^<]*)</g)])
      .map(([, text = '']) => text.replaceAll(/\s/g, ''))
      .filter((text) => text !== ''),
  })
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag)
  const text = value?.[1] ?? value?.[2]
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
