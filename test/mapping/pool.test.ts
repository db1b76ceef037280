import { expect, onTestFinished, test } from 'vitest'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { createMapperPool, type MapperPool } from '../../src/mapping/pool.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { manifestWith, recordsOf } from './manifest.ts'

const manifest = manifestWith({
  user: { key: 'id', email: 'email', firstName: '$number(age) > 17 ? name' },
  membership: { each: 'orgs', organization: '$' },
})

const records = recordsOf(
  Array.from({ length: 1000 }, (_, index) => ({
    id: `u${index}`,
    email: index % 100 === 7 ? 'nobody' : `u${index}@example.com`,
    age: index % 100 === 13 ? 'old' : 20,
    name: 'Ada',
    orgs: ['acme', 'beta'].slice(0, index % 3),
  })),
)

function poolOf(workers: number): MapperPool {
  const pool = createMapperPool(manifest, { workers, mainStream: 'users' })
  onTestFinished(() => pool.close())
  return pool
}

function inChunks(pool: MapperPool, size: number): Promise<MapResult[]> {
  const starts = Array.from({ length: Math.ceil(records.length / size) }, (_, index) => index * size)
  return Promise.all(starts.map((start) => pool.map(records.slice(start, start + size))))
}

test('one worker and four yield the same, however the chunks are cut', async () => {
  const one = await inChunks(poolOf(1), 300)
  const four = await inChunks(poolOf(4), 37)
  expect(four.flatMap((result) => result.drafts)).toEqual(one.flatMap((result) => result.drafts))
  expect(four.flatMap((result) => result.rejects)).toEqual(one.flatMap((result) => result.rejects))
})

test('bad records spoil neither their neighbours nor the count', async () => {
  const results = await inChunks(poolOf(2), 100)
  const users = results.flatMap(({ drafts }) => drafts.filter(({ kind }) => kind === 'user'))
  const rejected = results.flatMap(({ rejects }) => rejects.filter(({ kind }) => kind === 'user'))
  expect(users).toHaveLength(980)
  expect(rejected.map(({ code }) => code).sort()).toEqual([
    ...Array.from({ length: 10 }, () => 'expression_failed'),
    ...Array.from({ length: 10 }, () => 'invalid_email'),
  ])
  expect(results.reduce((sum, { mapped, leftOut }) => sum + mapped + leftOut, 0)).toBe(1000)
})

test('an expression that does not compile is told before a worker starts', () => {
  expect(() => createMapperPool(manifestWith({ user: { email: '(' } }), { workers: 1 })).toThrow(ManifestError)
})
