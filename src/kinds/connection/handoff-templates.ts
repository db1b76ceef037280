import type { Attributes, DesiredResource } from '../../resource.ts'
import { certificateEnd } from './pem.ts'

/**
 * The columns of the files that WorkOS imports connections from, as `workos migrations export-template` writes them:
 * https://github.com/workos/workos-migrations/blob/main/docs/migration-package.md
 */
const COLUMNS = {
  saml: [
    'name',
    'organizationName',
    'organizationId',
    'organizationExternalId',
    'domains',
    'idpEntityId',
    'idpUrl',
    'x509Cert',
    'idpMetadataUrl',
    'customEntityId',
    'customAcsUrl',
    'idpIdAttribute',
    'emailAttribute',
    'firstNameAttribute',
    'lastNameAttribute',
    'nameAttribute',
    'idpInitiatedEnabled',
    'requestSigningKey',
    'requestSigningCert',
    'assertionEncryptionKey',
    'assertionEncryptionCert',
    'nameIdEncryptionKey',
    'externalId',
    'connectionType',
  ],
  oidc: [
    'name',
    'organizationName',
    'organizationId',
    'organizationExternalId',
    'domains',
    'clientId',
    'clientSecret',
    'discoveryEndpoint',
    'customRedirectUri',
    'externalId',
    'connectionType',
  ],
} as const

export type Template = keyof typeof COLUMNS

export const TEMPLATES = [
  { template: 'saml', file: 'saml_connections.csv', columns: COLUMNS.saml },
  { template: 'oidc', file: 'oidc_connections.csv', columns: COLUMNS.oidc },
] as const satisfies readonly { template: Template; file: string; columns: readonly string[] }[]

/** The organization of a connection, as the importer finds or makes it. */
export interface HandoffOrganization {
  name: string
  /** WorkOS's id, where it is known. */
  id: string
  externalId: string
}

/** The cells of one connection. Without `secrets`, those of secret fields are empty: what stands there would be taken for one. */
export function rowOf(
  template: Template,
  { attributes, secrets }: DesiredResource,
  organization: HandoffOrganization,
  includeSecrets: boolean,
): string[] {
  const special: Readonly<Record<string, string>> = {
    name: textOf(attributes.name) || organization.name,
    organizationName: organization.name,
    organizationId: organization.id,
    organizationExternalId: organization.externalId,
    domains: listOf(attributes, 'domains').join(','),
    x509Cert: latestCertificate(listOf(attributes, 'x509Cert')),
  }
  const values = { ...attributes, ...(includeSecrets ? secrets : {}) }
  return COLUMNS[template].map((column) => special[column] ?? textOf(values[column]))
}

/** The files have room for one certificate: that which is in force longest. */
export function latestCertificate(certificates: readonly string[]): string {
  return [...certificates].sort((a, b) => certificateEnd(b) - certificateEnd(a))[0] ?? ''
}

export function listOf(attributes: Attributes, field: string): string[] {
  const value = attributes[field]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''
}
