import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { RULES } from '../kinds/rules.ts'
import { assembled, contents, type RecordPart } from './assembled.ts'

const email = 'ada@example.com'
const keys = (prefix: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, prefix]))
const rules = (changed: Partial<Manifest['metadata']>) => ({ metadata: { ...RULES.metadata, ...changed } })
const ada = (key: string, metadata: Record<string, string>): RecordPart => ({ users: [{ key, email, metadata }] })

describe('metadata that exceeds the limit after merging', () => {
  const records = [ada('u1', keys('m', 6)), ada('u2', keys('a', 6)), ada('u3', keys('z', 2))]

  test('keeps the first keys, and left-out keys are reported once for the user', async () => {
    const set = await assembled(records, rules({ tooManyKeys: 'drop', keep: ['z1'] }))
    expect(set.get('user', 'u1')?.attributes.metadata).toEqual({
      ...keys('a', 6),
      ...keys('m', 3),
      z1: 'z',
    })
    expect(set.rejectCount()).toBe(0)
    expect(set.noteCounts()).toEqual([
      ...['m3', 'm4', 'm5', 'z0'].map((detail) => ({ kind: 'user', code: 'metadata_key_dropped', detail, count: 1 })),
      { kind: 'user', code: 'metadata_keys_above_limit', detail: '10', count: 1 },
    ])
  })

  test('is the same in whatever order chunks arrive', async () => {
    const changed = rules({ tooManyKeys: 'drop' })
    const first = await assembled(records, changed)
    for (const chunks of [
      [[2], [0], [1]],
      [[1, 2], [0]],
    ]) {
      const other = await assembled(records, changed, chunks)
      expect(contents(other)).toEqual(contents(first))
      expect(other.noteCounts()).toEqual(first.noteCounts())
    }
  })

  test('rejects the user if the rule is to reject', async () => {
    const set = await assembled(records, rules({ tooLong: 'cut' }))
    expect(set.count('user')).toBe(0)
    expect([...set.rejects()]).toMatchObject([{ key: 'u1', code: 'metadata_too_many_keys' }])
  })
})

test('a key that one record lost and another one has is not reported as lost', async () => {
  const lost = (key: string, detail: string) => ({ kind: 'user', key, code: 'metadata_value_dropped', detail })
  const set = await assembled([
    { ...ada('u1', { plan: 'pro' }), notes: [lost('u1', 'bio'), lost('u1', 'cv')] },
    ada('u2', { bio: 'short' }),
  ])
  expect(set.noteCounts()).toEqual([{ kind: 'user', code: 'metadata_value_dropped', detail: 'cv', count: 1 }])
})
