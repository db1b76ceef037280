import { isObject } from '../../src/json.ts'
import type { OpenApiDocument, Schema } from './openapi-document.ts'
import { addGroupRoles } from './openapi-group-roles.ts'

/**
 * A known difference of WorkOS, or the sandbox, from the document in the npm registry: a row of
 * docs/how-to/sandbox.md.
 */
export interface KnownDifference {
  /** Unique. */
  name: string
  /** The difference, in one sentence. */
  why: string
  /** Where it is documented or was observed. */
  source: string
  /** Matches operation names such as `PUT /organizations/{id}`. */
  operations: RegExp
  requestProperties?: Record<string, Schema>
  responseProperties?: Record<string, Schema>
  /** Further responses, by status. */
  answers?: Record<number, Schema>
  patch?(document: OpenApiDocument): void
}

/** The document on GitHub, which is newer than the package in the npm registry. */
const LATER = 'https://github.com/workos/openapi-spec, 0.61.0'
const CONNECTIONS = 'https://workos.com/docs/reference/sso/connection/create'
/** Not documented. */
const SEEN = 'observed in responses of WorkOS; not documented'
const OURS = 'not documented: the sandbox follows the rest of the document'

const MESSAGE: Schema = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] }

function coded(...codes: string[]): Schema {
  return {
    ...MESSAGE,
    properties: { message: { type: 'string' }, code: { enum: codes } },
    required: ['message', 'code'],
  }
}

const NOT_FOUND = coded('entity_not_found')
const NULLABLE_TEXT: Schema = { type: ['string', 'null'] }

/** CONNECTIONS, and workos/workos-migrations on GitHub */
const NEW_CONNECTION: Schema = {
  type: 'object',
  properties: {
    organization_id: { type: 'string' },
    name: { type: 'string' },
    external_id: { type: 'string' },
    connection_type: { type: 'string' },
    saml_options: { type: 'object' },
    oidc_options: { type: 'object' },
    attribute_maps: { type: 'object' },
  },
  required: ['organization_id'],
}
const CONNECTION: Schema = { type: 'object', required: ['id', 'organization_id', 'connection_type', 'name', 'state'] }
const CONNECTION_PROPERTIES = {
  external_id: NULLABLE_TEXT,
  saml_options: { type: 'object' },
  oidc_options: { type: 'object' },
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'connections-by-api',
    why: 'The API creates connections if WorkOS has enabled it.',
    source: CONNECTIONS,
    operations: /^POST \/connections$/,
    answers: { 201: CONNECTION, 404: MESSAGE, 422: coded('invalid_request_parameters') },
    patch(document) {
      const connections = document.paths['/connections']
      if (connections === undefined || connections.post !== undefined) return
      connections.post = {
        requestBody: { required: true, content: { 'application/json': { schema: NEW_CONNECTION } } },
        responses: {},
      }
    },
  },
  {
    name: 'connections-answered',
    why: 'Creating a connection returns its settings.',
    source: CONNECTIONS,
    operations: /^GET \/connections\/\{id\}$/,
    responseProperties: CONNECTION_PROPERTIES,
    answers: { 404: NOT_FOUND },
  },
  {
    name: 'connections-gone',
    why: 'A missing connection returns the same error as other objects.',
    source: OURS,
    operations: /^DELETE \/connections\/\{id\}$/,
    answers: { 404: NOT_FOUND },
  },
  {
    name: 'group-roles',
    why: 'Groups assign roles to their members.',
    source: LATER,
    operations: /^[A-Z]+ \/authorization\/groups\//,
    patch: addGroupRoles,
  },
  {
    name: 'group-role-in-use',
    why: 'A role that a group assigns cannot be deleted.',
    source: LATER,
    operations: /^DELETE \/authorization\/organizations\/\{organizationId\}\/roles\/\{slug\}$/,
    answers: { 409: coded('role_has_group_role_mappings') },
  },
  {
    name: 'key-and-rate-limits',
    why: 'Every endpoint rejects a missing or unknown key, and requests above the rate limits; the document lists neither.',
    source: 'https://workos.com/docs/reference/rate-limits and /docs/reference/errors',
    operations: /./,
    answers: { 401: MESSAGE, 429: coded('rate_limit_exceeded') },
  },
  {
    name: 'bad-body',
    why: 'A body that is not a JSON object or is too large is rejected first; the document lists neither.',
    source: OURS,
    operations: /^(POST|PUT|PATCH) /,
    answers: { 400: coded('bad_request'), 413: coded('payload_too_large') },
  },
  {
    name: 'user-name',
    why: 'Users have a full name as well as a first and last name.',
    source: LATER,
    operations: /^(POST|PUT) \/user_management\/users(\/\{id\})?$/,
    requestProperties: { name: NULLABLE_TEXT },
    responseProperties: { name: NULLABLE_TEXT },
  },
  {
    name: 'user-name-read',
    why: 'Reading users returns their full name.',
    source: LATER,
    operations: /^GET \/user_management\/users\/(external_id\/\{external_id\}|\{id\})$/,
    responseProperties: { name: NULLABLE_TEXT },
  },
  {
    name: 'salt-position',
    why: 'The position of the salt is set together with a hash.',
    source: LATER,
    operations: /^(POST|PUT) \/user_management\/users(\/\{id\})?$/,
    requestProperties: { password_salt_position: { enum: ['prefix', 'suffix'] } },
    answers: { 400: coded('password_salt_position_requires_password_hash') },
  },
  {
    name: 'ssha256',
    why: 'ssha256 is a hash type.',
    source: LATER,
    operations: /^(POST|PUT) \/user_management\/users(\/\{id\})?$/,
    patch(document) {
      for (const name of ['CreateUserlandUserDto', 'UpdateUserlandUserDto']) {
        eachSchema(document.components.schemas[name], (schema) => {
          if (Array.isArray(schema.enum) && schema.enum.includes('ssha')) schema.enum.push('ssha256')
        })
      }
    },
  },
  {
    name: 'metadata-null',
    why: 'On update, null removes a metadata key (documentation: "Metadata"); the document allows only strings.',
    source: 'https://workos.com/docs/authkit/metadata',
    operations: /^PUT \/(user_management\/users|organizations)\/\{id\}$/,
    patch(document) {
      for (const name of ['UpdateUserlandUserDto', 'UpdateOrganizationDto']) {
        eachSchema(document.components.schemas[name], (schema) => {
          if (schema.maxProperties === 50) schema.additionalProperties = { type: ['string', 'null'], maxLength: 600 }
        })
      }
    },
  },
  {
    name: 'membership-roles',
    why: 'Memberships list all their roles, even if there is only one.',
    source: LATER,
    operations: /^(GET|POST|PUT) \/user_management\/organization_memberships(\/\{id\}(\/(de|re)activate)?)?$/,
    responseProperties: {
      roles: { type: 'array', items: { type: 'object', properties: { slug: { type: 'string' } }, required: ['slug'] } },
    },
    patch(document) {
      for (const [path, operations] of Object.entries(document.paths)) {
        if (!path.startsWith('/user_management/organization_memberships')) continue
        eachSchema(operations, ({ required }) => {
          const isMembership = Array.isArray(required) && required.includes('directory_managed')
          if (isMembership && !required.includes('roles')) required.push('roles')
        })
      }
    },
  },
  {
    name: 'membership-exists',
    why: 'The document has no response for an active membership that already exists; this one was observed.',
    source: SEEN,
    operations: /^POST \/user_management\/organization_memberships$/,
    answers: { 409: coded('organization_membership_already_exists') },
  },
  {
    name: 'not-found',
    why: 'The document lists no 404 for these endpoints, although each has an object in its path.',
    source: OURS,
    operations:
      /^(PUT \/user_management\/users\/\{id\}|DELETE \/organizations\/\{id\}|(GET|POST) \/user_management\/users\/\{userlandUserId\}\/auth_factors)$/,
    answers: { 404: NOT_FOUND },
  },
  {
    name: 'user-kept',
    why: 'WorkOS can refuse to delete a user.',
    source: LATER,
    operations: /^DELETE \/user_management\/users\/\{id\}$/,
    answers: { 409: coded('user_deletion_not_allowed') },
  },
  {
    name: 'group-full',
    why: 'A group can be full.',
    source: LATER,
    operations: /^POST \/organizations\/\{organizationId\}\/groups\/\{groupId\}\/organization-memberships$/,
    answers: { 400: coded('group_membership_limit_exceeded') },
  },
  {
    name: 'external-id-ascii',
    why: 'External IDs are ASCII.',
    source: LATER,
    operations: /^(POST|PUT) \/(user_management\/users|organizations)(\/\{id\})?$/,
    patch(document) {
      for (const name of DTOS) {
        eachSchema(document.components.schemas[name], ({ properties }) => {
          const externalId = isObject(properties) ? properties.external_id : undefined
          if (isObject(externalId)) externalId.pattern = '^[\\x00-\\x7F]+$'
        })
      }
    },
  },
  {
    name: 'bad-paging',
    why: 'The document lists no 422 for bad paging parameters here.',
    source: OURS,
    operations:
      /^GET (\/authorization\/permissions|\/organizations\/\{organizationId\}\/groups(\/\{groupId\}\/organization-memberships)?|\/user_management\/organization_memberships\/\{omId\}\/groups)$/,
    answers: { 422: coded('invalid_request_parameters') },
  },
]

/** Bodies that create and update users and organizations. */
const DTOS = ['CreateUserlandUserDto', 'UpdateUserlandUserDto', 'OrganizationDto', 'UpdateOrganizationDto']

function eachSchema(value: unknown, visit: (schema: Schema) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Schema)
  for (const member of Object.values(value)) eachSchema(member, visit)
}
