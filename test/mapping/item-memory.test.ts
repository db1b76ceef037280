import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { ItemMemory, membersRead } from '../../src/mapping/item-memory.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const MAP: Manifest['map'] = {
  organization: {
    each: 'orgs',
    key: "id ? id : 'name:' & name",
    name: 'name',
    externalId: 'ids.external',
    metadata: { plan: 'plan', tier: "plan = 'pro' ? 'paid' : null" },
  },
}

const value = fc.constantFrom<JsonObject[string]>('', 'a', 'b', 'pro', '1 a', '-', 1, null, true, { external: 'x' }, [
  'a',
])
const item = fc
  .record({ id: value, name: value, ids: value, plan: value, note: value }, { requiredKeys: [] })
  .map((given): JsonObject => ({ ...given }))

const mapped = async (orgs: JsonObject[][], map = MAP) => {
  const mapping = compileMapping(mapperSettings(manifestWith(map), 'users'))
  return mapChunk(
    { records: recordsOf(orgs.map((all, at) => ({ plan: at % 2 === 0 ? 'pro' : 'b', orgs: all }))) },
    mapping,
  )
}

test('repeated items have the same result as the first time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 2, maxLength: 12 }), async (items) => {
      const twice = await mapped([items, items])
      const alone = await Promise.all(items.map((one) => mapped([[one], [one]])))
      const outcome = ({ drafts, rejects, notes }: Awaited<ReturnType<typeof mapped>>, seq: number) => ({
        drafts: drafts.filter((draft) => draft.seq === seq),
        rejects: rejects.filter((reject) => reject.seq === seq),
        notes: notes.filter((note) => note.seq === seq),
      })
      for (const seq of [0, 1]) {
        expect(outcome(twice, seq)).toEqual({
          drafts: alone.flatMap((one) => outcome(one, seq).drafts),
          rejects: alone.flatMap((one) => outcome(one, seq).rejects),
          notes: alone.flatMap((one) => outcome(one, seq).notes),
        })
      }
    }),
    { numRuns: 150 },
  )
})

test('different texts are distinct, whatever they contain', () => {
  const text = fc.option(fc.string({ unit: fc.constantFrom('1', ' ', '-', 'a'), maxLength: 4 }), { nil: undefined })
  const items = fc.record({ a: text, b: text })
  fc.assert(
    fc.property(items, items, (one, other) => {
      const memory = new ItemMemory<string>(['a', 'b'])
      memory.set(memory.textsOf(given(one)) ?? [], 'made')
      const found = memory.get(memory.textsOf(given(other)) ?? [])
      expect(found).toBe(one.a === other.a && one.b === other.b ? 'made' : undefined)
    }),
    { numRuns: 500 },
  )
})

function given(item: { a: string | undefined; b: string | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(item).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

test('values that are long or not text are not remembered', () => {
  const memory = new ItemMemory<string>(['a'])
  for (const a of [1, null, true, {}, [], 'x'.repeat(3000)]) expect(memory.textsOf({ a })).toBeUndefined()
  for (const other of ['a', 1, null, ['a']]) expect(memory.textsOf(other)).toBeUndefined()
})

test('a rule whose fields depend on more than members of the item remembers no items', () => {
  const ruleWith = (fields: Record<string, string>) => {
    const { kinds } = compileMapping(
      mapperSettings(manifestWith({ organization: { each: 'orgs', ...fields } }), 'users'),
    )
    return kinds.flatMap(({ rule }) => (rule.kind === 'organization' ? [membersRead(rule)] : []))
  }
  expect(ruleWith({ key: 'id', name: "name ? name : 'none'" })).toEqual([['id', 'name', 'none']])
  for (const key of [
    '$record.plan',
    '$slug(name)',
    '$uppercase(id)',
    '*',
    '$string($)',
    '$string()',
    'orgs[0]',
    '$keys()',
  ]) {
    expect(ruleWith({ key, name: 'name' }), key).toEqual([undefined])
  }
})
