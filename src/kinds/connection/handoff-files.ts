import { printable } from '../../diagnostics/printable.ts'
import type { Attributes, DesiredResource } from '../../resource.ts'
import { certificateEnd } from './saml.ts'

/**
 * What is in the files of a hand-off, as pure functions. In: a connection, its organization,
 * whether secrets are written. Out: its row of saml_connections.csv or oidc_connections.csv, and
 * its section of handoff_notes.md.
 */

/**
 * The columns of the files that WorkOS imports connections from, as `workos migrations
 * export-template` writes them:
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

/**
 * The cells of one connection. Without `secrets`, those of secret fields are empty: what stands
 * there would be taken for one.
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

/**
 * The file with what somebody has to look at before or after the connections are imported; no
 * secret is in it.
 */
export const NOTES = 'handoff_notes.md'

const DAY = 86_400_000

/** Certificates that end sooner than so are worth a word. */
const SOON = 30 * DAY

interface NotesOptions {
  includeSecrets: boolean
  /** Milliseconds since the epoch. */
  now: number
}

export function notesHeading(includeSecrets: boolean): string {
  const secrets = includeSecrets
    ? 'These files hold secrets: client secrets and private keys. Keep them private, and delete them when they have been imported.'
    : 'Secrets (client secrets, private keys) have been left out, and their cells are empty: a text in their place would be taken for one.'
  return `# Connections to hand over\n\n${secrets}\n`
}

/** What there is to say of one connection, also where that is nothing. */
export function notesSection(
  desired: DesiredResource,
  organization: HandoffOrganization,
  options: NotesOptions,
): string {
  const notes = notesOn(desired, options)
  const name = organization.name || organization.externalId || organization.id
  const lines = notes.length === 0 ? ['nothing to look at'] : notes
  return `\n## ${plain(desired.key)} (${plain(name)})\n\n${lines.map((line) => `- ${plain(line)}\n`).join('')}`
}

function notesOn({ attributes, secrets }: DesiredResource, { includeSecrets, now }: NotesOptions): string[] {
  const held = Object.keys(secrets ?? {}).sort()
  const notes: string[] = []
  if (held.length > 0 && !includeSecrets) notes.push(`left out, and to be supplied: ${held.join(', ')}`)
  if (attributes.type === 'oidc' && !held.includes('clientSecret')) {
    notes.push('the source has no clientSecret: without one it is not imported')
  }
  const certificates = listOf(attributes, 'x509Cert')
  const latest = latestCertificate(certificates)
  if (latest !== '') {
    const end = certificateEnd(latest)
    const day = new Date(end).toISOString().slice(0, 10)
    if (end < now)
      notes.push(`its certificate ended on ${day}: WorkOS refuses it; get the new one of the identity provider`)
    else if (end < now + SOON) notes.push(`its certificate ends on ${day}`)
  }
  if (certificates.length > 1 && attributes.idpMetadataUrl === undefined) {
    notes.push(`it has ${certificates.length} certificates, and the file room for one: that which is in force longest`)
  }
  for (const [key, certificate] of [
    ['requestSigningKey', 'requestSigningCert'],
    ['assertionEncryptionKey', 'assertionEncryptionCert'],
  ] as const) {
    if (held.includes(key) !== (attributes[certificate] !== undefined)) {
      notes.push(
        `${key} and ${certificate} count together only: WorkOS makes a pair of its own, which the identity provider has to get`,
      )
    }
  }
  if (held.includes('nameIdEncryptionKey')) notes.push('nameIdEncryptionKey is not taken over by the importer')
  if (attributes.idpInitiatedEnabled === true) {
    notes.push('sign-ins may begin at the identity provider: allow that in the dashboard after the import')
  }
  if (listOf(attributes, 'domains').length > 0) {
    notes.push(`the importer enters as verified, so be sure of them: ${listOf(attributes, 'domains').join(', ')}`)
  }
  return [...notes, ...listOf(attributes, 'notes')]
}

/** Text that is data: no character of it is markup. */
function plain(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>#|]/g, (character) => `\\${character}`)
}

/** The files have room for one certificate: that which is in force longest. */
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
