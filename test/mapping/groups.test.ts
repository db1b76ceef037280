import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const PEOPLE: Manifest['map'] = {
  user: { key: 'id', email: "id & '@example.com'" },
  organization: { each: 'orgs', key: '$', externalId: '$', name: '$' },
}
const NAMES: Manifest['map'] = {
  ...PEOPLE,
  group: { each: 'groups', name: '$' },
  groupMember: { each: 'groups', group: '$' },
}

/** The groups and group members of one record. */
async function mapped(map: Manifest['map'], record: JsonObject) {
  const result = await mapChunk({ records: recordsOf([record]) }, compileMapping(mapperSettings(manifestWith(map))))
  const isOfGroups = ({ kind }: { kind: string }) => kind.startsWith('group')
  return {
    drafts: result.drafts
      .filter(isOfGroups)
      .map(({ kind, key, refs, attributes }) => ({ kind, key, refs, attributes })),
    rejects: result.rejects.filter(isOfGroups).map(({ kind, key, code, field }) => ({ kind, key, code, field })),
  }
}

test('a list of names becomes groups of the record’s organization, with its user in each', async () => {
  expect(await mapped(NAMES, { id: 'ada', orgs: ['acme'], groups: [' Engineering ', 'Finance'] })).toEqual({
    drafts: ['Engineering', 'Finance']
      .map((name): object => ({
        kind: 'group',
        key: `${name}@acme`,
        refs: { organization: 'acme' },
        attributes: JSON.stringify({ name }),
      }))
      .concat(
        ['Engineering', 'Finance'].map((name) => ({
          kind: 'group-membership',
          key: `ada@${name}@acme`,
          refs: { group: `${name}@acme`, organization: 'acme', user: 'ada', membership: 'ada@acme' },
          attributes: '{}',
        })),
      ),
    rejects: [],
  })
})

test('a record that is a group adds its members to it, in its organization', async () => {
  const map: Manifest['map'] = {
    group: { key: 'id', organization: 'org', name: 'title', description: 'about' },
    groupMember: { each: 'members', user: '$' },
  }
  const { drafts } = await mapped(map, { id: 7, org: 'acme', title: 'Engineering', about: 'Builds', members: ['ada'] })
  expect(drafts).toMatchObject([
    { key: '7@acme', attributes: '{"description":"Builds","name":"Engineering"}' },
    { key: 'ada@7@acme', refs: { group: '7@acme', organization: 'acme', user: 'ada', membership: 'ada@acme' } },
  ])
})

test('members of a rejected group are rejected with it', async () => {
  const map: Manifest['map'] = {
    group: { key: 'id', organization: 'org', name: 'title' },
    groupMember: { each: 'members', user: '$' },
  }
  expect((await mapped(map, { id: 7, org: 'acme', title: '', members: ['ada', 'bea'] })).rejects).toEqual([
    { kind: 'group', key: '7@acme', code: 'group_incomplete', field: 'name' },
    { kind: 'group-membership', key: null, code: 'group_rejected', field: 'group' },
    { kind: 'group-membership', key: null, code: 'group_rejected', field: 'group' },
  ])
})

test.each<[string, JsonObject, object]>([
  [
    'without an organization',
    { id: 'ada', orgs: [], groups: ['A'] },
    { code: 'no_organization', field: 'organization' },
  ],
  ['with several', { id: 'ada', orgs: ['a', 'b'], groups: ['A'] }, { code: 'several_organizations' }],
  [
    'that is too long',
    { id: 'ada', orgs: ['a'], groups: ['n'.repeat(257)] },
    { code: 'group_text_too_long', field: 'name' },
  ],
  ['that is not text', { id: 'ada', orgs: ['a'], groups: [{ name: 'A' }] }, { code: 'not_text', field: 'name' }],
])('a group %s is rejected', async (_what, record, problem) => {
  const { drafts, rejects } = await mapped({ ...NAMES, groupMember: undefined }, record)
  expect(drafts).toEqual([])
  expect(rejects).toMatchObject([{ kind: 'group', ...problem }])
})

test('a description of 150 characters is accepted, one of 151 rejected', async () => {
  const map: Manifest['map'] = { group: { organization: "'acme'", name: 'name', description: 'about' } }
  expect((await mapped(map, { name: 'A', about: 'd'.repeat(150) })).drafts).toHaveLength(1)
  expect((await mapped(map, { name: 'A', about: 'd'.repeat(151) })).rejects).toMatchObject([
    { key: 'A@acme', code: 'group_text_too_long', field: 'description' },
  ])
})

test('a rule for members without fields takes the group and the user from the record', async () => {
  const map: Manifest['map'] = { ...PEOPLE, group: { name: 'team' }, groupMember: {} }
  const { drafts } = await mapped(map, { id: 'ada', orgs: ['acme'], team: 'A' })
  expect(drafts.map(({ key }) => key)).toEqual(['A@acme', 'ada@A@acme'])
})
