import { expect, onTestFinished, test } from 'vitest'
import { createProject } from '../e2e/cli.ts'
import { FAST, KEY, startWorkos } from '../e2e/workos.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'

test('a tenant is explained from its snapshot, with the places of joined rows, without new requests', async () => {
  const fake = await startFakeAuth0(generateTenant({ users: 12, organizations: 3, withoutOrganization: 2 }), {})
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  project.manifest({
    version: 1,
    source: { ...fake.source, clientSecret: '${SECRET}' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: workos.target,
    run: { ...FAST, chunkSize: 5, workers: 1 },
  })
  const exported = await project.run(['export'], { env: { KEY, SECRET: fake.source.clientSecret } })
  expect(exported.exit, exported.stderr).toBe(0)
  await fake.close()

  const ask = async (what: string) => {
    const { exit, stdout, stderr } = await project.run(['explain', what, '--json'], { env: { KEY } })
    expect(exit, stderr).toBe(0)
    return JSON.parse(stdout).explanations
  }
  const [user] = await ask('PERSON-1@example.com')
  expect(user).toMatchObject({ kind: 'user', action: { type: 'create' } })
  const [membership] = user.dependents[0].shown
  expect(membership.address).toBe(`membership:${user.key}@org_0000000000000003`)
  expect(membership.roles).toMatchObject([{ role: 'admin', from: 'map.membership.roles', given: true }])
  expect(membership.roles[0].origin).toMatch(/members\.ndjson\.gz:\d+$/)

  const [byRow] = await ask(membership.roles[0].origin.replace(/.*\//, ''))
  expect(byRow.address).toBe(membership.address)
  expect(byRow.records[0].rules[0].items).toMatchObject([{ origin: membership.roles[0].origin }])

  const [blocked] = await ask('person-0@example.com')
  expect(blocked).toMatchObject({ kind: 'record', action: { type: 'left out' } })
  expect(blocked.action.why).toMatch(/^map\.user\.when \(recipes\/auth0\.yaml:\d+\)/)
})
