import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { nullValues, WrittenNulls, writtenNullWarnings } from '../../../src/sources/text/written-nulls.ts'

function counted(records: readonly JsonObject[], names?: readonly string[]) {
  const nulls = new WrittenNulls(names && (() => new Set(names)))
  for (const [index, data] of records.entries()) {
    nulls.add({ stream: 'users', data, origin: { file: 'users.csv', line: index + 2 } })
  }
  return nulls.found()
}

test.each([
  ...['NULL', 'null', '(NULL)', '<null>', '\\N', 'None', 'nan', 'NaN', 'undefined', '[object Object]', ' NULL '],
  ...['(null)', '[NULL]', '<NULL>', 'nil', '<nil>', 'N/A', 'n/a', '#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!'],
  ...['0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000', '0000-00-00 00:00:00.000000'],
])('%j looks like a written null', (text) => {
  expect(counted([{ a: text }])).toMatchObject([{ column: 'a', values: [{ value: text.trim(), count: 1 }], of: 1 }])
})

test.each([
  'Null',
  'Nullmann',
  'NULLABLE',
  'none',
  'Nan',
  'Nil',
  'NA',
  '',
  '0',
  'N',
  '2024-00-00',
  null,
  0,
  false,
])('%j is a value, or empty', (value) => {
  expect(counted([{ a: value }])).toEqual([])
})

test('cells are counted by column and value over all records, with the place of the first', () => {
  const found = counted([{ a: 'x', b: 'NULL' }, { a: 'NULL', b: 'NULL' }, { b: '\\N' }, {}])
  expect(found).toEqual([
    {
      stream: 'users',
      column: 'b',
      values: [
        { value: 'NULL', count: 2 },
        { value: '\\N', count: 1 },
      ],
      of: 4,
      first: { file: 'users.csv', line: 2 },
    },
    {
      stream: 'users',
      column: 'a',
      values: [{ value: 'NULL', count: 1 }],
      of: 4,
      first: { file: 'users.csv', line: 3 },
    },
  ])
  expect(nullValues(found)).toEqual(['NULL', '\\N'])
})

test('joined rows, objects and lists are checked, and a row has its own place', () => {
  const row = { org_name: 'undefined', _file: 'members.csv', _line: 9 }
  const found = counted([{ memberships: [row, { org_name: 'Acme' }], profile: { plan: 'None' }, roles: ['null', 'x'] }])
  expect(found.map(({ column, of, first }) => [column, of, first.file, first.line])).toEqual([
    ['roles', 1, 'users.csv', 2],
    ['memberships.org_name', 2, 'members.csv', 9],
    ['profile.plan', 1, 'users.csv', 2],
  ])
})

test('columns that nobody reads do not count', () => {
  const record = { a: 'NULL', b: 'NULL', rows: [{ a: 'NULL', c: 'NULL' }], others: [{ a: 'NULL' }] }
  expect(counted([record], ['a', 'rows']).map(({ column }) => column)).toEqual(['a', 'rows.a'])
})

test('endless names are counted up to a limit', () => {
  const nulls = new WrittenNulls()
  for (let index = 0; index < 5000; index++) {
    nulls.add({ stream: 'users', data: { [`k${index}`]: 'NULL', [`o${index}`]: { x: 'NULL' } }, origin: { file: 'f' } })
  }
  expect(nulls.found().length).toBeLessThanOrEqual(1000)
  const warnings = writtenNullWarnings(nulls.found(), { mapped: false, source: { type: 'csv' } })
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.message).toMatch(
    /^users: \d+ columns contain texts that usually mean "no value": k0 .* and \d+ more$/,
  )
  expect(warnings[0]?.message.length).toBeLessThan(500)
})

test('a warning names column, value, count, the setting and its current value', () => {
  const found = counted([{ org: 'NULL' }, { org: 'Acme' }])
  expect(writtenNullWarnings(found, { mapped: true, source: { type: 'csv', nulls: ['\\N'] } })).toEqual([
    {
      code: 'written_null',
      severity: 'warning',
      message: 'users: the column org contains the text NULL in 1 of 2 rows, and the mapping reads it as a value',
      hint: 'set source.nulls to ["\\\\N", "NULL"] if this means "no value": such CSV cells then count as empty; in JSON, write null',
      at: { file: 'users.csv', line: 2 },
    },
  ])
})

test('the list of a stream is named, if it has one', () => {
  const found = counted([{ teams: [{ team: 'NULL' }] }, { name: 'NULL' }])
  const streams = { users: { path: 'u.csv' }, teams: { path: 't.csv', nulls: ['-'] } }
  const hints = writtenNullWarnings(found, { mapped: true, source: { type: 'file', nulls: ['x'], streams } })
  expect(hints.map(({ hint }) => /set (.*) if/.exec(hint ?? '')?.[1])).toEqual([
    'source.nulls to ["x", "NULL"]',
    'source.streams.teams.nulls to ["-", "NULL"]',
  ])
})
