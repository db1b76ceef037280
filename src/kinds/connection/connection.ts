import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { Attributes, DesiredResource, LiveResource } from '../../resource.ts'
import type { KindDefinition } from '../kind.ts'
import { createBody, pages, requiredText, type Spelling, textOf } from '../wire.ts'
import { connectionDraft } from './connection-draft.ts'
import { countConnections } from './statements.ts'

/**
 * Connections as WorkOS stores them: the requests that create them and the responses. Unless the
 * manifest sets connections.mode to api, handoff.ts writes them into files instead.
 */

const PATH = '/connections'

const SPELLING: Spelling = { name: 'name', externalId: 'external_id', connectionType: 'connection_type' }
const SAML: Spelling = { customAcsUrl: 'acs_url', customEntityId: 'sp_entity_id' }
const ATTRIBUTE_MAP: Spelling = {
  idpIdAttribute: 'idp_id',
  emailAttribute: 'email',
  firstNameAttribute: 'first_name',
  lastNameAttribute: 'last_name',
  nameAttribute: 'name',
}
const OIDC: Spelling = {
  clientId: 'client_id',
  discoveryEndpoint: 'discovery_endpoint',
  customRedirectUri: 'redirect_uri',
}

/** WorkOS's code for an object that does not exist. */
const NO_ENTITY = 'entity_not_found'

/**
 * A single sign-on connection. WorkOS has to enable its creation by the API, and offers no update:
 * https://workos.com/docs/reference/sso/connection/create and
 * https://github.com/workos/workos-migrations/blob/main/docs/migration-package.md
 */
export const connection: KindDefinition = {
  ...connectionDraft,
  rateClass: 'other',
  whyNotCreatable: ({ attributes, secrets }) =>
    attributes.type === 'oidc' && secrets?.clientSecret === undefined
      ? {
          code: 'connection_without_secret',
          field: 'clientSecret',
          message: 'the connection has no client secret, and WorkOS requires one for OpenID Connect',
          hint: 'map clientSecret, or skip the connection with map.connection.when',
        }
      : undefined,
  naturalKey: ({ attributes }, { organization }) =>
    organization === undefined ? null : `${textOf(attributes, 'externalId')}@${organization}`,
  list: (api) => pages(api, PATH, {}, parse),
  find: async (api, desired, refIds) => {
    const natural = connection.naturalKey(desired, refIds)
    const organization = refIds.organization
    if (natural === null || organization === undefined) return undefined
    for await (const page of pages(api, PATH, { organization_id: organization }, parse)) {
      const found = page.find((one) => one.naturalKey === natural)
      if (found) return found
    }
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(`${PATH}/${encodeURIComponent(id)}`)
    return body === undefined ? undefined : parse(body)
  },
  create: (desired, { organization }) => {
    if (organization === undefined) {
      throw new TypeError(`connection ${desired.key} cannot be created before its organization`)
    }
    return { method: 'POST', path: PATH, body: { organization_id: organization, ...bodyOf(desired) } }
  },
  sent: sentAttributes,
  update: () => [],
  remove: (id) => ({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }),
  parse,
  exists: (codes) => codes.includes('connection_already_exists_for_organization'),
  answersExisting: true,
  refused: ({ status, codes }) =>
    status === 404 && !codes.includes(NO_ENTITY)
      ? {
          code: 'connections_api_not_enabled',
          message: 'WorkOS does not allow this environment to create connections by the API (HTTP 404)',
        }
      : undefined,
  label: ({ attributes, key }) => textOf(attributes, 'name') ?? key,
  stateScope: { is: 'hanging', on: 'organization', of: ['organization'] },
  review: { summary: (rundb, planned) => (planned ? {} : { handoff: countConnections(rundb) }) },
}

function bodyOf({ attributes, secrets }: DesiredResource): JsonObject {
  const body = createBody(attributes, SPELLING)
  if (attributes.type === 'oidc') {
    return { ...body, oidc_options: { ...createBody(attributes, OIDC), ...secretOf(secrets, 'clientSecret') } }
  }
  const signing = keyPair(secrets?.requestSigningKey, attributes.requestSigningCert)
  const encryption = keyPair(secrets?.assertionEncryptionKey, attributes.assertionEncryptionCert)
  const names = createBody(attributes, ATTRIBUTE_MAP)
  return {
    ...body,
    saml_options: {
      ...providerOf(attributes),
      ...createBody(attributes, SAML),
      ...(signing && { sp_signing_key_pair: signing }),
      ...(encryption && { sp_encryption_key_pairs: [encryption] }),
    },
    ...(Object.keys(names).length > 0 && { attribute_maps: { standard_attributes: names } }),
  }
}

/** The attributes that a request contains: see `providerOf`. */
function sentAttributes(attributes: Attributes): Attributes {
  if (attributes.idpMetadataUrl === undefined) return attributes
  const { idpEntityId: _entity, idpUrl: _url, x509Cert: _certificate, ...sent } = attributes
  return sent
}

/** If there is metadata, WorkOS reads the other values from it. */
function providerOf(attributes: Attributes): JsonObject {
  if (attributes.idpMetadataUrl !== undefined) return createBody(attributes, { idpMetadataUrl: 'idp_metadata_url' })
  return createBody(attributes, {
    idpEntityId: 'idp_entity_id',
    idpUrl: 'idp_sso_url',
    x509Cert: 'idp_signing_certs',
  })
}

function secretOf(secrets: JsonObject | null, field: string): JsonObject {
  const value = secrets?.[field]
  return value === undefined ? {} : { client_secret: value }
}

/** WorkOS replaces half a key pair by a pair that it generates. */
function keyPair(key: Json | undefined, cert: Json | undefined): JsonObject | undefined {
  return key === undefined || cert === undefined ? undefined : { key, cert }
}

function parse(body: JsonObject): LiveResource {
  const externalId = textOf(body, 'external_id')
  const organization = textOf(body, 'organization_id')
  const saml = isObject(body.saml_options) ? body.saml_options : {}
  const oidc = isObject(body.oidc_options) ? body.oidc_options : {}
  return {
    id: requiredText(body, 'id'),
    externalId: null,
    naturalKey: externalId === null || organization === null ? null : `${externalId}@${organization}`,
    attributes: {
      ...spelt(body, { name: 'name', externalId: 'external_id', connectionType: 'connection_type' }),
      ...spelt(saml, {
        idpMetadataUrl: 'idp_metadata_url',
        idpEntityId: 'idp_entity_id',
        idpUrl: 'idp_sso_url',
        ...SAML,
      }),
      ...spelt(oidc, OIDC),
    },
  }
}

/** The values of a response under the names of our fields. */
function spelt(body: Record<string, unknown>, spelling: Spelling): Attributes {
  const attributes: Attributes = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = body[name]
    if (typeof value === 'string') attributes[field] = value
  }
  return attributes
}
