import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { canonicalJson, type JsonObject } from '../../src/json.ts'
import type { ValueProblem } from '../../src/kinds/draft.ts'
import { mergeDrafts } from '../../src/kinds/merge.ts'
import { user } from '../../src/kinds/user/user.ts'
import { checkMetadataLimits, fitMetadata, readMetadata } from '../../src/kinds/values/metadata.ts'
import { RULES } from '../kinds/rules.ts'
import { runs, TIMEOUT } from './runs.ts'

type Rules = Manifest['metadata']

const NAMES = ['a', 'a_b', 'b', 'org', 'id', 'org_id', 'clerk_org_id', '__proto__', 'constructor', '', 'ключ', '😀😀']
const key = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'grapheme', maxLength: 50 }))
const rules: fc.Arbitrary<Rules> = fc.record({
  prefix: fc.constantFrom('clerk', 'org'),
  maxKeys: fc.integer({ min: 10, max: 12 }),
  maxKeyLength: fc.oneof(fc.constant(40), fc.integer({ min: 1, max: 40 })),
  maxValueLength: fc.oneof(fc.constant(600), fc.integer({ min: 1, max: 30 })),
  ascii: fc.boolean(),
  nonAscii: fc.constantFrom('reject', 'drop'),
  nested: fc.constantFrom('json', 'flatten'),
  separator: fc.constantFrom('_', '.', '::'),
  keyTooLong: fc.constantFrom('reject', 'cut'),
  tooLong: fc.constantFrom('reject', 'cut', 'drop'),
  tooManyKeys: fc.constantFrom('reject', 'drop'),
  keep: fc.array(key, { maxLength: 3 }),
})
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.constantFrom('x'.repeat(599), 'x'.repeat(601), `${'x'.repeat(599)}😀`),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}))
const object = fc.dictionary(key, value, { maxKeys: 16 })

function read(source: unknown, settings: Rules) {
  const problems: ValueProblem[] = []
  return { ...readMetadata(source, settings, problems), problems }
}

test('metadata that needs no rule equals its JSON text', { timeout: TIMEOUT }, () => {
  const small = fc.dictionary(key, fc.oneof(value, fc.constantFrom('pro', '', 7, -0, 1e21, true)), { maxKeys: 4 })
  fc.assert(
    fc.property(fc.oneof(small, object), rules, (source, settings) => {
      const straight = read(source, settings)
      const { metadata, ...rest } = read(JSON.stringify(source), settings)
      expect({ ...straight, metadata: Object.entries(straight.metadata ?? {}) }).toEqual({
        ...rest,
        metadata: Object.entries(metadata ?? {}),
      })
      expect(straight.metadata === undefined).toBe(metadata === undefined)
    }),
    runs(1000),
  )
})

test('metadata is within the limits or rejected, for any order of keys, and a second pass does not change it', {
  timeout: TIMEOUT,
}, () => {
  fc.assert(
    fc.property(object, rules, (source, settings) => {
      const { metadata, problems, notes } = read(source, settings)
      const backwards = read(Object.fromEntries(Object.entries(source).reverse()), settings)
      expect(backwards.problems.length > 0).toBe(problems.length > 0)
      if (problems.length > 0 || metadata === undefined) return
      expect(canonicalJson(backwards.metadata)).toBe(canonicalJson(metadata))
      expect(canonicalJson(backwards.notes?.map((note) => canonicalJson(note)).sort())).toBe(
        canonicalJson(notes?.map((note) => canonicalJson(note)).sort()),
      )
      const entries = Object.entries(metadata)
      expect(entries.length).toBeLessThanOrEqual(settings.maxKeys)
      for (const [name, text] of entries) {
        expect(name.length).toBeGreaterThan(0)
        expect(name.length).toBeLessThanOrEqual(settings.maxKeyLength)
        expect(String(text).length).toBeGreaterThan(0)
        expect(String(text).length).toBeLessThanOrEqual(settings.maxValueLength)
        if (settings.ascii) expect(`${name}${text}`).toMatch(/^[\x00-\x7f]*$/)
      }
      const again = read(metadata, settings)
      expect(canonicalJson(again.metadata)).toBe(canonicalJson(metadata))
      expect({ notes: again.notes, problems: again.problems }).toEqual({ notes: [], problems: [] })
    }),
    runs(2000),
  )
})

test('every changed value has a note', { timeout: TIMEOUT }, () => {
  const texts = fc.dictionary(key, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { maxKeys: 16 })
  fc.assert(
    fc.property(texts, rules, (source, settings) => {
      const { metadata, notes } = fitMetadata(source, settings)
      const kept = new Map(Object.entries(metadata))
      const told = new Set(notes.map(({ code, detail }) => `${code} ${detail}`))
      for (const [name, text] of Object.entries(source)) {
        const now = kept.get(name)
        if (now === text) continue
        const codes = ['metadata_value_dropped', 'metadata_non_ascii_dropped', 'metadata_key_dropped']
        const expected =
          now === undefined
            ? codes.some((code) => told.has(`${code} ${name}`))
            : told.has(`metadata_value_cut ${name} cut to ${settings.maxValueLength} characters`)
        expect(expected).toBe(true)
      }
    }),
    runs(1000),
  )
})

test('records get the same keys before and after a merge', { timeout: TIMEOUT }, () => {
  const narrow = fc.dictionary(fc.stringMatching(/^[a-z]{1,2}$/), fc.constantFrom('x', 'y'), { maxKeys: 16 })
  const settings: Rules = { ...RULES.metadata, tooManyKeys: 'drop', keep: ['q', 'zz'] }
  const merged = (all: JsonObject[]): JsonObject => {
    const drafts = all.map((metadata) => ({ key: 'k', secrets: null, attributes: { metadata } }))
    const united = mergeDrafts(user, drafts, { metadata: 'union' }).attributes.metadata
    return fitMetadata(Object.assign(Object.create(null), united), settings).metadata
  }
  fc.assert(
    fc.property(fc.array(narrow, { minLength: 1, maxLength: 5 }), (all) => {
      const after = merged(all)
      const before = merged(all.map((metadata) => fitMetadata(metadata, settings).metadata))
      expect(canonicalJson(before)).toBe(canonicalJson(after))
      expect(Object.keys(merged([...all].reverse())).sort()).toEqual(Object.keys(after).sort())
      expect(checkMetadataLimits(after, settings)).toEqual([])
    }),
    runs(1000),
  )
})
