import type { Json, JsonObject } from '../../json.ts'
import type { DraftDefinition, FieldDefinition, NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import { normaliseDomains } from '../organization/domains.ts'
import { externalIdOfName } from '../organization/organization-name.ts'
import { belongs, OF_CHOSEN_ORGANIZATION } from '../scope.ts'
import {
  accept,
  type Check,
  normaliseExternalId,
  optionalText,
  parseBoolean,
  refuse,
  shown,
  take,
} from '../values/check.ts'
import { normaliseCertificates, PRIVATE_KEYS, readKeyPairs, readSamlMetadata } from './saml.ts'
import { withdrawMissingSecrets } from './statements.ts'
import { connectionRemarks, connectionRemedies } from './wording.ts'

/**
 * Connections as records describe them: checks the mapped fields of one connection. Its secrets
 * (private keys, the client secret) are kept apart from its attributes.
 */

const FIRST: FieldDefinition = { compare: 'value', merge: 'first', updatable: false }
const SECRET: FieldDefinition = { ...FIRST, secret: true }
const LIST: FieldDefinition = { compare: 'set', merge: 'union', updatable: false, compared: false }
/** WorkOS does not return the field, or returns it in another form. */
const UNTOLD: FieldDefinition = { ...FIRST, compared: false }

/** Names of the attributes that an identity provider sends about a user. */
const ATTRIBUTES = [
  'idpIdAttribute',
  'emailAttribute',
  'firstNameAttribute',
  'lastNameAttribute',
  'nameAttribute',
] as const

const OF_BOTH = ['key', 'organization', 'type', 'name', 'externalId', 'connectionType', 'domains']

/**
 * A single sign-on connection of one organization, by SAML or OpenID Connect. The fields have the
 * names of the columns of WorkOS's import files: see handoff-files.ts.
 */
export const connectionDraft: DraftDefinition = {
  name: 'connection',
  plural: 'connections',
  remarks: connectionRemarks,
  remedies: connectionRemedies,
  rule: 'connection',
  refs: { organization: 'organization' },
  keyRefs: [null, 'organization'],
  lifecycle: { merged: withdrawMissingSecrets },
  scope: {
    desired: OF_CHOSEN_ORGANIZATION,
    refused: ({ refs: { organization } }, { choosesOrganization }) =>
      organization === undefined ? 'unknown' : belongs(choosesOrganization(organization)),
  },
  fields: {
    type: { ...FIRST, compared: false },
    name: FIRST,
    externalId: FIRST,
    connectionType: FIRST,
    domains: LIST,
    idpMetadataUrl: FIRST,
    idpEntityId: FIRST,
    idpUrl: FIRST,
    x509Cert: LIST,
    customEntityId: FIRST,
    customAcsUrl: FIRST,
    ...Object.fromEntries(ATTRIBUTES.map((field) => [field, UNTOLD])),
    idpInitiatedEnabled: { ...UNTOLD, merge: 'any' },
    requestSigningKey: SECRET,
    requestSigningCert: UNTOLD,
    assertionEncryptionKey: SECRET,
    assertionEncryptionCert: UNTOLD,
    nameIdEncryptionKey: SECRET,
    clientId: FIRST,
    clientSecret: SECRET,
    discoveryEndpoint: FIRST,
    customRedirectUri: FIRST,
    notes: LIST,
  },
  mapped: [
    ...OF_BOTH,
    'idpMetadataUrl',
    'idpMetadataXml',
    'idpEntityId',
    'idpUrl',
    'x509Cert',
    'customEntityId',
    'customAcsUrl',
    ...ATTRIBUTES,
    'idpInitiatedEnabled',
    'requestSigningKey',
    'requestSigningCert',
    'assertionEncryptionKey',
    'assertionEncryptionCert',
    'nameIdEncryptionKey',
    'clientId',
    'clientSecret',
    'discoveryEndpoint',
    'customRedirectUri',
    'notes',
  ],
  secretInputs: [...PRIVATE_KEYS, 'clientSecret'],
  normalise,
  fitMerged: (attributes) => ({ attributes: sorted(attributes), notes: [] }),
}

/** Reads the fields of one connection and collects their problems. */
interface Reader {
  fields: Record<string, unknown>
  problems: ValueProblem[]
  rules: ValueRules
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const reader: Reader = { fields, problems: [], rules }
  const { problems } = reader
  const organization = text(reader, 'organization')
  const mappedKey = text(reader, 'key')
  const name = text(reader, 'name')
  const given = take('externalId', normaliseExternalId(fields.externalId, rules.externalId), problems)
  const own = mappedKey ?? given ?? name
  // The source can enable one connection for several organizations. In WorkOS each organization has
  // its own.
  const key = own === undefined || organization === undefined ? null : `${own}@${organization}`
  const protocol = take('type', normaliseProtocol(fields.type), problems)
  if (organization === undefined)
    incomplete(reader, 'organization', 'no organization', 'map the key of the organization', nameOf(own, name))
  if (own === undefined) incomplete(reader, 'key', 'no key, external ID or name', 'map one of them')
  if (protocol === undefined && problems.every(({ field }) => field !== 'type')) {
    incomplete(reader, 'type', 'no type', 'map type: saml or oidc')
  }
  if (protocol === undefined || own === undefined || organization === undefined) return { ok: false, key, problems }

  const domains = take('domains', normaliseDomains(fields.domains, rules.organizations), problems)
  const settings = protocol === 'saml' ? samlFields(reader) : oidcFields(reader)
  const pairs = protocol === 'saml' ? readKeyPairs(fields, problems) : undefined
  const attributes = present({
    type: protocol,
    name,
    externalId: given ?? externalIdOfName(own, rules.externalId.maxLength),
    connectionType: take('connectionType', normaliseConnectionType(fields.connectionType, protocol), problems),
    domains: domains?.domains,
    ...settings,
    ...pairs?.certificates,
    notes: take('notes', texts(fields.notes), problems),
  })
  const secrets = present(pairs?.keys ?? { clientSecret: text(reader, 'clientSecret') })
  if (problems.length > 0 || key === null) return { ok: false, key, problems }
  const notes = (domains?.dropped ?? []).map((detail) => ({ code: 'consumer_domain_dropped', detail }))
  if (protocol === 'oidc' && secrets.clientSecret === undefined) {
    notes.push({ code: 'connection_without_secret', detail: '' })
  }
  return {
    ok: true,
    value: {
      key,
      attributes: sorted(attributes),
      secrets: Object.keys(secrets).length === 0 ? null : secrets,
      refs: { organization },
      notes,
    },
  }
}

function samlFields(reader: Reader): Record<string, Json | undefined> {
  const { fields, problems } = reader
  const metadata = take('idpMetadataXml', readSamlMetadata(fields.idpMetadataXml), problems)
  const certificates = take('x509Cert', normaliseCertificates(fields.x509Cert), problems)
  const read = {
    idpMetadataUrl: address(reader, 'idpMetadataUrl'),
    idpEntityId: text(reader, 'idpEntityId') ?? metadata?.entityId,
    idpUrl: address(reader, 'idpUrl') ?? metadata?.ssoUrl,
    x509Cert: certificates ?? take('idpMetadataXml', normaliseCertificates(metadata?.certificates), problems),
  }
  if (problems.length === 0 && read.idpMetadataUrl === undefined) {
    const { idpEntityId, idpUrl, x509Cert } = read
    const missing = Object.entries({ idpEntityId, idpUrl, x509Cert }).filter(([, value]) => value === undefined)
    if (missing.length > 0) {
      const names = missing.map(([field]) => field).join(', ')
      incomplete(
        reader,
        missing[0]?.[0] ?? 'idpMetadataUrl',
        `neither idpMetadataUrl nor ${names}`,
        'map the URL of the identity provider metadata (idpMetadataUrl), its XML (idpMetadataXml), or idpEntityId, idpUrl and x509Cert',
      )
    }
  }
  return {
    ...read,
    customEntityId: text(reader, 'customEntityId'),
    customAcsUrl: address(reader, 'customAcsUrl'),
    ...Object.fromEntries(ATTRIBUTES.map((field) => [field, text(reader, field)])),
    idpInitiatedEnabled: take('idpInitiatedEnabled', parseBoolean(fields.idpInitiatedEnabled), problems),
  }
}

function oidcFields(reader: Reader): Record<string, Json | undefined> {
  const { fields, problems } = reader
  const clientId = text(reader, 'clientId')
  const discoveryEndpoint = take('discoveryEndpoint', normaliseDiscovery(fields.discoveryEndpoint), problems)
  if (problems.length === 0 && (clientId === undefined || discoveryEndpoint === undefined)) {
    const field = clientId === undefined ? 'clientId' : 'discoveryEndpoint'
    incomplete(
      reader,
      field,
      `no ${field}`,
      'map clientId and discoveryEndpoint (the issuer or its discovery document)',
    )
  }
  return { clientId, discoveryEndpoint, customRedirectUri: address(reader, 'customRedirectUri') }
}

/** A message uses the connection's own key: the organization is part of the full key. */
function nameOf(own: string | undefined, name: string | undefined): string {
  if (own === undefined) return ''
  return ` ${name === undefined || name === own ? shown(own) : `${shown(name)} (${own})`}`
}

function incomplete({ problems }: Reader, field: string, lacks: string, hint: string, name = ''): void {
  problems.push({
    code: 'connection_incomplete',
    field,
    message: `the connection${name} has ${lacks}`,
    hint: `${hint}, or skip the record with map.connection.when`,
  })
}

function text({ fields, problems }: Reader, field: string): string | undefined {
  return take(field, optionalText(fields[field]), problems)
}

function address({ fields, problems }: Reader, field: string): string | undefined {
  return take(field, normaliseAddress(fields[field]), problems)
}

function present(values: Record<string, Json | undefined>): JsonObject {
  const kept: JsonObject = {}
  for (const [field, value] of Object.entries(values)) {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) kept[field] = value
  }
  return kept
}

/** Sorts lists, so that the result does not depend on the order of the records. */
function sorted(attributes: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(attributes).map(([field, value]) => [field, Array.isArray(value) ? value.toSorted() : value]),
  )
}

/** One text or a list of texts, each once. */
function texts(value: unknown): Check<string[]> {
  const kept = new Set<string>()
  for (const item of [value].flat()) {
    const text = optionalText(item)
    if (!text.ok) return text
    if (text.value !== undefined) kept.add(text.value)
  }
  return accept([...kept])
}

type Protocol = 'saml' | 'oidc'

/**
 * The types that POST /connections accepts, by protocol:
 * https://workos.com/docs/reference/sso/connection and @workos/migrations.
 */
const TYPES: Readonly<Record<Protocol, readonly string[]>> = {
  saml: `ADFSSAML Auth0SAML AzureSAML CasSAML ClassLinkSAML CloudflareSAML CyberArkSAML DuoSAML GenericSAML GoogleSAML
    JumpCloudSAML KeycloakSAML LastPassSAML MiniOrangeSAML NetIqSAML OktaSAML OneLoginSAML OracleSAML PingFederateSAML PingOneSAML
    RipplingSAML SalesforceSAML ShibbolethGenericSAML ShibbolethSAML SimpleSamlPhpSAML VMwareSAML`.split(/\s+/),
  oidc: ['AdpOidc', 'EntraIdOIDC', 'GenericOIDC', 'LoginGovOidc'],
}

/** `saml` or `oidc`, in any case. */
function normaliseProtocol(value: unknown): Check<Protocol | undefined> {
  const text = optionalText(value)
  if (!text.ok) return text
  const lower = text.value?.toLowerCase()
  if (lower === undefined || lower === 'saml' || lower === 'oidc') return accept(lower)
  return refuse(
    'invalid_connection_protocol',
    `${shown(text.value)} is neither saml nor oidc`,
    'map saml or oidc, the protocols that WorkOS supports, or skip the record with map.connection.when',
  )
}

/** WorkOS's type of a connection, in WorkOS's spelling. Undefined: WorkOS uses the generic type. */
function normaliseConnectionType(value: unknown, protocol: Protocol): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  const lower = text.value.toLowerCase()
  const type = TYPES[protocol].find((name) => name.toLowerCase() === lower)
  if (type !== undefined) return accept(type)
  return refuse(
    'invalid_connection_type',
    `${shown(text.value)} is not ${protocol === 'saml' ? 'a SAML' : 'an OpenID Connect'} connection type of WorkOS`,
    `omit it, or map one of ${TYPES[protocol].slice(0, 6).join(', ')} …: see docs/how-to/connections.md`,
  )
}

/** The path of the discovery document (OpenID Connect Discovery 1.0, section 4). */
const DISCOVERY = '/.well-known/openid-configuration'

/** An absolute URL, as written. Undefined: the source has none. */
function normaliseAddress(value: unknown): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  const url = URL.canParse(text.value) ? new URL(text.value) : undefined
  if (url !== undefined && ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '') {
    return accept(text.value)
  }
  // The part before an @ can be a password.
  const written = text.value.includes('@') ? 'the value' : shown(text.value)
  return refuse('invalid_url', `${written} is not a web address`, 'expected https://… without a user name or password')
}

/** The URL of the discovery document, from its own URL or from the issuer. */
function normaliseDiscovery(value: unknown): Check<string | undefined> {
  const address = normaliseAddress(value)
  if (!address.ok || address.value === undefined || address.value.includes('/.well-known/')) return address
  return accept(`${address.value.replace(/\/+$/, '')}${DISCOVERY}`)
}
