import { expect, test } from 'vitest'
import { update } from '../../src/applying/update.ts'
import { role } from '../../src/kinds/role/role.ts'
import { user } from '../../src/kinds/user/user.ts'
import type { UpdateAction } from '../../src/planning/action.ts'
import { digestSecrets } from '../../src/state/digest.ts'
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

test('an update sends the changed field alone', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  expect(await updateAda(rig)).toMatchObject({ type: 'updated', resource: { attributes: ATTRIBUTES, run: 7 } })
  expect(rig.writes.map(({ request }) => request.body)).toEqual([{ last_name: 'Lovelace' }])
  expect(rig.log).toEqual(['intend update user:ada', `PUT ${PATH}`, 'saved user:ada'])
})

test('where nothing is to be sent, the state alone learns of it', async () => {
  const rig = knowing([BEFORE], [])
  expect(await updateAda(rig, { send: {} })).toMatchObject({ type: 'updated' })
  expect(rig.log).toEqual(['saved user:ada'])
})

test('the digest of a secret is kept where the secret was sent, and only there', async () => {
  const digests = digestSecrets(new Uint8Array(32), ADA.secrets)
  const sent = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  await updateAda(sent, { send: { passwordHash: null } })
  expect(sent.resources.get('user:ada')?.digests).toEqual({ old: 'x', ...digests })
  const not = knowing([BEFORE], [[`PUT ${PATH}`, LIVE]])
  await updateAda(not)
  expect(not.resources.get('user:ada')?.digests).toEqual({ old: 'x' })
})

test('a lost answer is looked up: what took effect is not sent again', async () => {
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

test('a lost answer to what did not take effect is sent again', async () => {
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

test('what WorkOS answers otherwise is named, and kept beside what was sent', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, { ...LIVE, last_name: 'King' }]])
  expect(await updateAda(rig)).toMatchObject({
    type: 'updated',
    answered: { message: 'lastName: sent Lovelace; returned King' },
    resource: { attributes: ATTRIBUTES, answered: { lastName: 'King' } },
  })
})

test('an answer that is no user has the user read back; that this is refused does not undo the write', async () => {
  const rig = knowing(
    [BEFORE],
    [
      [`PUT ${PATH}`, {}],
      [`GET ${PATH}`, refusal(400)],
    ],
  )
  expect(await updateAda(rig)).toMatchObject({ type: 'updated' })
})

test('an answer of another user leaves the intent open', async () => {
  const rig = knowing([BEFORE], [[`PUT ${PATH}`, { ...LIVE, id: 'user_2' }]])
  expect(await updateAda(rig)).toMatchObject({
    type: 'failed',
    code: 'answer_of_another',
    message: 'WorkOS answered the update of user_1 with another object, user_2',
  })
  expect(rig.intents.size).toBe(1)
})

test('a user who is gone is marked as such; a target without the endpoint is named', async () => {
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
    message: `the target answers PUT ${PATH} with HTTP 404, although user_1 exists: it does not offer this endpoint`,
  })
})

test('a separate field counts as the last answer tells it', async () => {
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
