import type { JsonObject } from '../../json.ts'
import type { Attributes, Changes } from '../../resource.ts'
import type { WriteRequest } from '../../workos/api.ts'
import type { FieldDefinition } from '../draft.ts'
import { createBody, pick, type Spelling, updateBody } from '../wire.ts'

const SPELLING: Spelling = { name: 'name', description: 'description' }

/** The fields of a role, of the environment's and of an organization's. */
export const roleFields: Record<string, FieldDefinition> = {
  name: { compare: 'value', merge: 'first' },
  description: { compare: 'value', merge: 'first' },
  permissions: { compare: 'set', merge: 'union', separate: true },
}

/** What creates a role, without its permissions. */
export function roleCreation(path: string, slug: string, attributes: Attributes): WriteRequest {
  return { method: 'POST', path, body: { slug, name: slug, ...createBody(attributes, SPELLING) } }
}

/** What changes a role: its texts, and its permissions as a whole. */
export function roleUpdates(path: string, { permissions, ...labels }: Changes): WriteRequest[] {
  const requests: WriteRequest[] = []
  if (Object.keys(labels).length > 0) requests.push({ method: 'PATCH', path, body: updateBody(labels, SPELLING) })
  if (permissions !== undefined) requests.push({ method: 'PUT', path: `${path}/permissions`, body: { permissions } })
  return requests
}

/** The fields of a role as an answer tells them. */
export function roleAttributes(body: JsonObject): Attributes {
  return {
    ...pick(body, 'name', 'name'),
    ...pick(body, 'description', 'description'),
    ...pick(body, 'permissions', 'permissions'),
  }
}
