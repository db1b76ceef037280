import { expect, test } from 'vitest'
import { createOpenApiChecker } from './openapi.ts'

const { checkRequest, checkResponse } = createOpenApiChecker()
const USERS = '/user_management/users'
const user = {
  object: 'user',
  id: 'user_1',
  email: 'a@example.com',
  email_verified: true,
  first_name: null,
  last_name: null,
  profile_picture_url: null,
  last_sign_in_at: null,
  external_id: null,
  metadata: {},
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
}

test('requests in the document pass', () => {
  expect(checkRequest('POST', USERS, { email: 'a@example.com', metadata: { k: 'v' } })).toEqual([])
  expect(checkRequest('GET', `${USERS}?limit=100`, undefined)).toEqual([])
  expect(checkRequest('PUT', `${USERS}/user_1`, { metadata: { k: null } })).toEqual([])
  const hash = { email: 'a@example.com', password_hash: 'x', password_hash_type: 'ssha256' }
  expect(checkRequest('POST', USERS, hash)).toEqual([])
})

test.each([
  ['POST', USERS, {}, 'email'],
  ['POST', USERS, { email: 1 }, 'string'],
  ['POST', USERS, { email: 'a@example.com', firstName: 'A' }, 'firstName'],
  ['POST', USERS, { email: 'a@example.com', metadata: { k: 1 } }, 'metadata/k'],
  ['POST', USERS, { email: 'a@example.com', metadata: { k: null } }, 'metadata/k'],
  ['POST', USERS, { email: 'a@example.com', password_hash: 'x' }, 'password_hash_type'],
  ['POST', USERS, { email: 'a@example.com', password_hash: 'x', password_hash_type: 'md5' }, 'allowed values'],
  ['POST', USERS, { email: 'a@example.com', password: 'x', password_hash: 'x', password_hash_type: 'bcrypt' }, 'oneOf'],
  ['POST', '/user_management/organization_memberships', { user_id: 'u' }, 'organization_id'],
  ['POST', '/organizations', { name: 'One', domain_data: [{ domain: 'one.example.com', state: 'new' }] }, 'state'],
  ['GET', USERS, {}, 'takes no body'],
  ['PATCH', USERS, {}, 'not documented'],
  ['GET', '/users', undefined, 'not documented'],
])('%s %s %j is rejected', (method, path, body, complaint) => {
  expect(checkRequest(method, path, body).join('\n')).toContain(complaint)
})

test('responses in the document pass', () => {
  expect(checkResponse('GET', `${USERS}/user_1`, 200, user)).toEqual([])
  expect(checkResponse('GET', `${USERS}/external_id/x`, 200, user)).toEqual([])
  expect(checkResponse('DELETE', `${USERS}/user_1`, 200, undefined)).toEqual([])
  expect(checkResponse('GET', USERS, 401, { message: 'Unauthorized' })).toEqual([])
})

test.each([
  ['GET', `${USERS}/user_1`, 200, { ...user, email: undefined }, 'email'],
  ['GET', `${USERS}/user_1`, 200, { ...user, surprise: 1 }, 'surprise'],
  ['GET', `${USERS}/user_1`, 200, { ...user, created_at: 'yesterday' }, 'date-time'],
  [
    'GET',
    USERS,
    200,
    { object: 'list', data: [{ ...user, id: 1 }], list_metadata: { before: null, after: null } },
    'data/0/id',
  ],
  ['GET', USERS, 200, { object: 'list', data: [] }, 'list_metadata'],
  ['POST', USERS, 400, { code: 'made_up', message: 'x' }, 'constant'],
  ['POST', USERS, 400, { code: 'user_creation_error', message: 'x' }, 'errors'],
  ['POST', USERS, 418, { message: 'x' }, 'not documented'],
  ['DELETE', `${USERS}/user_1`, 200, {}, 'no body'],
])('%s %s with the response %i %j is rejected', (method, path, status, body, complaint) => {
  expect(checkResponse(method, path, status, body).join('\n')).toContain(complaint)
})
