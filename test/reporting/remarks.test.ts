import { expect, test } from 'vitest'
import { describeNotes } from '../../src/reporting/remarks.ts'

const dropped = (n: number, count: number) => ({ kind: 'user', code: 'metadata_key_dropped', detail: `k${n}`, count })

test('of many remarks of a sort the first are told, and how many others there are', () => {
  const many = Array.from({ length: 25 }, (_, n) => dropped(n, 25 - n))
  const others = { kind: 'organization', code: 'metadata_key_dropped', detail: 'z', count: 1 }
  const told = describeNotes([...many, others])
  expect(told).toHaveLength(22)
  expect(told[0]).toMatch(/^25 users without the metadata key k0,/)
  expect(told.slice(19)).toEqual([
    expect.stringMatching(/^6 users without the metadata key k19,/),
    'and 5 more remarks of this sort',
    expect.stringMatching(/^1 organization without the metadata key z,/),
  ])
})

test('what is just not too many is told as it is', () => {
  expect(describeNotes(Array.from({ length: 20 }, (_, n) => dropped(n, 1)))).toHaveLength(20)
  expect(describeNotes([])).toEqual([])
})

test.each([
  ['metadata_key_cut', 'abc', '2 users with a metadata key cut to abc'],
  ['metadata_value_cut', 'bio cut to 600 characters', '2 users: metadata value of bio cut to 600 characters'],
  [
    'metadata_value_dropped',
    'bio',
    '2 users without the metadata value of bio, which is too long (metadata.tooLong is drop)',
  ],
  [
    'metadata_non_ascii_dropped',
    'city',
    '2 users without the metadata of city, which is not ASCII (metadata.nonAscii is drop)',
  ],
  [
    'metadata_keys_above_limit',
    '10',
    '2 users with more than 10 metadata keys: the others left out (metadata.tooManyKeys is drop)',
  ],
])('%s says what was done', (code, detail, text) => {
  expect(describeNotes([{ kind: 'user', code, detail, count: 2 }])).toEqual([text])
})
