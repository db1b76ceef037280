import { expect, test } from 'vitest'
import type { RoleConfig } from '../../src/config/manifest.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { namesOf } from '../../src/mapping/derived-names.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const made = (...pairs: [name: string, slug: string][]) => pairs.map(([name, slug]) => ({ name, slug }))

test.each([
  ['the name of a slug', 'admin', made(['Admin', 'admin'], ['Billing', 'billing']), ['Admin']],
  ['every name of a slug', 'admin', made(['Admin', 'admin'], ['Admin!', 'admin']), ['Admin', 'Admin!']],
  ['a name once', 'admin', made(['Admin', 'admin'], ['Admin', 'admin']), ['Admin']],
  ['the name of a part', 'org-admin', made(['Admin', 'admin']), ['Admin']],
  ['the names of all parts, as one', 'eu-admin', made(['EU', 'eu'], ['Admin', 'admin']), ['EU, Admin']],
  ['no name of a part of a part', 'org-admin-eu', made(['Admin EU', 'admin-eu'], ['Admin', 'admin']), ['Admin EU']],
  ['nothing for what was made of no name', 'owner', made(['Admin', 'admin']), []],
])('a slug has %s', (_, slug, own, names) => {
  expect(namesOf(slug, { own, inEach: [] })).toEqual(names)
})

test('of the slugs in each, which belong to all items, only this one counts', () => {
  const inEach = made(['Admin', 'admin'], ['Admin!', 'admin'], ['EU', 'eu'])
  expect(namesOf('admin', { own: [], inEach })).toEqual(['Admin', 'Admin!'])
  expect(namesOf('admin-eu', { own: [], inEach })).toEqual([])
})

async function rolesOf(names: string[], roles: Partial<RoleConfig>) {
  const map = { membership: { user: 'id', organization: "'acme'", roles: 'roles.$slug($)' } }
  const config = { define: {}, map: {}, unmapped: 'keep', onConflict: 'keep', ...roles } as RoleConfig
  const mapping = compileMapping(mapperSettings(manifestWith(map, { roles: config }), 'users'))
  const result = await mapChunk({ records: recordsOf([{ id: 'u1', roles: names }]) }, mapping)
  const noted = [...result.names.values()].map(
    ({ name, derived, slug, mapped }) => `${name} ${derived} ${slug}${mapped ? ' mapped' : ''}`,
  )
  return { roles: result.drafts.flatMap(({ attributes }) => JSON.parse(attributes).roles), noted }
}

test('the name of a role counts instead of its slug if roles.map contains it', async () => {
  expect(await rolesOf(['Admin', 'Admin!'], { map: { 'Admin!': 'reader' } })).toEqual({
    roles: ['admin', 'reader'],
    noted: ['Admin admin admin', 'Admin! admin reader mapped'],
  })
  const own = { acme: { map: { 'Admin!': 'guest' } } }
  expect(await rolesOf(['Admin!'], { map: { 'Admin!': 'reader' }, organizations: own })).toEqual({
    roles: ['guest'],
    noted: ['Admin! admin guest mapped'],
  })
})

test('a line for a slug counts if there is none for the name', async () => {
  expect(await rolesOf(['Billing Admin', 'Viewer'], { map: { 'billing-*': 'billing', viewer: 'reader' } })).toEqual({
    roles: ['billing', 'reader'],
    noted: ['Billing Admin billing-admin billing', 'Viewer viewer reader'],
  })
})
