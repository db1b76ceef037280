import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UserDedupe } from '../../src/config/manifest.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import { dedupeWith, manifestWith, recordsOf } from './manifest.ts'

const MAP = { user: { key: 'id', email: 'email', externalId: 'external', emailVerified: 'verified' } }

function mapped(dedupe: Partial<UserDedupe>, data: JsonObject[]) {
  const settings = mapperSettings(manifestWith(MAP, { dedupe: dedupeWith(dedupe) }), 'users')
  return mapChunk({ records: recordsOf(data) }, compileMapping(settings))
}

const person = (more: JsonObject): JsonObject => ({ id: 'u', email: 'a@example.com', ...more })

/** The values in the order in which their records are preferred. */
async function preferred(values: JsonObject['x'][]): Promise<JsonObject['x'][]> {
  const { drafts } = await mapped(
    { prefer: '$record.x' },
    values.map((x) => person({ x })),
  )
  const ranked = drafts.map(({ rank = '' }, index) => ({ rank, value: values[index] ?? null }))
  return ranked.sort((a, b) => Buffer.compare(Buffer.from(b.rank), Buffer.from(a.rank))).map(({ value }) => value)
}

describe('the values of prefer', () => {
  test('the greatest comes first, true before false, no value last', async () => {
    const order = ['b', 'ab', 'a', 1e300, 10, 9.5, 2, 0, -0.5, -2, -10, -1e300, true, false, null]
    expect(await preferred([...order].sort(() => 0.5 - Math.random()))).toEqual(order)
  })

  test('compare as numbers, and as bytes of text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 20 }),
        fc.array(
          fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== ''),
          { maxLength: 20 },
        ),
        async (numbers, texts) => {
          const sorted = [...numbers].map((n) => (n === 0 ? 0 : n)).sort((a, b) => b - a)
          expect((await preferred(numbers)).map((n) => (n === 0 ? 0 : n))).toEqual(sorted)
          const bytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)))
          expect(await preferred(texts)).toEqual(bytes)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('count in the order of the list', async () => {
    const rows = [
      person({ verified: 'no', x: 9 }),
      person({ verified: 'yes', x: 1 }),
      person({ verified: 'yes', x: 2 }),
      person({ x: 10 }),
    ]
    const { drafts } = await mapped({ prefer: ['emailVerified', '$record.x'] }, rows)
    const ranks = drafts.map(({ rank = '' }) => rank)
    expect([...ranks].sort().reverse()).toEqual([ranks[2], ranks[1], ranks[0], ranks[3]])
  })

  test('read the mapped user, whose address is the one that is sent', async () => {
    const email = 'a+x@gmail.com'
    const rules = { plusTags: 'ignore', gmailDots: 'ignore' } as const
    const { drafts } = await mapped({ prefer: 'email', email: rules }, [person({ email })])
    expect(drafts[0]?.rank).toContain(Buffer.from(email).toString('hex'))
    expect(drafts[0]?.group).toBe('["a@gmail.com"]')
  })

  test('a list has no rank: the user is rejected, and no secret is shown', async () => {
    const { drafts, rejects } = await mapped({ prefer: '[1, 2]' }, [person({})])
    expect(drafts).toEqual([])
    expect(rejects).toMatchObject([
      { code: 'expression_failed', message: expect.stringMatching(/^dedupe\.user\.prefer\.0 fails: a list/) },
    ])
  })

  test('a failure does not quote the secret at fault', async () => {
    const { rejects } = await mapped({ prefer: '$number($record.password)' }, [person({ password: 'canary-1' })])
    expect(rejects).toMatchObject([{ code: 'expression_failed' }])
    expect(rejects[0]?.message).not.toContain('canary')
  })
})

describe('the value of updatedAt', () => {
  const times = async (data: JsonObject[], dedupe: Partial<UserDedupe> = { strategy: 'newest' }) =>
    (await mapped({ updatedAt: '$record.at', ...dedupe }, data)).drafts.map(({ updatedAt }) => updatedAt)

  test('is a time in any of the usual forms, or missing', async () => {
    const at = Date.parse('2024-06-01T00:00:00Z')
    const forms = ['2024-06-01', '2024-06-01 02:00:00+02', at, at / 1000, String(at), null, '']
    expect(await times(forms.map((form) => person({ at: form })))).toEqual([at, at, at, at, at, undefined, undefined])
  })

  test('is evaluated only if a rule is newest', async () => {
    const at = person({ at: '2024-06-01' })
    expect(await times([at], { fields: { 'metadata.plan': 'newest' } })).toEqual([Date.parse('2024-06-01')])
    expect(await times([at], { fields: { firstName: 'longest' } })).toEqual([undefined])
  })

  test('that is not a time rejects the user', async () => {
    const { rejects } = await mapped({ strategy: 'newest', updatedAt: '$record.at' }, [person({ at: 'yesterday' })])
    expect(rejects).toMatchObject([{ code: 'expression_failed', message: expect.stringContaining('not a time') }])
  })
})

test('by also reads the record of the source', async () => {
  const { drafts } = await mapped({ by: ['email', '$record.tenant'] }, [person({ tenant: 't1' })])
  expect(drafts[0]?.group).toBe('["a@example.com","t1"]')
})

test('an external ID is marked if it is not the key', async () => {
  const { drafts } = await mapped({}, [person({ external: 'e' }), person({ external: 'u' }), person({})])
  expect(drafts.map(({ externalId }) => externalId)).toEqual(['e', undefined, undefined])
})
