import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkImport, importResource } from '../../src/applying/import-resource.ts'
import type { DesiredResource } from '../../src/resource.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { StateResource } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { desiredOf, held, type Step, scripted } from './scripted.ts'

const MEMBERSHIP = {
  id: 'om_1',
  user_id: 'user_1',
  organization_id: 'org_1',
  status: 'active',
  role: { slug: 'admin' },
}
const READ: Step = ['GET /user_management/organization_memberships/om_1', MEMBERSHIP]
const HOLDERS = [held('user', 'ada', 'user_1'), held('organization', 'acme', 'org_1')]

async function setUp(known: readonly StateResource[], steps: readonly Step[]) {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  await state.commit({ intents: [], outcomes: known.map((resource) => ({ type: 'saved', resource })) })
  const rig = scripted(steps)
  const { api, adopting: adopt, roles } = rig.context
  return { rig, state, api, manifest: { adopt, roles }, options: { state, api, set: undefined, force: false } }
}

test('an import reads the object, and writes only to the state', async () => {
  const { rig, state, api, manifest, options } = await setUp(HOLDERS, [READ])
  const imported = await checkImport(options, { kind: 'membership', key: 'ada@acme' }, 'om_1')
  await importResource({ state, api, manifest, run: 4 }, imported)
  expect(await state.get('membership', 'ada@acme')).toEqual({
    kind: 'membership',
    key: 'ada@acme',
    id: 'om_1',
    attributes: { roles: ['admin'] },
    digests: {},
    refs: { user: 'ada', organization: 'acme' },
    ownership: 'adopted',
    run: 4,
  })
  expect(rig.writes).toEqual([])
  expect(await state.intents()).toEqual([])
})

test.each<[string, StateResource[], Step[], string]>([
  ['an address that the state has', [...HOLDERS, held('membership', 'ada@acme', 'om_2')], [], 'address_taken'],
  ['an ID of another resource', [...HOLDERS, held('membership', 'eve@acme', 'om_1')], [], 'id_claimed'],
  ['an id that WorkOS does not have', HOLDERS, [[READ[0], undefined]], 'not_in_workos'],
  ['a resource of someone else', HOLDERS, [[READ[0], { ...MEMBERSHIP, user_id: 'user_9' }]], 'other_references'],
])('%s is rejected', async (_what, known, steps, code) => {
  const { options, state } = await setUp(known, steps)
  const refused = checkImport(options, { kind: 'membership', key: 'ada@acme' }, 'om_1')
  await expect(refused).rejects.toMatchObject({ problems: [{ code }] })
  expect(await state.intents()).toEqual([])
})

const ADA = desiredOf('user', 'ada', { attributes: { email: 'ada@example.com', externalId: 'ada' } })
const LIVE_ADA = { id: 'user_1', email: 'ada@example.com', external_id: 'ada' }
const MEMBER = desiredOf('membership', 'ada@acme', { refs: { user: 'ada', organization: 'acme' } })

function sourceWith(desired: DesiredResource | undefined) {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  return { get: () => desired, rundb }
}

test.each<[string, StateResource[], DesiredResource | undefined, string, Step, string]>([
  [
    'what the source does not have',
    [],
    undefined,
    'user:ada user_1',
    [`GET /user_management/users/user_1`, LIVE_ADA],
    'not_desired',
  ],
  [
    'another address',
    [],
    ADA,
    'user:ada user_1',
    ['GET /user_management/users/user_1', { ...LIVE_ADA, email: 'eve@example.com' }],
    'other_identity',
  ],
  [
    'another external id',
    [],
    ADA,
    'user:ada user_1',
    ['GET /user_management/users/user_1', { ...LIVE_ADA, external_id: 'eve' }],
    'other_identity',
  ],
  ['what refers to something unknown', HOLDERS.slice(1), MEMBER, 'membership:ada@acme om_1', READ, 'reference_unknown'],
  [
    "somebody else's membership",
    HOLDERS,
    MEMBER,
    'membership:ada@acme om_1',
    [READ[0], { ...MEMBERSHIP, user_id: 'user_9' }],
    'other_identity',
  ],
])('with the source, %s is rejected', async (_what, known, desired, wanted, step, code) => {
  const { options } = await setUp(known, [step])
  const [kind = '', key = '', id = ''] = wanted.split(/[: ]/)
  const refused = checkImport({ ...options, set: sourceWith(desired) }, { kind, key }, id)
  await expect(refused).rejects.toMatchObject({ problems: [{ code }] })
})

test("force imports a user with another address, but never another user's membership", async () => {
  const other: Step = ['GET /user_management/users/user_1', { ...LIVE_ADA, email: 'eve@example.com' }]
  const ada = await setUp([], [other])
  const forced = { ...ada.options, set: sourceWith(ADA), force: true }
  expect(await checkImport(forced, { kind: 'user', key: 'ada' }, 'user_1')).toMatchObject({ adopted: ADA })
  const membership = await setUp(HOLDERS, [[READ[0], { ...MEMBERSHIP, user_id: 'user_9' }]])
  const refused = checkImport(
    { ...membership.options, set: sourceWith(MEMBER), force: true },
    { kind: 'membership', key: 'ada@acme' },
    'om_1',
  )
  await expect(refused).rejects.toMatchObject({ problems: [{ code: 'other_identity' }] })
})
