import { expect, test } from 'vitest'
import { describeNotes } from '../../src/reporting/remarks.ts'

const dropped = (n: number, count: number) => ({ kind: 'user', code: 'metadata_key_dropped', detail: `k${n}`, count })

test('of many similar remarks, the first are shown with a count of the others', () => {
  const many = Array.from({ length: 25 }, (_, n) => dropped(n, 25 - n))
  const others = { kind: 'organization', code: 'metadata_key_dropped', detail: 'z', count: 1 }
  const told = describeNotes([...many, others])
  expect(told).toHaveLength(22)
  expect(told[0]).toMatch(/^25 users: metadata key k0 dropped,/)
  expect(told.slice(19)).toEqual([
    expect.stringMatching(/^6 users: metadata key k19 dropped,/),
    'and 5 more remarks like this',
    expect.stringMatching(/^1 organization: metadata key z dropped,/),
  ])
})

test('up to the limit, all remarks are shown', () => {
  expect(describeNotes(Array.from({ length: 20 }, (_, n) => dropped(n, 1)))).toHaveLength(20)
  expect(describeNotes([])).toEqual([])
})

test.each([
  ['metadata_key_cut', 'abc', '2 users: metadata key cut to abc'],
  ['metadata_value_cut', 'bio cut to 600 characters', '2 users: metadata value of bio cut to 600 characters'],
  [
    'metadata_value_dropped',
    'bio',
    '2 users: metadata value of bio dropped, because it is too long (metadata.tooLong: drop)',
  ],
  [
    'metadata_non_ascii_dropped',
    'city',
    '2 users: metadata of city dropped, because it is not ASCII (metadata.nonAscii: drop)',
  ],
  ['metadata_keys_above_limit', '10', '2 users: only the first 10 metadata keys kept (metadata.tooManyKeys: drop)'],
])('the words of %s', (code, detail, text) => {
  expect(describeNotes([{ kind: 'user', code, detail, count: 2 }])).toEqual([text])
})
