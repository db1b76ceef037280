import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import type { JsonObject } from '../../../src/json.ts'
import { checkStreams } from '../../../src/mapping/check.ts'
import { compileMapping, mapperSettings } from '../../../src/mapping/compile.ts'
import { mapChunk } from '../../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../../src/mapping/result.ts'
import { clerkOrganization, clerkUser, generateInstance } from '../../fakes/clerk/generate.ts'
import type { InstanceData } from '../../fakes/clerk/objects.ts'
import { folderWith } from '../reading.ts'
import { capture, fakeClerk, optionsOf, readLive } from './capturing.ts'

/** What the recipe makes of an instance, with a manifest that says no more than it must. */
async function mapped(data: Partial<InstanceData>, files: Record<string, string> = {}, more: JsonObject = {}) {
  const fake = await fakeClerk(data)
  const named = Object.fromEntries(Object.keys(files).map((name) => [name.replace('.csv', ''), name]))
  const options = optionsOf(fake, named)
  const folder = folderWith({})
  const file = join(folder, 'migrate.config.yaml')
  writeFileSync(file, stringify({ source: { type: 'clerk', ...options }, target: { type: 'sandbox' }, ...more }))
  const { manifest } = await loadManifest({ path: file, cwd: folder, env: {}, redactor: new Redactor() })
  const { snapshot } = await capture(options)
  const { records, streams } = await readLive(options, snapshot, files)
  expect(checkStreams(manifest.map, streams)).toEqual([])
  return mapChunk({ records }, compileMapping(mapperSettings(manifest, streams[0])))
}

function drafts(result: MapResult, kind: string): JsonObject[] {
  return result.drafts
    .filter((draft) => draft.kind === kind)
    .map(({ key, refs, attributes }) => ({ key, ...refs, ...JSON.parse(attributes) }))
}

test("organizations get Clerk's id as external id and their public metadata, also without members", async () => {
  const result = await mapped({ ...generateInstance({ users: 1, organizations: 2 }) })
  const [first, second] = [clerkOrganization(0), clerkOrganization(1)]
  expect(result.rejects).toEqual([])
  expect(drafts(result, 'organization')).toEqual([
    { key: first.id, externalId: first.id, name: first.name, metadata: { tier: 'gold' } },
    { key: second.id, externalId: second.id, name: second.name, metadata: {} },
    { key: first.id, externalId: first.id, name: first.name },
  ])
  expect(drafts(result, 'membership')).toMatchObject([
    { user: clerkUser(0).id, organization: first.id, roles: ['admin'] },
  ])
})

test('public metadata goes along beneath the names of the recipe, private and unsafe metadata do not', async () => {
  const public_metadata = { plan: 'pro', username: 'not this one', seats: 3 }
  const result = await mapped({ users: [{ ...clerkUser(10), public_metadata }] })
  expect(drafts(result, 'user')).toMatchObject([{ metadata: { plan: 'pro', username: 'name10', seats: '3' } }])
  const text = JSON.stringify(result.drafts)
  expect(text).not.toContain('crm')
  expect(text).not.toContain('org:admin')
})

test('public metadata may be switched off, or chosen from', async () => {
  const more = { map: { user: { metadata: { '*': null, tier: 'public_metadata.plan' } } } }
  const result = await mapped({ users: [clerkUser(1)] }, {}, more)
  expect(drafts(result, 'user')[0]?.metadata).toEqual({ tier: 'free' })
})

test('who is banned is left out with memberships and roles', async () => {
  const data = generateInstance({ users: 2, organizations: 1 })
  const users = data.users.map((user, n) => ({ ...user, banned: n === 0 }))
  const roles = `clerk_user_id,role_slug\n${users.map(({ id }) => `${id},editor`).join('\n')}\n`
  const result = await mapped({ ...data, users }, { 'roles.csv': roles })
  expect(result.rejects).toEqual([])
  expect(drafts(result, 'user').map(({ key }) => key)).toEqual([clerkUser(1).id])
  expect(drafts(result, 'membership')).toMatchObject([{ user: clerkUser(1).id, roles: ['editor', 'member'] }])
  expect(result.grants).toEqual([])
  expect(result.leftOut).toBe(1)
})

test('the external id is the one that Clerk holds, and else its own', async () => {
  const result = await mapped({ users: [clerkUser(0), clerkUser(1)] })
  expect(drafts(result, 'user').map(({ externalId }) => externalId)).toEqual(['legacy-0', clerkUser(1).id])
})

test('who has no e-mail address is rejected with the place in the API', async () => {
  const result = await mapped({ users: [{ ...clerkUser(1), primary_email_address_id: null, email_addresses: [] }] })
  expect(result.rejects).toMatchObject([{ code: 'email_missing', origin: { line: 1 } }])
})
