import { expect, test } from 'vitest'
import { adopt } from '../../src/applying/adopt.ts'
import { user } from '../../src/kinds/user/user.ts'
import { desiredOf, held, knowing, refusal, scripted } from './scripted.ts'

const PATH = '/user_management/users/user_1'
const ATTRIBUTES = { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' }
const ADA = desiredOf('user', 'ada', {
  attributes: ATTRIBUTES,
  secrets: { passwordHash: { hash: 'h', type: 'bcrypt' } },
})
const LIVE = { id: 'user_1', email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' }

test('adopting without changes sends nothing', async () => {
  const rig = scripted([])
  const action = { kind: 'user', key: 'ada', id: 'user_1', send: {} }
  expect(await adopt(rig.context, user, action, ADA)).toMatchObject({
    type: 'adopted',
    resource: { ownership: 'adopted', id: 'user_1', attributes: ATTRIBUTES },
  })
  expect(rig.log).toEqual(['saved user:ada'])
})

test('adopting fills in fields; a rejected resource is not adopted', async () => {
  const action = { kind: 'user', key: 'ada', id: 'user_1', send: { lastName: 'Lovelace' } }
  const filled = scripted([[`PUT ${PATH}`, LIVE]])
  expect(await adopt(filled.context, user, action, ADA)).toMatchObject({ type: 'adopted' })
  const refused = scripted([[`PUT ${PATH}`, refusal(422, 'invalid')]])
  expect(await adopt(refused.context, user, action, ADA)).toMatchObject({ type: 'failed', code: 'invalid' })
  expect(refused.resources.size).toBe(0)
})

test('a resource that moves to a new key keeps its ownership and is in the state once', async () => {
  const rig = knowing([held('user', 'former', 'user_1', { digests: { passwordHash: 'sent' } })], [])
  const action = { kind: 'user', key: 'ada', id: 'user_1', send: {}, former: 'former', applied: ATTRIBUTES }
  expect(await adopt(rig.context, user, action, ADA)).toMatchObject({ type: 'adopted' })
  expect([...rig.resources.values()]).toMatchObject([
    { key: 'ada', ownership: 'created', digests: { passwordHash: 'sent' }, attributes: ATTRIBUTES },
  ])
  expect(new Set(rig.log)).toEqual(new Set(['removed user:former', 'saved user:ada']))
})
