import { readFileSync } from 'node:fs'
import { expect, expectTypeOf, test } from 'vitest'
import { manifestDocs } from '../../scripts/manifest-docs.ts'
import { manifestTypes } from '../../scripts/manifest-types.ts'
import { expressionsOf, type Manifest } from '../../src/config/manifest.ts'
import { isSchema, knownKeys, manifestSchema, type Schema, sourceTypes } from '../../src/config/schema.ts'
import { draftDefinitions } from '../../src/kinds/registry.ts'
import { sourceDefinitions } from '../../src/sources/registry.ts'
import { loadText, MINIMAL } from './folder.ts'

test('docs/reference/manifest.md matches the schema (npm run docs)', () => {
  expect(readFileSync('docs/reference/manifest.md', 'utf8')).toBe(manifestDocs())
})

test('the types of a manifest match the schema (npm run docs)', () => {
  expect(readFileSync('src/config/manifest-types.ts', 'utf8')).toBe(manifestTypes())
})

test('in the types, keys with a default are required and the others optional', () => {
  expectTypeOf<Manifest['run']['chunkSize']>().toEqualTypeOf<number>()
  expectTypeOf<Manifest['run']['workers']>().toEqualTypeOf<number>()
  expectTypeOf<Manifest['target']['type']>().toEqualTypeOf<'workos' | 'sandbox'>()
  expectTypeOf<Manifest['target']['apiKey']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Manifest['dedupe']['user']['strategy']>().toEqualTypeOf<
    'merge' | 'first' | 'last' | 'newest' | 'error'
  >()
  expectTypeOf<Manifest>().not.toHaveProperty('environments')
})

test('every key of the manifest is described', () => {
  const missing: string[] = []
  const visit = (schema: Schema, path: string) => {
    for (const [name, child] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
      if (!isSchema(child)) continue
      if (child.description === undefined && child.$ref === undefined) missing.push(`${path}.${name}`)
      visit(child, `${path}.${name}`)
    }
  }
  visit(manifestSchema, '')
  const definitions = isSchema(manifestSchema.$defs) ? manifestSchema.$defs : {}
  for (const [name, definition] of Object.entries(definitions)) {
    if (!isSchema(definition)) continue
    if (definition.description === undefined) missing.push(name)
    visit(definition, name)
  }
  expect(missing).toEqual([])
})

test('the schema knows every source', async () => {
  expect(sourceTypes().toSorted()).toEqual([...sourceDefinitions.keys()].toSorted())
  for (const [type, load] of sourceDefinitions) expect((await load()).type).toBe(type)
})

test('a rule has exactly the fields that its kind maps', () => {
  const mapped = draftDefinitions.filter(({ rule }) => rule !== undefined)
  expect(mapped.length).toBeGreaterThan(2)
  for (const kind of mapped) {
    const keys = knownKeys(['map', kind.rule ?? ''])
    expect(keys.toSorted(), kind.name).toEqual(['from', 'each', 'when', ...kind.mapped].toSorted())
  }
})

test('all expressions are listed with their paths', async () => {
  const text = `${MINIMAL}map:
  user: { from: rows, when: a, email: b, metadata: { x: c } }
  organization: { metadata: d }
dedupe: { user: { by: [e, f], prefer: [g, h], updatedAt: i } }`
  const { manifest } = await loadText(text)
  expect(expressionsOf(manifest).map(({ path, text }) => `${path.join('.')}=${text}`)).toEqual([
    'map.user.when=a',
    'map.user.email=b',
    'map.user.metadata.x=c',
    'map.organization.metadata=d',
    'dedupe.user.by.0=e',
    'dedupe.user.by.1=f',
    'dedupe.user.prefer.0=g',
    'dedupe.user.prefer.1=h',
    'dedupe.user.updatedAt=i',
  ])
})
