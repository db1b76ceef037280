import { expect, test } from 'vitest'
import { createWorld, people, type Row } from '../planning/world.ts'

const rows: Row[] = [
  ...people(6),
  { ...people(1)[0], external_id: 'again' },
  { ...people(1)[0], email: 'nonsense', external_id: 'wrong' },
  { ...people(1)[0], email: 'out@example.com', external_id: 'out', first_name: 'out' },
]

test('after an apply, every record has an outcome', async () => {
  const map = { user: { when: 'first_name != "out"' }, organization: null, membership: null }
  const world = await createWorld(rows, { map, safety: { maxRejects: 5 } })
  const { kinds, accounting } = await world.apply(await world.plan())
  const { streams, records } = accounting
  expect(streams.map(({ read, rejected }) => read - rejected)).toEqual([records.mapped + records.leftOut])
  expect(records).toMatchObject({ mapped: 8, leftOut: 1 })
  for (const { yielded, distinct, merged, rejected, kind } of accounting.kinds) {
    expect(distinct + merged + rejected, kind).toBe(yielded)
    const result = kinds.find((candidate) => candidate.kind === kind)
    if (result === undefined) continue
    const { created, updated, adopted, unchanged, gone, failed, blocked, pending } = result
    expect(created + updated + adopted + unchanged + gone + failed + blocked + pending, kind).toBe(distinct)
  }
  expect(accounting.kinds.find(({ kind }) => kind === 'user')).toMatchObject({ yielded: 8, merged: 1, rejected: 1 })
})
