import { expect, test } from 'vitest'
import { member, peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { applied, explained, explainedOne } from './explained.ts'

const WHEN = { map: { user: { when: "status != 'deleted'" }, membership: { when: "status != 'deleted'" } } }

const rows = [
  member('ada', 'acme', { status: 'active' }),
  member('bea', 'acme', { status: 'deleted' }),
  person('cleo', { status: 'active' }),
]

test('by key, address, email address in another case, and WorkOS ID', async () => {
  const project = peopleProject(await startWorkos(), rows, WHEN)
  await applied(project)
  const byKey = await explainedOne(project, 'id-ada')
  const id = byKey.state?.id ?? ''
  expect(id).toMatch(/^user_/)
  for (const what of ['user:id-ada', 'ADA@Example.COM', id]) {
    expect((await explainedOne(project, what)).address, what).toBe('user:id-ada')
  }
})

test('a key that several kinds have is explained for all of them, users first', async () => {
  const project = peopleProject(await startWorkos(), [
    member('ada', 'same', {}),
    person('other', { external_id: 'same' }),
  ])
  const { explanations } = await explained(project, 'same')
  expect(explanations.map(({ address }) => address)).toEqual(['user:same', 'organization:same'])
})

test('by file and line, with a path or a base name: all resources of the row', async () => {
  const project = peopleProject(await startWorkos(), rows, WHEN)
  for (const place of ['users.csv:2', './users.csv:2', `${project.folder}/users.csv:2`]) {
    const { explanations } = await explained(project, place)
    expect(
      explanations.map(({ address }) => address),
      place,
    ).toEqual(['user:id-ada', 'organization:acme', 'membership:id-ada@acme'])
  }
})

test('why left out: by row, key and address, with the condition and its values', async () => {
  const project = peopleProject(await startWorkos(), [...rows, person('dora', { status: 'deleted' })], WHEN)
  for (const what of ['users.csv:5', 'user:id-dora', 'id-dora', 'DORA@example.com']) {
    const dora = await explainedOne(project, what)
    expect(dora, what).toMatchObject({ kind: 'record', address: './users.csv:5', action: { type: 'left out' } })
    expect(dora.action.why).toMatch(/^map\.user\.when \(migrate\.config\.yaml:\d+\) is not true for it$/)
    const [record] = dora.records
    expect(record?.columns).toMatchObject({ status: 'deleted' })
    expect(record?.rules.find(({ rule }) => rule === 'map.user')?.items[0]).toMatchObject({
      chosen: false,
      when: { expression: "status != 'deleted'", value: false },
    })
  }
})

test('users who left the source, and users to be deleted, are found in the state', async () => {
  const project = peopleProject(await startWorkos(), [person('ada'), person('bea')])
  await applied(project)
  project.csv('users.csv', [person('ada')])
  const bea = await explainedOne(project, 'bea@example.com')
  expect(bea).toMatchObject({ address: 'user:id-bea', action: { type: 'orphaned' }, records: [] })
  expect(bea.state?.attributes).toMatchObject({ firstName: 'bea' })
})

test('no match is a usage error with similar names and the forms of input', async () => {
  const project = peopleProject(await startWorkos(), rows)
  const asked = async (what: string) => {
    const { exit, stderr, stdout } = await project.run(['explain', what], { env: { KEY } })
    expect([exit, stdout]).toEqual([3, ''])
    return stderr
  }
  expect(await asked('adda@example.com')).toMatch(/did you mean ada@example\.com/)
  const stderr = await asked('user:id-cleoo')
  expect(stderr).toMatch(/has user:id-cleoo .*did you mean user:id-cleo[,?]/s)
  expect(stderr).toContain('users.csv:12')
  expect(await asked('users.csv:99')).not.toContain('did you mean')
  expect(await asked('zzzzzzzzzzzzzzzzzzzzzzz')).not.toContain('did you mean')
})

test('neither WorkOS nor the state is written, and no state is created', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, rows)
  await explained(project, 'user:id-ada', '--live')
  expect(workos.log.filter(({ method }) => method !== 'GET')).toEqual([])
  expect(project.list('.workos-migrate').filter((name) => name.endsWith('.sqlite'))).toEqual([])
})

test('why a user is left out although its row has an organization: by key, address, membership and row', async () => {
  const workos = await startWorkos()
  const rows = [member('ada', 'acme', { state: 'here' }), member('bea', 'acme', { state: 'gone' })]
  const project = peopleProject(workos, rows, { map: { user: { when: "state != 'gone'" } } })
  const why = 'map.user.when (migrate.config.yaml:'
  for (const what of ['id-bea', 'user:id-bea', 'bea@example.com']) {
    const bea = await explainedOne(project, what)
    expect(bea, what).toMatchObject({ kind: 'record', address: './users.csv:3', action: { type: 'left out' } })
    expect(bea.action.why, what).toMatch(/^the user: map\.user\.when \(migrate\.config\.yaml:\d+\) is not true for it$/)
  }
  const membership = await explainedOne(project, 'membership:id-bea@acme')
  expect(membership.action).toMatchObject({ type: 'left out', why: expect.stringContaining(why) })
  expect(membership.action.why).toContain('leaves out what it belongs to')
  const { explanations } = await explained(project, 'users.csv:3')
  expect(explanations.map(({ address, action }) => [address, action.type])).toEqual([
    ['organization:acme', 'create'],
    ['./users.csv:3', 'left out'],
  ])
})

test.each([
  [[], 'orphaned', 'map.user.when leaves it out: it stays in WorkOS unless prune lists its kind'],
  [['user', 'membership'], 'delete', 'map.user.when leaves it out, and prune lists its kind'],
])('a user that was applied and is now left out, with prune %j', async (prune, type, why) => {
  const workos = await startWorkos()
  const project = peopleProject(
    workos,
    ['ada', 'bea'].map((name) => member(name, 'acme', { state: 'here' })),
    {
      map: { user: { when: "state != 'gone'" } },
      prune,
      safety: { maxDeletes: '100%' },
    },
  )
  await applied(project)
  project.csv('users.csv', [member('ada', 'acme', { state: 'here' }), member('bea', 'acme', { state: 'gone' })])
  const { explanations } = await explained(project, 'user:id-bea')
  expect(explanations[0]).toMatchObject({ address: 'user:id-bea', action: { type, why } })
  expect(explanations[1]).toMatchObject({ address: './users.csv:3', action: { type: 'left out' } })
})
