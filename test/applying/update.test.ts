import { expect, test } from 'vitest'
import { update } from '../../src/applying/update.ts'
import { digestSecrets } from '../../src/digest.ts'
import { role } from '../../src/kinds/role/role.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { UpdateAction } from '../../src/planning/action.ts'
import { desiredOf, held, knowing, lost, refusal, type Scripted } from './scripted.ts'

const PATH = '/user_management/users/user_1'
const ATTRIBUTES = { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' }
const ADA = desiredOf('user', 'ada', {
  attributes: ATTRIBUTES,
  secrets: { passwordHash: { hash: 'h', type: 'bcrypt' } },
})
const BEFORE = held('user', 'ada', 'user_1', {
  attributes: { ...ATTRIBUTES, lastName: 'Byron' },
  digests: { old: 'x' },
})
const LIVE = { id: 'user_1', email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' }

function updateAda(rig: Scripted, more: Partial<UpdateAction> = {}) {
  const send = { lastName: 'Lovelace' }
  const action: UpdateAction = {
    type: 'update',
    kind: 'user',
    key: 'ada',
    label: '',
    id: 'user_1',
    changes: [],
    send,
    applied: ATTRIBUTES,
    ...more,
  }
  return update(rig.context, user, action, ADA)
}

test('an update sends only the changed field', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  expect(await updateAda(rig)).toMatchObject({ type: 'updated', resource: { attributes: ATTRIBUTES, run: 7 } })
  expect(rig.writes.map(({ request }) => request.body)).toEqual([{ last_name: 'Lovelace' }])
  expect(rig.log).toEqual(['intend update user:ada', `PUT ${PATH}`, 'saved user:ada'])
})

test('without changes to send, only the state is updated', async () => {
  const rig = knowing([BEFORE], [])
  expect(await updateAda(rig, { send: {} })).toMatchObject({ type: 'updated' })
  expect(rig.log).toEqual(['saved user:ada'])
})

test('the digest of a secret is stored only if the secret was sent', async () => {
  const digests = digestSecrets(new Uint8Array(32), ADA.secrets)
  const sent = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  await updateAda(sent, { send: { passwordHash: null } })
  expect(sent.resources.get('user:ada')?.digests).toEqual({ old: 'x', ...digests })
  const not = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  await updateAda(not)
  expect(not.resources.get('user:ada')?.digests).toEqual({ old: 'x' })
})

test('after a lost response, an update that succeeded is not sent again', async () => {
  const rig = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, lost()],
      [`GET ${PATH}`, LIVE],
    ],
  )
  expect(await updateAda(rig)).toMatchObject({ type: 'updated' })
  expect(rig.writes).toHaveLength(1)
})

test('after a lost response, an update that did not succeed is sent again', async () => {
  const rig = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, lost()],
      [`GET ${PATH}`, { ...LIVE, last_name: 'Byron' }],
      [`PUT ${PATH}`, LIVE],
    ],
  )
  expect(await updateAda(rig)).toMatchObject({ type: 'updated' })
})

test('values that WorkOS returns differently are listed, and stored next to what was sent', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, { ...LIVE, last_name: 'King' }]])
  expect(await updateAda(rig)).toMatchObject({
    type: 'updated',
    answered: { message: 'lastName: sent Lovelace; returned King' },
    resource: { attributes: ATTRIBUTES, answered: { lastName: 'King' } },
  })
})

test('a response that is not a user leads to a read; a rejected read does not undo the write', async () => {
  const rig = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, {}],
      [`GET ${PATH}`, refusal(400)],
    ],
  )
  expect(await updateAda(rig)).toMatchObject({ type: 'updated' })
})

test('a response with another user keeps the intent open', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, { ...LIVE, id: 'user_2' }]])
  expect(await updateAda(rig)).toMatchObject({
    type: 'failed',
    code: 'answer_of_another',
    message: 'WorkOS responded to the update of user_1 with a different object, user_2',
  })
  expect(rig.intents.size).toBe(1)
})

test('a missing user is marked as gone; a target without the endpoint is reported', async () => {
  const gone = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, refusal(404)],
      [`GET ${PATH}`, undefined],
    ],
  )
  expect(await updateAda(gone)).toMatchObject({ type: 'failed', code: 'gone_in_workos' })
  expect(gone.resources.get('user:ada')?.gone).toBe(7)
  expect(gone.intents.size).toBe(0)
  const lacking = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, refusal(404)],
      [`GET ${PATH}`, LIVE],
    ],
  )
  expect(await updateAda(lacking)).toMatchObject({
    code: 'endpoint_missing',
    message: `the target returned HTTP 404 for PUT ${PATH}, although user_1 exists: it does not have this endpoint`,
  })
})

test('the last response counts for a separate field', async () => {
  const path = '/authorization/roles/admin'
  const body = { slug: 'admin', name: 'Admin' }
  const rig = knowing(
    [held('role', 'admin', 'admin', { attributes: {} })],
    [
      [`PATCH ${path}`, { ...body, permissions: [] }],
      [`PUT ${path}/permissions`, { ...body, permissions: ['a:b'] }],
    ],
  )
  const attributes = { name: 'Admin', permissions: ['a:b'] }
  const outcome = await update(
    rig.context,
    role,
    {
      type: 'update',
      kind: 'role',
      key: 'admin',
      label: '',
      id: 'admin',
      changes: [],
      send: attributes,
      applied: attributes,
    },
    desiredOf('role', 'admin', { attributes }),
  )
  expect(outcome).toMatchObject({ type: 'updated' })
  expect(outcome).not.toHaveProperty('answered')
})
