import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadManifest } from '../../src/config/load.ts'
import type { Manifest } from '../../src/config/manifest.ts'
import { recipeNames, shippedRecipes } from '../../src/config/recipes.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import type { CompiledExpression } from '../../src/expressions/expression.ts'
import type { JsonObject } from '../../src/json.ts'
import { type CompiledMapping, compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { emptyResult, mapChunk, mapRecord } from '../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import type { MappedItem } from '../../src/mapping/rule-mapper.ts'
import type { SourceRecord } from '../../src/sources/source.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { dedupeWith, manifestWith, recordsOf } from './manifest.ts'

const compiled = (manifest: Manifest) => compileMapping(mapperSettings(manifest, 'users'))

/** The same mapping with asynchronous expressions: all, or those that `which` chooses. */
function delayed(mapping: CompiledMapping, which: () => boolean = () => true): CompiledMapping {
  const later = (expression: CompiledExpression): CompiledExpression => ({
    ...expression,
    evaluate: (item, record) =>
      which() ? Promise.resolve().then(() => expression.evaluate(item, record)) : expression.evaluate(item, record),
  })
  const kinds = mapping.kinds.map(({ rule, definition }) => ({ rule: laterIn(rule, later), definition }))
  const { roleAssignment, dedupe } = mapping
  return {
    ...mapping,
    kinds,
    roleAssignment: roleAssignment && laterIn(roleAssignment, later),
    dedupe: {
      ...dedupe,
      by: dedupe.by.map(later),
      prefer: dedupe.prefer.map(later),
      updatedAt: dedupe.updatedAt && later(dedupe.updatedAt),
    },
  }
}

type Rule = CompiledMapping['kinds'][number]['rule']

function laterIn(rule: Rule, later: (expression: CompiledExpression) => CompiledExpression): Rule {
  const ofStream = new Map<string, CompiledExpression | undefined>()
  return {
    ...rule,
    each(stream) {
      const each = rule.each(stream)
      if (!ofStream.has(stream)) ofStream.set(stream, each && later(each))
      return ofStream.get(stream)
    },
    when: rule.when && later(rule.when),
    fields: rule.fields.map((field) => ({
      ...field,
      value: Array.isArray(field.value)
        ? field.value.map(([member, value]): [string, CompiledExpression] => [member, later(value)])
        : later(field.value),
    })),
  }
}

/** A recipe, and the records of its tests. */
async function recipe(name: string): Promise<{ manifest: Manifest; records: SourceRecord[] }> {
  const options = { recipe: name, cwd: process.cwd(), env: {}, offline: true, redactor: new Redactor() }
  const { manifest } = await loadManifest(options)
  const records = Object.values(manifest.tests).map(
    ({ stream = 'users', input }, seq): SourceRecord => ({
      seq,
      stream,
      origin: { file: 'tests', line: seq },
      data: input,
    }),
  )
  const vars = { organization: { externalId: 'acme', name: 'Acme' }, ...manifest.vars }
  const secrets = { ...manifest.secrets, firebaseSignerKey: FIREBASE.signerKey }
  return { manifest: { ...manifest, vars, secrets }, records }
}

/** As `JSON.stringify`, with the names. */
const written = (result: MapResult) => JSON.stringify({ ...result, names: [...result.names] }, null, 1)

const VALUES = [
  ...[null, '', ' ', 0, 1.5, true, false, 'yes', 'maybe', [], {}, ['admin', 7], { admin: 1 }, 'x'.repeat(700)],
  ...['Ada@Example.COM', 'm\u0131ke@example.com', 'not an address', 'org_1', 'a\u0000b', 'Org: Büro', '["admin","x"]'],
  ...['{"a":{"b":1.0}}', '[bad', '$2b$10$', 'argon2', 'gmail.com', { organization_id: 'o', deep: { er: [1] } }],
]
const value = fc.constantFrom(...VALUES)
const row = fc.record(
  {
    org_external_id: fc.constantFrom('acme', 'acme', 'umbrella'),
    org_name: fc.oneof(fc.constantFrom('Acme', 'Umbrella'), value),
    role_slugs: fc.oneof(fc.constantFrom('admin', 'admin,member'), value),
    role_slug: fc.oneof(fc.constantFrom('admin', 'Member'), value),
    _file: fc.constant('members.csv'),
    _line: fc.nat(9),
  },
  { requiredKeys: [] },
)
const user = fc.record(
  {
    id: fc.oneof(fc.constantFrom('u1', 'u2'), value),
    email: fc.oneof(fc.constantFrom('ada@example.com', 'Bob@Example.com'), value),
    verified: value,
    name: value,
    updated: fc.oneof(fc.constantFrom('2024-01-01', 1700000000), value),
    banned: fc.constantFrom(true, false, null),
    metadata: fc.oneof(fc.dictionary(fc.constantFrom('plan', 'org_id', '__proto__', ''), value), value),
    memberships: fc.oneof(fc.array(row, { maxLength: 4 }), value),
    roles: fc.oneof(fc.array(row, { maxLength: 3 }), value),
  },
  { requiredKeys: [] },
)

/** A mapping with a rule of each shape. Some expressions fail for some values. */
const MANIFEST = manifestWith(
  {
    user: {
      when: 'banned = true ? false : true',
      key: 'id',
      email: '$lowercase(email)',
      emailVerified: 'verified',
      firstName: '$uppercase(name)',
      metadata: { '*': 'metadata', updated: '$string(updated)' },
    },
    organization: { each: 'memberships', key: 'org_external_id', name: 'org_name', externalId: 'org_external_id' },
    membership: {
      each: 'memberships',
      when: '$length(org_name) > 0',
      organization: 'org_external_id',
      roles: 'role_slugs',
    },
    group: { each: 'memberships[role_slug]', name: 'org_name', organization: 'org_external_id' },
    groupMember: { each: 'memberships[role_slug]', group: 'org_name', organization: 'org_external_id' },
    roleAssignment: { each: 'roles', role: '$slug(role_slug)', organization: 'org_external_id' },
    role: { each: 'memberships', key: '$slug(role_slug)', name: 'org_name' },
  },
  {
    dedupe: dedupeWith({
      by: ['email', '$record.name'],
      prefer: ['emailVerified', '$record.updated'],
      strategy: 'newest',
      updatedAt: '$record.updated',
    }),
    roles: {
      ...manifestWith({}).roles,
      map: { admin: 'boss', '*': '*' },
      organizations: { umbrella: { unmapped: 'drop', map: { admin: 'chief' } } },
    },
  },
)

describe('asynchronous expressions', () => {
  test.each(recipeNames(shippedRecipes))('change nothing in the results of the recipe %s', async (name) => {
    const { manifest, records } = await recipe(name)
    const atOnce = await mapChunk({ records }, compiled(manifest))
    expect(written(await mapChunk({ records }, delayed(compiled(manifest))))).toBe(written(atOnce))
  })

  test('change nothing in the results of faulty records', async () => {
    let next = () => true
    const mapping = compiled(MANIFEST)
    const [all, some] = [delayed(mapping), delayed(mapping, () => next())]
    await fc.assert(
      fc.asyncProperty(
        fc.array(user, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.boolean()),
        async (data, flips) => {
          const records = recordsOf(data as JsonObject[])
          next = () => flips.next().value
          const atOnce = written(await mapChunk({ records }, mapping))
          expect(written(await mapChunk({ records }, all))).toBe(atOnce)
          expect(written(await mapChunk({ records }, some))).toBe(atOnce)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('are each evaluated once, whatever the number of items', async () => {
    let asked = 0
    const count = () => {
      asked += 1
      return true
    }
    const items = Array.from({ length: 200 }, (_, index) => ({ org_external_id: `o${index}`, org_name: 'Acme' }))
    const map = {
      membership: { each: 'memberships', when: 'org_name', organization: 'org_external_id', user: 'org_name' },
    }
    const { drafts } = await mapChunk(
      { records: recordsOf([{ memberships: items }]) },
      delayed(compiled(manifestWith(map)), count),
    )
    expect([drafts.length, asked]).toEqual([200, 1 + 200 * 3])
  })

  test('report guesses to their own chunk, even if two chunks are mapped at once', async () => {
    const guessing = (field: string) =>
      delayed(compiled(manifestWith({ user: { key: 'id', email: 'email', metadata: { [field]: '$isoTime(day)' } } })))
    const users = (day: number) =>
      recordsOf(Array.from({ length: 20 }, (_, n) => ({ id: `u${n}`, email: `u${n}@x.example`, day: day + n })))
    const said = ({ notes }: MapResult) => notes.map(({ key, detail }) => `${key} ${detail?.slice(0, 21)}`)
    const [since, until] = [guessing('since'), guessing('until')]
    const alone = [
      said(await mapChunk({ records: users(45_000) }, since)),
      said(await mapChunk({ records: users(46_000) }, until)),
    ]
    expect(alone[0]?.[19]).toBe('u19 metadata.since: 45019')
    const atOnce = await Promise.all([
      mapChunk({ records: users(45_000) }, since),
      mapChunk({ records: users(46_000) }, until),
    ])
    expect(atOnce.map(said)).toEqual(alone)
  })

  test('report each item once to a watcher', async () => {
    const { manifest, records } = await recipe('clerk')
    const mapping = compiled(manifest)
    for (const record of records) {
      const [straight, late]: [MappedItem[], MappedItem[]] = [[], []]
      await mapRecord(record, mapping, emptyResult(), (item) => straight.push(item))
      await mapRecord(record, delayed(mapping), emptyResult(), (item) => late.push(item))
      expect(late).toEqual(straight)
    }
  })
})

test('remembered results of other records make no difference', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(user, { minLength: 2, maxLength: 8 }), async (data) => {
      const records = recordsOf(data as JsonObject[])
      const warm = compiled(MANIFEST)
      await mapChunk({ records }, warm)
      const together = await mapChunk({ records }, warm)
      const apart = await Promise.all(records.map((record) => mapChunk({ records: [record] }, compiled(MANIFEST))))
      for (const list of [
        'drafts',
        'grants',
        'rejects',
        'notes',
        'leftOutKeys',
        'leftOutItems',
        'leftOutRecords',
      ] as const)
        expect(together[list]).toEqual(apart.flatMap((result): unknown[] => result[list]))
    }),
    { numRuns: 40 },
  )
})

describe('what only the record decides', () => {
  const map: Manifest['map'] = {
    user: { key: 'id', email: 'mail' },
    organization: { each: 'orgs[id != "x"]', when: '$record.open', key: 'id', name: 'id' },
    membership: { each: 'orgs[id != "x"]', when: '$record.open', organization: 'id' },
  }
  const records = recordsOf([
    { id: 'a', mail: 'a@example.com', open: true, orgs: [{ id: 'x' }, { id: 'o1' }, { id: 'o2' }] },
    { id: 'b', mail: 'b@example.com', open: false, orgs: [{ id: 'o1' }] },
    { id: 'c', mail: 'c@example.com', open: true, orgs: [{ id: 'o3' }] },
  ])

  test('is evaluated once a record, for all rules and items', async () => {
    const mapping = compiled(manifestWith(map))
    const evaluated: string[] = []
    const counting = (expression: CompiledExpression): CompiledExpression => ({
      ...expression,
      evaluate: (item, record) => {
        evaluated.push(`${record.id} ${expression.text}`)
        return expression.evaluate(item, record)
      },
    })
    const kinds = mapping.kinds.map(({ rule, definition }) => ({ rule: laterIn(rule, counting), definition }))
    const { drafts } = await mapChunk({ records }, { ...mapping, kinds })
    const shared = evaluated.filter((one) => one.includes('orgs') || one.includes('open'))
    expect(shared).toEqual(['a', 'b', 'c'].flatMap((id) => [`${id} orgs[id != "x"]`, `${id} $record.open`]))
    expect(drafts.map(({ key }) => key).sort()).toEqual(['a', 'a@o1', 'a@o2', 'b', 'c', 'c@o3', 'o1', 'o2', 'o3'])
  })

  test('is the same if it is evaluated asynchronously', async () => {
    const mapping = compiled(manifestWith(map))
    expect(await mapChunk({ records }, delayed(mapping))).toEqual(await mapChunk({ records }, mapping))
  })
})

test('an address beside the one that a filter chooses is checked, too', async () => {
  const mapping = compiled(manifestWith({ user: { key: 'id', email: 'emails[main].address' } }))
  const emails = [
    { main: true, address: 'kate@example.com' },
    { main: false, address: '\u212Aate@example.com' },
  ]
  const { drafts, rejects } = await mapChunk({ records: recordsOf([{ id: 'a', emails }]) }, mapping)
  expect(drafts).toEqual([])
  expect(rejects).toMatchObject([{ code: 'confusable_email' }])
})
