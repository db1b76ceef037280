import type { OpenApiDocument, Schema } from './openapi-document.ts'
import { addGroupRoles } from './openapi-group-roles.ts'

/** A point where WorkOS, or the sandbox, is known to differ from the published document. */
export interface KnownDifference {
  why: string
  /** Matches operation names such as `PUT /organizations/{id}`. */
  operations: RegExp
  requestProperties?: Record<string, Schema>
  responseProperties?: Record<string, Schema>
  /** Further answers, by status. */
  answers?: Record<number, Schema>
  patch?(document: OpenApiDocument): void
}

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

/** https://workos.com/docs/reference/sso/connection/create and workos/workos-migrations */
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
    why: 'Connections are created where WorkOS has enabled that: in the reference, not in the document.',
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
    why: 'As above: what they were created with is answered.',
    operations: /^GET \/connections\/\{id\}$/,
    responseProperties: CONNECTION_PROPERTIES,
    answers: { 404: NOT_FOUND },
  },
  {
    why: 'A connection that is not there is refused as everything else.',
    operations: /^DELETE \/connections\/\{id\}$/,
    answers: { 404: NOT_FOUND },
  },
  {
    why: 'Groups have roles in later documents.',
    operations: /^[A-Z]+ \/authorization\/groups\//,
    patch: addGroupRoles,
  },
  {
    why: 'As above: a role that a group gives is not deleted.',
    operations: /^DELETE \/authorization\/organizations\/\{organizationId\}\/roles\/\{slug\}$/,
    answers: { 409: coded('role_has_group_role_mappings') },
  },
  {
    why: 'Every endpoint refuses a missing or unknown key, and requests beyond the rate limits; the document lists neither.',
    operations: /./,
    answers: { 401: MESSAGE, 429: coded('rate_limit_exceeded') },
  },
  {
    why: 'A body that is no JSON object, or is too large, is refused before any rule of the endpoint; the document lists neither.',
    operations: /^(POST|PUT|PATCH) /,
    answers: { 400: coded('bad_request'), 413: coded('payload_too_large') },
  },
  {
    why: 'Users have a full name besides first and last name: in the SDK since version 9, not in the document.',
    operations: /^(POST|PUT) \/user_management\/users(\/\{id\})?$/,
    requestProperties: { name: NULLABLE_TEXT },
    responseProperties: { name: NULLABLE_TEXT },
  },
  {
    why: 'As above, where a user is read.',
    operations: /^GET \/user_management\/users\/(external_id\/\{external_id\}|\{id\})$/,
    responseProperties: { name: NULLABLE_TEXT },
  },
  {
    why: 'The salt position of ssha256 hashes is in later documents.',
    operations: /^(POST|PUT) \/user_management\/users(\/\{id\})?$/,
    requestProperties: { password_salt_position: { type: 'string' } },
  },
  {
    why: 'ssha256 is a hash type in later documents. (pbkdf2 is one in this document already and missing in the SDK 11 types.)',
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
    why: 'On update null removes a metadata key (documentation: "Metadata"); the document allows strings alone.',
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
    why: 'Memberships list all their roles where several are enabled: in the SDK, not in the document.',
    operations: /^(GET|POST|PUT) \/user_management\/organization_memberships(\/\{id\}(\/(de|re)activate)?)?$/,
    responseProperties: {
      roles: { type: 'array', items: { type: 'object', properties: { slug: { type: 'string' } }, required: ['slug'] } },
    },
  },
  {
    why: 'The document has no answer for an active membership that exists already; this one has been observed.',
    operations: /^POST \/user_management\/organization_memberships$/,
    answers: { 409: coded('organization_membership_already_exists') },
  },
  {
    why: 'The document lists no 404 for these, though each names an object in its path.',
    operations:
      /^(PUT \/user_management\/users\/\{id\}|DELETE \/organizations\/\{id\}|(GET|POST) \/user_management\/users\/\{userlandUserId\}\/auth_factors)$/,
    answers: { 404: NOT_FOUND },
  },
  {
    why: 'The document lists no 422 for bad paging parameters here.',
    operations:
      /^GET (\/authorization\/permissions|\/organizations\/\{organizationId\}\/groups(\/\{groupId\}\/organization-memberships)?|\/user_management\/organization_memberships\/\{omId\}\/groups)$/,
    answers: { 422: coded('invalid_request_parameters') },
  },
]

function eachSchema(value: unknown, visit: (schema: Schema) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Schema)
  for (const member of Object.values(value)) eachSchema(member, visit)
}
