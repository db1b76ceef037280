import { expect, test } from 'vitest'
import { peopleProject, person } from '../e2e/people.ts'
import { startWorkos } from '../e2e/workos.ts'
import { applied, bcrypt, explainedOne } from './explained.ts'

const hashed = (name: string) => ({ password_hash: bcrypt(name), password_hash_type: 'bcrypt' })

test('without a password: the source has none, or one that WorkOS does not accept', async () => {
  const rows = [person('ada'), person('bea', { password_hash: 'x'.repeat(32), password_hash_type: 'md5' })]
  const project = peopleProject(await startWorkos(), rows)
  expect((await explainedOne(project, 'user:id-ada')).password).toMatchObject({ fate: 'none' })
  const bea = await explainedOne(project, 'user:id-bea')
  expect(bea.password).toMatchObject({ fate: 'reset', type: 'md5' })
  expect(bea.password?.why).toContain('WorkOS does not accept md5')
})

test('with a password: it is in the request, masked, with its type', async () => {
  const project = peopleProject(await startWorkos(), [person('ada', hashed('ada'))])
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.password).toMatchObject({ fate: 'sent', type: 'bcrypt' })
  expect(ada.requests).toEqual([
    {
      method: 'POST',
      path: '/user_management/users',
      body: expect.objectContaining({ password_hash: '(secret, bcrypt)', password_hash_type: 'bcrypt' }),
    },
  ])
  await applied(project)
  expect((await explainedOne(project, 'user:id-ada')).password).toMatchObject({ fate: 'kept' })
})

test('why merged: two rows, and the password of the row without a verified address is withheld', async () => {
  const rows = [
    person('ada', { email_verified: 'true' }),
    person('imposter', { email: 'ada@example.com', ...hashed('imposter') }),
  ]
  const project = peopleProject(await startWorkos(), rows)
  const ada = await explainedOne(project, 'user:id-imposter')
  expect(ada.address).toBe('user:id-ada')
  expect(ada.mergedKeys).toEqual(['id-imposter'])
  expect(ada.merging).toMatchObject({
    by: [{ expression: 'email', at: expect.any(String) }],
    same: ['ada@example.com'],
    records: [
      { key: 'id-ada', origin: './users.csv:2', stands: true },
      { key: 'id-imposter', origin: './users.csv:3', stands: false },
    ],
  })
  expect(ada.merging?.conflicts).toContainEqual(
    expect.objectContaining({ field: 'passwordHash', rule: 'proof', secret: true, origin: './users.csv:3' }),
  )
  expect(ada.password).toMatchObject({ fate: 'not taken' })
  expect(ada.password?.why).toContain('./users.csv:3')
})

test('an adopted user keeps the password that is in WorkOS', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada', hashed('ada'))])
  await workos.call('POST', '/user_management/users', { email: 'ada@example.com', email_verified: true })
  const ada = await explainedOne(project, 'ada@example.com')
  expect(ada.action).toMatchObject({ type: 'adopt' })
  expect(ada.action.why).toContain('found by its natural identity')
  expect(ada.password).toMatchObject({ fate: 'there', type: 'bcrypt' })
  for (const { body } of ada.requests) expect(body).not.toHaveProperty('password_hash')
})

test('a password that changed in the source after it was applied is reported as kept', async () => {
  const project = peopleProject(await startWorkos(), [person('ada', hashed('before'))])
  await applied(project)
  project.csv('users.csv', [person('ada', hashed('after'))])
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.action.type).toBe('unchanged')
  expect(ada.password?.why).toContain('changed in the source')
})

test('a changed password is withheld from an adopted account without a verified address', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [person('ada', hashed('before'))], {
    adopt: { unverified: 'allow' },
    passwords: { onChange: 'send' },
  })
  await workos.call('POST', '/user_management/users', { email: 'ada@example.com' })
  await applied(project)
  project.csv('users.csv', [person('ada', { ...hashed('after'), first_name: 'Augusta' })])
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.password).toMatchObject({ fate: 'there', type: 'bcrypt' })
  expect(ada.password?.why).toContain('is not verified')
  for (const { body } of ada.requests) expect(body).not.toHaveProperty('password_hash')
})
