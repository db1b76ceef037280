import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shippedRecipes } from '../../src/config/recipes.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { folderOf, load, MINIMAL } from './folder.ts'

test('a file overrides what it extends: objects merge, lists and scalars replace', async () => {
  const folder = folderOf({
    'shared/base.yaml': `${MINIMAL}
map: { user: { email: a, firstName: b } }
adopt: { fill: [name, metadata] }
run: { chunkSize: 10, concurrency: 5 }`,
    'migrate.config.yaml': `extends: ./shared/base.yaml
map: { user: { email: c } }
adopt: { fill: [externalId] }
run: { chunkSize: 20 }`,
  })
  const { manifest } = await load(folder)
  expect(manifest.map.user).toEqual({ email: 'c', firstName: 'b' })
  expect(manifest.adopt.fill).toEqual(['externalId'])
  expect(manifest.run).toMatchObject({ chunkSize: 20, concurrency: 5 })
})

test('null removes an inherited key, at every depth', async () => {
  const folder = folderOf({
    'base.yaml': `${MINIMAL}map: { user: { email: a, lastName: b, metadata: { x: y, z: w } } }\nrun: { chunkSize: 5 }`,
    'migrate.config.yaml': 'extends: ./base.yaml\nmap: { user: { lastName: null, metadata: { x: null } } }\nrun:\n',
  })
  const { manifest } = await load(folder)
  expect(manifest.map.user).toEqual({ email: 'a', metadata: { z: 'w' } })
  expect(manifest.run.chunkSize).toBe(250)
})

test('the last of several bases wins, and each path is relative to its file', async () => {
  const folder = folderOf({
    'a/one.yaml': 'extends: ../b/deep.yaml\nname: one\nrun: { chunkSize: 1 }',
    'a/two.yml': 'run: { chunkSize: 2 }',
    'b/deep.yaml': 'name: deep\nrun: { concurrency: 7 }',
    'migrate.config.yaml': `extends: [a/one.yaml, ./a/two.yml]\n${MINIMAL}`,
  })
  const { manifest } = await load(folder)
  expect(manifest).toMatchObject({ name: 'one', run: { chunkSize: 2, concurrency: 7 } })
})

test('two bases can share a third', async () => {
  const folder = folderOf({
    'a.yaml': 'extends: ./c.yaml',
    'b.yaml': 'extends: ./c.yaml',
    'c.yaml': 'name: shared',
    'migrate.config.yaml': `extends: [./a.yaml, ./b.yaml]\n${MINIMAL}`,
  })
  expect((await load(folder)).manifest.name).toBe('shared')
})

test('a recipe is extended by name, and can extend another', async () => {
  const folder = folderOf({
    'recipes/plain.yaml': 'map: { user: { email: mail, key: id } }',
    'recipes/rich.yaml': 'extends: plain\nmap: { user: { key: uid } }',
    'migrate.config.yaml': `extends: rich\n${MINIMAL}`,
  })
  expect((await load(folder)).manifest.map.user).toEqual({ email: 'mail', key: 'uid' })
})

test('the recipe of the source type is the lowest layer', async () => {
  const folder = folderOf({
    'recipes/csv.yaml': 'map: { user: { email: email, key: external_id } }\nname: recipe',
    'base.yaml': 'map: { user: { key: id } }',
    'migrate.config.yaml': `extends: ./base.yaml\n${MINIMAL}`,
  })
  const { manifest, locate } = await load(folder)
  expect(manifest.map.user).toEqual({ email: 'email', key: 'id' })
  expect(locate(['map', 'user', 'email'])).toEqual({ file: join(folder, 'recipes/csv.yaml'), line: 1, column: 23 })
})

test('a recipe that is extended explicitly is not added again', async () => {
  const folder = folderOf({
    'recipes/csv.yaml': 'name: recipe\nmap: { user: { email: a } }',
    'over.yaml': 'map: { user: null }',
    'migrate.config.yaml': `extends: [csv, ./over.yaml]\n${MINIMAL}`,
  })
  expect((await load(folder)).manifest.map).toEqual({})
})

test('an environment overrides the rest, and can change the source and its recipe', async () => {
  const folder = folderOf({
    'recipes/csv.yaml': 'map: { user: { key: from_csv } }',
    'recipes/clerk.yaml': 'map: { user: { key: from_clerk } }',
    'migrate.config.yaml': `${MINIMAL}
environments:
  other: { source: { type: clerk, path: null, users: u.csv }, name: other }
  empty:`,
  })
  const plain = await load(folder)
  expect(plain.manifest).toMatchObject({ source: { type: 'csv' }, map: { user: { key: 'from_csv' } } })
  expect(plain.environment).toBeUndefined()
  const other = await load(folder, { environment: 'other' })
  expect(other.manifest.source).toEqual({ type: 'clerk', users: 'u.csv' })
  expect(other.manifest).toMatchObject({ name: 'other', map: { user: { key: 'from_clerk' } } })
  expect(other.environment).toBe('other')
  expect((await load(folder, { environment: 'empty' })).digest).toBe(plain.digest)
})

test('the effective manifest has no environments, extends or $schema', async () => {
  const folder = folderOf({
    'base.yaml': 'environments: { a: {} }',
    'migrate.config.yaml': `$schema: x\nextends: ./base.yaml\n${MINIMAL}`,
  })
  const { manifest } = await load(folder, { environment: 'a' })
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['environments']))
  expect(manifest).not.toHaveProperty('extends')
  expect(manifest).not.toHaveProperty('$schema')
})

test('JSON, a byte order mark, CRLF and aliases are accepted', async () => {
  const json = folderOf({ 'migrate.config.yaml': '{"source":{"type":"csv","path":"a"},"target":{"type":"sandbox"}}' })
  expect((await load(json)).manifest.source).toMatchObject({ path: 'a' })
  const text = `\ufeff${MINIMAL}roles: { define: { a: &role { name: Any }, b: *role } }\n`.replaceAll('\n', '\r\n')
  const { manifest, locate } = await load(folderOf({ 'migrate.config.yaml': text }))
  expect(manifest.roles.define).toEqual({ a: { name: 'Any' }, b: { name: 'Any' } })
  expect(locate(['source', 'path'])).toMatchObject({ line: 1, column: 28 })
})

test('tests are inherited and can be removed, except those of a built-in recipe', async () => {
  const one = 'input: { a: 1 }, expect: { user: null }'
  const folder = folderOf({
    'recipes/csv.yaml': `tests: { of the recipe: { ${one} } }\n`,
    'base.yaml': `tests: { kept: { ${one} }, dropped: { ${one} }, changed: { ${one} } }\n`,
    'migrate.config.yaml': `extends: [csv, ./base.yaml]\n${MINIMAL}tests: { dropped: null, changed: { input: { a: null, b: 2 } } }\n`,
  })
  const { manifest, digest } = await load(folder)
  expect(Object.keys(manifest.tests)).toEqual(['kept', 'changed'])
  expect(manifest.tests.changed).toEqual({ input: { a: null, b: 2 }, expect: { user: null } })
  const without = folderOf({ 'migrate.config.yaml': MINIMAL })
  expect((await load(without)).digest).toBe(digest)
})

test('a recipe can be loaded alone, over its own source, the source of its name, or CSV', async () => {
  const folder = folderOf({
    'recipes/csv.yaml': 'vars: { from: csv }\n',
    'recipes/clerk.yaml': 'tests: { one: { input: {}, expect: { user: null } } }\n',
    'recipes/firm.yaml':
      'source: { type: file, streams: { people: { path: ./people.ndjson } } }\nvars: { from: firm }\n',
    'recipes/situation.yaml': 'vars: { more: true }\n',
  })
  const loaded = async (recipe: string) => (await load(folder, { path: undefined, recipe, defer: () => true })).manifest
  expect((await loaded('csv')).source.type).toBe('csv')
  const clerk = await loaded('clerk')
  expect([clerk.source.type, Object.keys(clerk.tests)]).toEqual(['clerk', ['one']])
  const firm = await loaded('firm')
  expect([firm.source, firm.vars]).toEqual([
    { type: 'file', streams: { people: { path: './people.ndjson' } } },
    { from: 'firm' },
  ])
  const situation = await loaded('situation')
  expect([situation.source.type, situation.vars]).toEqual(['csv', { from: 'csv', more: true }])
})

test('options of a source do not leak into a layer with another type of source', async () => {
  const folder = folderOf({
    'files.yaml': `source: { type: file, nulls: [NULL], streams: { users: { path: users.csv }, sessions: { path: s.csv } } }
map: { user: { email: email } }`,
    'middle.yaml': 'extends: ./files.yaml\ntarget: { type: sandbox }',
    'migrate.config.yaml': `extends: ./middle.yaml
source: { type: postgres, url: "\${URL}", streams: { users: { table: users, key: id } } }
environments:
  staging: { source: { updatedSince: "2026-01-01" } }
  rehearsal: { source: { type: csv, path: users.csv } }`,
  })
  const env = { URL: 'postgres://me:hunter2@db.example.com/app' }
  const streams = { users: { table: 'users', key: 'id' } }
  const { manifest, originOf } = await load(folder, { env })
  expect(manifest.source).toEqual({ type: 'postgres', url: env.URL, streams })
  expect(manifest.map.user).toEqual({ email: 'email' })
  expect(originOf(['source', 'streams', 'users', 'path'])).toBeUndefined()
  const staging = await load(folder, { env, environment: 'staging' })
  expect(staging.manifest.source).toEqual({ type: 'postgres', url: env.URL, streams, updatedSince: '2026-01-01' })
  const rehearsal = await load(folder, { env, environment: 'rehearsal' })
  expect(rehearsal.manifest.source).toEqual({ type: 'csv', path: 'users.csv' })
})

test('a recipe for files also works for a database', async () => {
  const text = `extends: supabase
source: { type: postgres, url: "postgres://me@db.example.com/app", streams: { people: { table: auth.users, key: id } } }
target: { type: sandbox }`
  const { manifest } = await load(folderOf({ 'migrate.config.yaml': text }), { recipes: shippedRecipes })
  expect(Object.keys(manifest.source)).toEqual(['type', 'url', 'streams'])
  expect(manifest.map.user).toHaveProperty('email')
})

test('the password in a database URL is registered separately', async () => {
  const redactor = new Redactor()
  const text = `source: { type: postgres, url: "\${URL}", streams: { users: { table: users, key: id } } }
target: { type: sandbox }`
  await load(folderOf({ 'migrate.config.yaml': text }), { redactor, env: { URL: 'postgres://me:hunter%402@db/app' } })
  expect(redactor.redact('hunter%402, hunter@2')).toBe('[redacted], [redacted]')
})

test('another source type drops all options of the lower source', async () => {
  const folder = folderOf({
    'recipes/clerk.yaml':
      'source: { type: file, streams: { users: { path: ./users.json } } }\nmap: { user: { key: id } }',
    'base.yaml': 'source: { type: csv, path: ./users.csv, delimiter: ";" }\nname: base',
    'migrate.config.yaml': `extends: ./base.yaml
source: { type: clerk, users: ./clerk.csv }
target: { type: sandbox }
environments: { old: { source: { type: csv, path: ./old.csv } }, same: { source: { type: clerk, nulls: ["NULL"] } } }`,
  })
  const { manifest } = await load(folder)
  expect(manifest.source).toEqual({ type: 'clerk', users: './clerk.csv' })
  expect(manifest).toMatchObject({ name: 'base', map: { user: { key: 'id' } } })
  expect((await load(folder, { environment: 'old' })).manifest.source).toEqual({ type: 'csv', path: './old.csv' })
  expect((await load(folder, { environment: 'same' })).manifest.source).toEqual({
    type: 'clerk',
    users: './clerk.csv',
    nulls: ['NULL'],
  })
})
