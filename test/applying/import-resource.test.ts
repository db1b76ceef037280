import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkImport, importResource } from '../../src/applying/import-resource.ts'
import { openState } from '../../src/state/open.ts'
import type { StateResource } from '../../src/state/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { held, type Step, scripted } from './scripted.ts'

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
  const state = openState(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  await state.commit({ intents: [], outcomes: known.map((resource) => ({ type: 'saved', resource })) })
  const rig = scripted(steps)
  const { api, adopting: adopt, roles } = rig.context
  return { rig, state, api, manifest: { adopt, roles }, options: { state, api, set: undefined, force: false } }
}

test('an import reads the object, and writes to the state alone', async () => {
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
  ['an id that stands for another one', [...HOLDERS, held('membership', 'eve@acme', 'om_1')], [], 'id_claimed'],
  ['an id that WorkOS does not have', HOLDERS, [[READ[0], undefined]], 'not_in_workos'],
  ['what belongs to somebody else', HOLDERS, [[READ[0], { ...MEMBERSHIP, user_id: 'user_9' }]], 'other_references'],
])('%s is refused', async (_what, known, steps, code) => {
  const { options, state } = await setUp(known, steps)
  const refused = checkImport(options, { kind: 'membership', key: 'ada@acme' }, 'om_1')
  await expect(refused).rejects.toMatchObject({ problems: [{ code }] })
  expect(await state.intents()).toEqual([])
})
