import { expect, onTestFinished, test } from 'vitest'
import { deriveAll, insertDesired, layOver } from '../../src/rundb/desired.ts'
import { type Draft, insertDraft } from '../../src/rundb/drafts.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { hasTrait, largestSize, TRAIT } from '../../src/rundb/traits.ts'

const HALF = '\ud83d'

function openRun(): RunDatabase {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  return rundb
}

const DRAFT: Draft = {
  seq: 1,
  kind: 'user',
  key: 'a',
  group: null,
  refs: {},
  attributes: '{}',
  secrets: null,
  origin: { file: 'users.csv', line: 2 },
}

test.each<[string, Partial<Draft>, string[]]>([
  ['nothing', { attributes: JSON.stringify({ name: 'a\\b 😀', key: 'x' }) }, []],
  ['half of a pair in an attribute', { attributes: JSON.stringify({ name: HALF }) }, [TRAIT.halfPair]],
  ['half of a pair in a reference', { refs: { organization: HALF } }, [TRAIT.halfPair]],
  ['another external ID', { externalId: 'b' }, [TRAIT.externalId]],
  ['rare secrets', { traits: ['totpSecret'] }, ['totpSecret']],
])('staging notes %s', (_, part, traits) => {
  const rundb = openRun()
  insertDraft(rundb, DRAFT, 1)
  insertDraft(rundb, { ...DRAFT, seq: 2, key: 'b', ...part }, 1)
  const all = [...Object.values(TRAIT), 'totpSecret']
  expect(all.filter((trait) => hasTrait(rundb, 'user', trait))).toEqual(traits)
  expect(all.filter((trait) => hasTrait(rundb, 'organization', trait))).toEqual([])
})

test('merged, declared and derived resources can have half of a pair', () => {
  const rundb = openRun()
  const resource = { kind: 'user', key: 'a', refs: {}, attributes: { name: HALF }, secrets: null }
  insertDesired(rundb, { ...resource, seq: 1, place: null, records: 1 })
  expect(hasTrait(rundb, 'user', TRAIT.halfPair)).toBe(true)
  const organization = { ...resource, kind: 'organization', attributes: {} }
  layOver(rundb, organization)
  expect(hasTrait(rundb, 'organization', TRAIT.halfPair)).toBe(false)
  layOver(rundb, { ...organization, attributes: { name: HALF } })
  expect(hasTrait(rundb, 'organization', TRAIT.halfPair)).toBe(true)
  deriveAll(rundb, { kind: 'role', from: 'desired', where: "kind = 'user'", key: 'key' })
  expect(hasTrait(rundb, 'role', TRAIT.halfPair)).toBe(true)
})

test('the largest size is noted, rounded up', () => {
  const rundb = openRun()
  insertDraft(rundb, { ...DRAFT, attributes: JSON.stringify({ name: 'x'.repeat(90) }), secrets: '{"a":1}' }, 1)
  expect(largestSize(rundb, 'user')).toBe(128)
  insertDraft(rundb, DRAFT, 1)
  expect(largestSize(rundb, 'user')).toBe(128)
  const resource = { kind: 'user', key: 'a', refs: {}, attributes: { name: 'x'.repeat(999) }, secrets: null }
  insertDesired(rundb, { ...resource, seq: 1, place: null, records: 1 })
  expect(largestSize(rundb, 'user')).toBe(1024)
  layOver(rundb, { ...resource, attributes: { lastName: 'x'.repeat(999) } })
  expect(largestSize(rundb, 'user')).toBe(2048)
  expect(largestSize(rundb, 'organization')).toBe(0)
})
