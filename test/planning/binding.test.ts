import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { GuardError } from '../../src/diagnostics/errors.ts'
import { bindingFor, checkBinding } from '../../src/planning/binding.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState } from '../../src/state/store.ts'
import type { TargetIdentity } from '../../src/workos/target.ts'
import { type Live, live } from '../kinds/live.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const target: TargetIdentity = { type: 'workos', baseUrl: 'https://api.workos.com', apiKey: 'sk_test_one' }
const rotated = { ...target, apiKey: 'sk_test_two' }

function newState(): OpenState {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  return state
}

/** A state bound to the target, with these organizations. */
async function bound(ids: string[] = []): Promise<OpenState> {
  const state = newState()
  await state.bind(bindingFor(state, target))
  await state.commit({
    intents: [],
    outcomes: ids.map((id) => ({
      type: 'saved',
      resource: {
        kind: 'organization',
        key: id,
        id,
        attributes: {},
        digests: {},
        refs: {},
        ownership: 'created',
        run: 1,
      },
    })),
  })
  return state
}

async function newOrganization(api: Live): Promise<string> {
  const { id } = await api.write({ method: 'POST', path: '/organizations', body: { name: 'Acme' } })
  return String(id)
}

async function refusal(state: OpenState, identity: TargetIdentity, api: Live): Promise<GuardError> {
  const error = await checkBinding(state, identity, api).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(GuardError)
  expect(JSON.stringify((error as GuardError).problems)).not.toContain(identity.apiKey)
  return error as GuardError
}

test('a new state accepts any target without a request', async () => {
  const api = await live()
  await checkBinding(newState(), target, api)
  expect(api.sent).toEqual([])
})

test('the key itself is not stored, and two states store different digests of it', () => {
  const [one, other] = [newState(), newState()]
  const binding = bindingFor(one, target)
  expect(JSON.stringify(binding)).not.toContain(target.apiKey)
  expect(binding.keyDigest).not.toBe(bindingFor(other, target).keyDigest)
})

test('the same target with the same key passes without a request', async () => {
  const api = await live()
  await checkBinding(await bound(['org_none']), target, api)
  expect(api.sent).toEqual([])
})

test.each([
  { ...target, baseUrl: 'https://api.workos.example' },
  { ...target, type: 'sandbox' as const },
])('another target is rejected: $type $baseUrl', async (other) => {
  const state = await bound()
  const [problem] = (await refusal(state, other, await live())).problems
  expect(problem).toMatchObject({ code: 'target_mismatch', hint: expect.stringContaining('state.path') })
  for (const part of [target.baseUrl, other.baseUrl, state.location]) expect(problem?.message).toContain(part)
})

test('a new key that finds resources of the state is of the same environment', async () => {
  const api = await live()
  const state = await bound(['org_gone', await newOrganization(api)])
  await expect(checkBinding(state, rotated, api)).resolves.toBeUndefined()
})

test('a new key that finds no resource of the state is of another environment', async () => {
  const api = await live()
  await newOrganization(api)
  const state = await bound(['org_a', 'org_b'])
  const [problem] = (await refusal(state, rotated, api)).problems
  expect(problem?.code).toBe('environment_mismatch')
})

test('a new key is accepted if the state has no resources to look for', async () => {
  const api = await live()
  await expect(checkBinding(await bound(), rotated, api)).resolves.toBeUndefined()
  expect(api.sent).toEqual([])
})

test('a few requests are enough, however many resources the state has', async () => {
  const api = await live()
  const state = await bound(Array.from({ length: 300 }, (_, n) => `org_${n}`))
  await refusal(state, rotated, api)
  expect(api.sent.length).toBeLessThanOrEqual(10)
})
