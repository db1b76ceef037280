import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

async function leftOut(map: Manifest['map'], data: JsonObject[], changed: Partial<Manifest> = {}) {
  const mapping = compileMapping(mapperSettings(manifestWith(map, changed), 'users'))
  const { leftOutRecords } = await mapChunk({ records: recordsOf(data) }, mapping)
  return leftOutRecords
}

test('the key of a user is what the rule returns, else its external ID, else its address', async () => {
  const user = { when: 'false', key: 'login', externalId: 'id', email: 'email' }
  const found = await leftOut({ user }, [
    { login: 'ada', id: 'u1', email: 'ADA@example.com' },
    { id: 'u2', email: 'b@example.com' },
    { email: ' Cleo@Example.com ' },
    {},
  ])
  expect(found.map(({ key }) => key)).toEqual(['ada', 'u2', 'cleo@example.com', null])
  expect(found[1]).toEqual({
    seq: 1,
    stream: 'users',
    kind: 'user',
    key: 'u2',
    path: 'map.user.when',
    origin: { file: 'users.csv', line: 3 },
  })
})

test('only the key is evaluated, and an expression that fails names nobody and rejects nothing', async () => {
  const broken = '$error("never")'
  const user = { when: 'false', key: 'id', email: broken, metadata: { plan: broken } }
  expect(await leftOut({ user }, [{ id: 'u1' }])).toMatchObject([{ key: 'u1' }])
  expect(await leftOut({ user: { ...user, key: broken } }, [{ id: 'u1' }])).toMatchObject([{ kind: 'user', key: null }])
})

test.each<[string, Manifest['map'], JsonObject, string | null, string | null]>([
  [
    'an organization',
    { organization: { when: 'false', externalId: 'o', name: 'n' } },
    { o: 'acme' },
    'organization',
    'acme',
  ],
  ['one with only a name', { organization: { when: 'false', name: 'n' } }, { n: 'Acme' }, 'organization', 'name:Acme'],
  [
    'a membership',
    { membership: { when: 'false', user: 'u', organization: 'o' } },
    { u: 'u1', o: 'acme' },
    'membership',
    'u1@acme',
  ],
  [
    'items of the record',
    { user: { each: 'people', when: 'false', email: 'e' } },
    { people: [{ e: 'a@b.example' }] },
    'user',
    null,
  ],
  ['an empty each', { user: { each: 'people', email: 'e' } }, {}, 'user', null],
  ['a stream that no rule reads', { user: { from: 'others', email: 'e' } }, { e: 'a@b.example' }, null, null],
])('the kind and the key of %s', async (_, map, record, kind, key) => {
  expect(await leftOut(map, [record])).toMatchObject([{ kind, key }])
})

test('a dropped role is named by its user', async () => {
  const roles: Manifest['roles'] = { define: {}, map: {}, unmapped: 'drop' }
  const found = await leftOut({ roleAssignment: { user: 'id', role: 'role' } }, [{ id: 'u1', role: 'odd' }], { roles })
  expect(found).toMatchObject([{ kind: 'roleAssignment', key: 'u1', path: 'roles.unmapped' }])
})
