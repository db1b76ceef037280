import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { checkStreams } from '../../src/mapping/check.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const PEOPLE = recordsOf([
  { id: 'u1', groups: [{ id: 'a' }, { id: 'b' }] },
  { id: 'u2', groups: [] },
])
const GROUPS = recordsOf([{ id: 'b' }, { id: 'c' }], 'groups')
const TEAMS = recordsOf([{ id: 'd' }], 'teams')

async function mapped(map: Manifest['map']): Promise<{ kind: string; key: string; attributes: JsonObject }[]> {
  const settings = mapperSettings(manifestWith(map), 'users')
  const { drafts, rejects } = await mapChunk({ records: [...PEOPLE, ...GROUPS, ...TEAMS] }, compileMapping(settings))
  expect(rejects).toEqual([])
  return drafts.map(({ kind, key, attributes }) => ({ kind, key, attributes: JSON.parse(attributes) }))
}

const keys = async (organization: Manifest['map']['organization']) =>
  (await mapped({ organization: { externalId: 'id', ...organization } })).map(({ key }) => key)

test('a rule can read several streams, with separate items for each', async () => {
  expect(await keys({ from: ['users', 'groups'], each: { users: 'groups' } })).toEqual(['a', 'b', 'b', 'c'])
  expect(await keys({ from: ['groups', 'teams'] })).toEqual(['b', 'c', 'd'])
  expect(await keys({ from: 'teams' })).toEqual(['d'])
  expect(await keys({ each: 'groups' })).toEqual(['a', 'b'])
})

test('one expression for the items counts for all streams', async () => {
  expect(await keys({ from: ['users', 'groups'], each: 'groups' })).toEqual(['a', 'b'])
})

test('streams that the source does not have are reported, each at its place', () => {
  const map: Manifest['map'] = { organization: { from: ['users', 'gruops'], each: { user: 'groups' } } }
  expect(checkStreams(map, ['users', 'groups'])).toMatchObject([
    { code: 'unknown_stream', path: 'map.organization.from.1', hint: 'did you mean groups? streams: users, groups' },
    { code: 'unknown_stream', path: 'map.organization.each.user', message: 'the source has no stream "user"' },
  ])
})

test('the member * takes all members of an object, and named ones override it', async () => {
  const records = recordsOf([
    { email: 'ada@example.com', given: { plan: 'pro', seat: '1A' }, plan: 'free' },
    { email: 'bea@example.com', plan: 'free' },
  ])
  const map = { user: { key: 'email', email: 'email', metadata: { '*': 'given', plan: 'plan' } } }
  const { drafts } = await mapChunk({ records }, compileMapping(mapperSettings(manifestWith(map))))
  expect(drafts.map(({ attributes }) => JSON.parse(attributes).metadata)).toEqual([
    { plan: 'free', seat: '1A' },
    { plan: 'free' },
  ])
})

test('rules of a recipe can read missing streams; a rule for users without any stream is a warning', () => {
  const map: Manifest['map'] = {
    user: { email: 'email' },
    organization: { from: 'organizations', externalId: 'id' },
    role: { from: 'roleDefinitions', key: 'slug' },
    roleAssignment: { from: ['users', 'userRoles'], each: { users: 'roles', userRoles: 'rows' }, role: 'slug' },
    membership: { from: 'members', organization: 'id' },
  }
  const recipe = (path: readonly string[]) => (path[1] === 'membership' ? undefined : 'example')
  expect(checkStreams(map, ['users'], recipe)).toMatchObject([
    {
      code: 'recipe_without_stream',
      severity: 'warning',
      path: 'map.organization',
      message: 'the source has no stream "organizations", so that map.organization of the recipe example has no effect',
    },
    { code: 'unknown_stream', path: 'map.membership.from' },
  ])
})
