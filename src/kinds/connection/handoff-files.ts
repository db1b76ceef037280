import { printable } from '../../diagnostics/printable.ts'
import type { Attributes, DesiredResource } from '../../resource.ts'
import { certificateEnd } from './saml.ts'

/**
 * The contents of hand-off files, as pure functions: a row of saml_connections.csv or
 * oidc_connections.csv and a section of handoff_notes.md for each connection.
 */

/**
 * The columns of WorkOS's import files, as `workos migrations export-template` writes them:
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

/** The organization of a connection: the importer finds or creates it. */
export interface HandoffOrganization {
  name: string
  /** The WorkOS ID, if known. */
  id: string
  externalId: string
}

/**
 * The cells of one connection. Without `secrets`, the cells of secret fields stay empty: the
 * importer would take any text in them for a secret.
 */
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

/** The file of notes for the administrator. It contains no secrets. */
export const NOTES = 'handoff_notes.md'

const DAY = 86_400_000

/** Certificates that expire sooner than this are noted. */
const SOON = 30 * DAY

interface NotesOptions {
  includeSecrets: boolean
  /** Milliseconds since the epoch. */
  now: number
}

export function notesHeading(includeSecrets: boolean): string {
  const secrets = includeSecrets
    ? 'These files contain secrets: client secrets and private keys. Keep them private, and delete them after the import.'
    : 'The files contain no secrets: the cells of client secrets and private keys are empty. Fill them in, or write the files with --include-secrets.'
  return `# Connections to hand over\n\n${secrets}\n`
}

/** Every connection gets a section, even one without notes. */
export function notesSection(
  desired: DesiredResource,
  organization: HandoffOrganization,
  options: NotesOptions,
): string {
  const notes = notesOn(desired, options)
  const name = organization.name || organization.externalId || organization.id
  const lines = notes.length === 0 ? ['nothing to check'] : notes
  return `\n## ${plain(desired.key)} (${plain(name)})\n\n${lines.map((line) => `- ${plain(line)}\n`).join('')}`
}

function notesOn({ attributes, secrets }: DesiredResource, { includeSecrets, now }: NotesOptions): string[] {
  const held = Object.keys(secrets ?? {}).sort()
  const notes: string[] = []
  if (held.length > 0 && !includeSecrets) notes.push(`omitted, add before the import: ${held.join(', ')}`)
  if (attributes.type === 'oidc' && !held.includes('clientSecret')) {
    notes.push('the source has no clientSecret: add it before the import, or the connection is not imported')
  }
  const certificates = listOf(attributes, 'x509Cert')
  const latest = latestCertificate(certificates)
  if (latest !== '') {
    const end = certificateEnd(latest)
    const day = new Date(end).toISOString().slice(0, 10)
    if (end < now)
      notes.push(
        `the certificate expired on ${day}, and WorkOS rejects it: get the new certificate from the identity provider`,
      )
    else if (end < now + SOON) notes.push(`the certificate expires on ${day}`)
  }
  if (certificates.length > 1 && attributes.idpMetadataUrl === undefined) {
    notes.push(
      `the connection has ${certificates.length} certificates, and the file has room for one: the one that expires last`,
    )
  }
  for (const [key, certificate] of [
    ['requestSigningKey', 'requestSigningCert'],
    ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ] as const) {
    if (held.includes(key) !== (attributes[certificate] !== undefined)) {
      notes.push(
        `${key} and ${certificate} only count together: WorkOS generates its own pair, and the identity provider needs its certificate`,
      )
    }
  }
  if (held.includes('nameIdEncryptionKey')) notes.push('the importer ignores nameIdEncryptionKey')
  if (attributes.idpInitiatedEnabled === true) {
    notes.push('the identity provider can start sign-ins: allow this in the dashboard after the import')
  }
  if (listOf(attributes, 'domains').length > 0) {
    notes.push(
      `the importer marks these domains as verified, so make sure that they are: ${listOf(attributes, 'domains').join(', ')}`,
    )
  }
  return [...notes, ...listOf(attributes, 'notes')]
}

/** Escapes data, so that none of it is read as markup. */
function plain(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>#|]/g, (character) => `\\${character}`)
}

/** The file has room for one certificate: the one that expires last. */
function latestCertificate(certificates: readonly string[]): string {
  return [...certificates].sort((a, b) => certificateEnd(b) - certificateEnd(a))[0] ?? ''
}

function listOf(attributes: Attributes, field: string): string[] {
  const value = attributes[field]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''
}
