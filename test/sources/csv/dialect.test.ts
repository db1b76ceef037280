import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { type Reading, readCsv, sums } from '../reading.ts'

const two = [
  { email: 'ada@example.com', first_name: 'Ada' },
  { email: 'bob@example.com', first_name: 'Bob' },
]

function data(reading: Reading) {
  return reading.records.map((record) => record.data)
}

function lines(reading: Reading) {
  return reading.records.map((record) => record.origin.line)
}

test.each([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['bar', '|'],
])('detects a %s between the columns', async (_name, delimiter) => {
  const text = 'email,first_name\nada@example.com,Ada\nbob@example.com,Bob\n'.replaceAll(',', delimiter)
  expect(data(await readCsv(text))).toEqual(two)
})

test('detects the delimiter outside quotes', async () => {
  const reading = await readCsv('email;"a,b,c,d"\nada@example.com;1\n')
  expect(data(reading)).toEqual([{ email: 'ada@example.com', 'a,b,c,d': '1' }])
})

test('uses the delimiter of the manifest', async () => {
  const reading = await readCsv('email:first_name\nada@example.com:Ada, Countess\n', { delimiter: ':' })
  expect(data(reading)).toEqual([{ email: 'ada@example.com', first_name: 'Ada, Countess' }])
  expect(data(await readCsv('email\tmetadata\na@example.com\tb;c;d\n', { delimiter: 'tab' }))).toEqual([
    { email: 'a@example.com', metadata: 'b;c;d' },
  ])
})

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('lines can end with %s, and are counted', async (_name, end) => {
  const reading = await readCsv(['email,first_name', 'ada@example.com,Ada', '', 'bob@example.com,Bob'].join(end))
  expect(data(reading)).toEqual(two)
  expect(lines(reading)).toEqual([2, 4])
})

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('a quoted line break (%s) belongs to its field, and later rows keep their line', async (_name, end) => {
  const rows = ['email,first_name,"last', 'name"', 'ada@example.com,"A', 'd', 'a",L', 'bob@example.com,Bob,B', 'x,y']
  const reading = await readCsv(rows.join(end))
  expect(data(reading)[0]).toEqual({ email: 'ada@example.com', first_name: `A${end}d${end}a`, [`last${end}name`]: 'L' })
  expect(lines(reading)).toEqual([3, 6])
  expect(reading.rejected.map((record) => record.origin.line)).toEqual([7])
})

test('quotes inside a quoted field are doubled', async () => {
  const reading = await readCsv('email,first_name\nada@example.com,"the ""A"", Ada"\n')
  expect(data(reading)).toEqual([{ email: 'ada@example.com', first_name: 'the "A", Ada' }])
})

test(tried('CSV of any kind', 'our own columns', 'a byte-order mark, spaces in the header'), async () => {
  const reading = await readCsv('\ufeff email , first_name\nada@example.com,Ada\nbob@example.com,Bob')
  expect(data(reading)).toEqual(two)
  expect(reading.warnings).toEqual([])
})

test(tried('CSV of any kind', 'our own columns', 'remarks and blank lines before the header'), async () => {
  const reading = await readCsv('# exported, "today\n\nemail,first_name\nada@example.com,Ada\nbob@example.com,Bob\n')
  expect(data(reading)).toEqual(two)
  expect(lines(reading)).toEqual([4, 5])
})

test(tried('CSV of any kind', 'our own columns', 'gzip under any name'), async () => {
  const packed = gzipSync('email,first_name\nada@example.com,Ada\nbob@example.com,Bob\n')
  const reading = await readCsv(packed)
  expect(data(reading)).toEqual(two)
  expect(lines(reading)).toEqual([2, 3])
})

test(tried('CSV of any kind', 'our own columns', 'NUL characters'), async () => {
  const reading = await readCsv('email,first_name\nada@example.com,A\0d\0a\nbob@example.com,Bob\n')
  expect(data(reading)).toEqual(two)
  expect(reading.warnings).toMatchObject([{ code: 'nul_characters', message: '2 NUL characters were left out' }])
})

test('characters and records across chunk borders stay whole', async () => {
  const names = Array.from({ length: 30_000 }, (_, index) => `Ünïcødé 🜚 ${index}`)
  const reading = await readCsv(
    `email,first_name\n${names.map((name, index) => `u${index}@example.com,"${name}"\n`).join('')}`,
  )
  expect(reading.records.map((record) => record.data.first_name)).toEqual(names)
  expect(reading.records.map((record) => record.seq)).toEqual(names.map((_, index) => index))
  expect(lines(reading)).toEqual(names.map((_, index) => index + 2))
  expect(Math.max(...reading.chunks)).toBe(1000)
  expect(sums(reading)).toEqual([['users', 30_000, 30_000, 0]])
})
