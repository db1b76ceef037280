import { expect, test } from 'vitest'
import { member, peopleManifest, peopleProject } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('bea', 'acme')]

test.each([
  ['plan'],
  ['apply', '--yes'],
])('%s with a rejected key ends with 4, and the key is not shown', async (...args) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const refused = await project.run(args, { env: { KEY: 'wrong-key-but-a-secret' } })
  expect(refused.exit, refused.stdout).toBe(4)
  expect(refused.stderr).toContain('rejected the API key')
  expect(refused.stderr).toContain('target.apiKey')
  expect(refused.stdout + refused.stderr).not.toContain('wrong-key-but-a-secret')
})

test('the key of another environment is rejected before anything is read or written', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  workos.takeLog()
  for (const args of [['plan'], ['apply', '--yes'], ['plan', '--refresh']]) {
    const other = await project.run(args, { env: { KEY: 'sk_test_production' } })
    expect(other.exit, other.stdout).toBe(5)
    expect(other.stderr).toContain('belong to different environments')
  }
  expect(writes(workos.takeLog())).toEqual([])
  expect((await workos.snapshot('sk_test_production')).users).toEqual([])
})

test('a rotated key of the same environment works, and is the new one from then on', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  project.csv('users.csv', [...ROWS, member('cleo', 'acme')])
  const rotated = { KEY: `${KEY}.rotated` }
  expect(await project.run(['apply', '--yes'], { env: rotated })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toHaveLength(3)
  workos.takeLog()
  expect(await project.run(['apply', '--yes'], { env: rotated })).toMatchObject({ exit: 0 })
  expect(workos.takeLog()).toEqual([])
})

test('another address of the target is rejected', async () => {
  const workos = await startWorkos()
  const elsewhere = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  project.manifest(peopleManifest(elsewhere))
  const refused = await project.run(['apply', '--yes'], { env })
  expect(refused.exit, refused.stdout).toBe(5)
  expect(refused.stderr).toContain(workos.url)
  expect(refused.stderr).toContain(elsewhere.url)
  expect(elsewhere.takeLog()).toEqual([])
})

test('open writes of a killed run are not looked up in another environment', async () => {
  const workos = await startWorkos({
    interceptor: {
      async after({ request }) {
        if (request.method !== 'POST' || killed) return false
        killed = true
        child.process.kill('SIGKILL')
        await child.result
        return false
      },
    },
  })
  let killed = false
  const project = peopleProject(workos, ROWS, { roles: {} })
  const child = project.spawn(['apply', '--yes'], env)
  await child.result
  const open = async () => JSON.parse((await project.run(['state', 'show', '--json'])).stdout)
  expect(await open()).toMatchObject({ openWrites: 1, resources: { organizations: 0 } })

  // The same organization is there too, just created: it must not be mistaken for ours.
  const other = 'sk_test_production'
  await workos.call('POST', '/organizations', { name: 'ACME', external_id: 'acme' }, other)
  const refused = await project.run(['apply', '--yes'], { env: { KEY: other } })
  expect(refused.exit, refused.stdout + refused.stderr).toBe(5)
  expect(await open()).toMatchObject({ openWrites: 1, resources: { organizations: 0 } })

  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).organizations).toHaveLength(1)
  expect((await workos.snapshot(other)).users).toEqual([])
})
