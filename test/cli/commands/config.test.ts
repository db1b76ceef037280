import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { config, schema } from '../../../src/cli/commands/config.ts'
import { ManifestError } from '../../../src/diagnostics/errors.ts'
import { folderOf } from '../../config/folder.ts'
import { commandContext } from './command-context.ts'

const MANIFEST = `extends: ./base.yaml
source: { type: csv, path: users.csv }
target: { type: workos, apiKey: "\${KEY}" }
environments:
  fast: { run: { workers: "\${W:-2}" } }
`
const FILES = { 'migrate.config.yaml': MANIFEST, 'base.yaml': 'run:\n  chunkSize: 7\nname: base\n' }

test('the effective manifest is printed as YAML with masked secrets', async () => {
  const { context, out } = commandContext(folderOf(FILES), { KEY: 'a-secret-key' })
  expect(await config({ env: 'fast' }, context)).toBe(0)
  expect(out()).not.toContain('a-secret-key')
  expect(parse(out())).toMatchObject({
    name: 'base',
    target: { type: 'workos', apiKey: '(secret)' },
    run: { workers: 2, chunkSize: 7, concurrency: 50 },
  })
})

test('offline, unset values are shown as unknown', async () => {
  const { context, out } = commandContext(folderOf(FILES))
  expect(await config({ offline: true, json: true }, context)).toBe(0)
  expect(JSON.parse(out())).toMatchObject({ target: { apiKey: '(unknown)' } })
})

test('with --origins every value shows its place', async () => {
  const { context, out } = commandContext(folderOf(FILES), { KEY: 'a-secret-key' })
  await config({ origins: true, env: 'fast' }, context)
  expect(out()).toMatch(/^ {2}chunkSize: 7 # base\.yaml:2:14$/m)
  expect(out()).toMatch(/^ {2}workers: 2 # migrate\.config\.yaml:5:27$/m)
  expect(out()).toMatch(/^ {2}concurrency: 50 # default$/m)
  expect(out()).toMatch(/^ {2}apiKey: \(secret\) # migrate\.config\.yaml:3:33$/m)
  expect(parse(out())).toMatchObject({ run: { chunkSize: 7 } })
})

test('keys are in the order of the reference, and recipes have relative paths', async () => {
  const { context, out } = commandContext(folderOf(FILES), { KEY: 'a-secret-key' })
  await config({ origins: true }, context)
  expect(Object.keys(parse(out())).slice(0, 4)).toEqual(['version', 'name', 'source', 'vars'])
  expect(out()).toMatch(/^ {4}email: \S+ # recipes\/csv\.yaml:\d+:\d+$/m)
})

test('origins are in the JSON too', async () => {
  const { context, out } = commandContext(folderOf(FILES), { KEY: 'a-secret-key' })
  await config({ origins: true, json: true }, context)
  expect(JSON.parse(out())).toMatchObject({
    manifest: { name: 'base' },
    origins: { name: 'base.yaml:3:7', 'run.chunkSize': 'base.yaml:2:14', 'safety.maxDeletes': 'default' },
  })
})

test('a manifest with problems throws a ManifestError', async () => {
  const { context } = commandContext(folderOf({ 'migrate.config.yaml': 'source: 1' }))
  await expect(config({}, context)).rejects.toBeInstanceOf(ManifestError)
})

test('the schema is printed as JSON', async () => {
  const { context, out } = commandContext('/')
  expect(await schema({}, context)).toBe(0)
  expect(JSON.parse(out())).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' })
})
