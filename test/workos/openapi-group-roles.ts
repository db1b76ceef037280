import type { OpenApiDocument, Schema } from './openapi-document.ts'

const TEXT: Schema = { type: 'string' }
const TIME: Schema = { type: 'string', format: 'date-time' }

const ASSIGNMENT: Schema = {
  type: 'object',
  properties: {
    object: { const: 'group_role_assignment' },
    id: TEXT,
    group_id: TEXT,
    role: { type: 'object', properties: { slug: TEXT }, required: ['slug'] },
    resource: {
      type: 'object',
      properties: { id: TEXT, external_id: TEXT, resource_type_slug: TEXT },
      required: ['id', 'external_id', 'resource_type_slug'],
    },
    created_at: TIME,
    updated_at: TIME,
  },
  required: ['object', 'id', 'group_id', 'role', 'resource', 'created_at', 'updated_at'],
}

const CURSOR: Schema = { type: ['string', 'null'] }
const LIST: Schema = {
  type: 'object',
  properties: {
    object: { const: 'list' },
    data: { type: 'array', items: ASSIGNMENT },
    list_metadata: {
      type: 'object',
      properties: { before: CURSOR, after: CURSOR },
      required: ['before', 'after'],
    },
  },
  required: ['object', 'data', 'list_metadata'],
}

const ENTRY: Schema = {
  type: 'object',
  properties: { role_slug: TEXT, resource_id: TEXT, resource_external_id: TEXT, resource_type_slug: TEXT },
  required: ['role_slug'],
}

const MESSAGE: Schema = { type: 'object', properties: { message: TEXT }, required: ['message'] }
const DUPLICATE: Schema = {
  ...MESSAGE,
  properties: { message: TEXT, code: { const: 'duplicate_group_role_assignment' } },
  required: ['message', 'code'],
}

function json(schema: Schema) {
  return { content: { 'application/json': { schema } } }
}

function taking(schema: Schema) {
  return { requestBody: { required: true, ...json(schema) } }
}

const REFUSED = { 403: json(MESSAGE), 404: json(MESSAGE) }
const INVALID = { ...REFUSED, 422: json(MESSAGE) }

/** https://workos.com/docs/reference/authorization/group-role-assignments */
export function addGroupRoles({ paths }: OpenApiDocument): void {
  const base = '/authorization/groups/{group_id}/role_assignments'
  paths[base] = {
    get: { responses: { 200: json(LIST), ...INVALID } },
    post: { ...taking(ENTRY), responses: { 201: json(ASSIGNMENT), 409: json(DUPLICATE), ...INVALID } },
    put: {
      ...taking({
        type: 'object',
        properties: { role_assignments: { type: 'array', maxItems: 100, items: ENTRY } },
        required: ['role_assignments'],
      }),
      responses: { 200: json(LIST), ...INVALID },
    },
    delete: { ...taking(ENTRY), responses: { 204: {}, ...INVALID } },
  }
  paths[`${base}/{role_assignment_id}`] = {
    get: { responses: { 200: json(ASSIGNMENT), ...REFUSED } },
    delete: { responses: { 204: {}, ...REFUSED } },
  }
}
