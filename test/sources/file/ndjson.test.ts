import { expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { sums } from '../reading.ts'
import { dataOf, linesOf, readUsers, refusalOf } from './reading.ts'

const readNdjson = (content: string | Buffer) => readUsers('users.ndjson', content)

test('every line is a record with its line', async () => {
  const reading = await readNdjson('{"n":1}\n{"n":2}')
  expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 2 }])
  expect(linesOf(reading)).toEqual([1, 2])
})

test(tried('JSON and NDJSON of any kind', 'NDJSON', 'blank lines, CRLF, a byte-order mark'), async () => {
  const reading = await readNdjson('\ufeff{"n":1}\r\n\r\n   \r\n  {"n":2}  \r\n\n')
  expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 2 }])
  expect(linesOf(reading)).toEqual([1, 4])
  expect(sums(reading)).toEqual([['users', 2, 2, 0]])
})

test(tried('JSON and NDJSON of any kind', 'NDJSON', 'lines that are not objects'), async () => {
  const reading = await readNdjson('{"n":1}\n{"n":\n[1]\n"secret"\n{"n":2}\n{"n":3} {"n":4}\n')
  expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 2 }])
  expect(reading.rejected.map(({ origin, problem }) => [origin.line, problem.code, problem.message])).toEqual([
    [2, 'bad_json', 'not valid JSON: see character 6'],
    [3, 'not_an_object', expect.any(String)],
    [4, 'not_an_object', expect.any(String)],
    [6, 'bad_json', 'this line contains several JSON objects'],
  ])
  expect(JSON.stringify(reading.rejected)).not.toContain('secret')
  expect(sums(reading)).toEqual([['users', 6, 2, 4]])
})

test('lines that are JSON strings are reported as encoded twice', async () => {
  const { rejected } = await readNdjson(`${JSON.stringify('{"n":3}')}\n`)
  expect(rejected).toMatchObject([
    { problem: { code: 'not_an_object', message: expect.stringContaining('encoded twice') } },
  ])
})

test('objects whose lines end with CR only get a hint', async () => {
  const content = '{"n":1}\r{"n":2}\r'
  const { rejected } = await readNdjson(content)
  expect(rejected).toMatchObject([{ problem: { code: 'bad_json', hint: expect.stringContaining('records: $') } }])
  expect(dataOf(await readUsers('users.ndjson', content, { format: 'json', records: '$' }))).toEqual([
    { n: 1 },
    { n: 2 },
  ])
})

test('numbers keep their digits', async () => {
  expect(dataOf(await readNdjson('{"id":12345678901234567890,"n":[1.50]}\n'))).toEqual([
    { id: '12345678901234567890', n: ['1.50'] },
  ])
})

test(tried('JSON and NDJSON of any kind', 'NDJSON', 'a line that is too long'), async () => {
  const reading = await readNdjson(`{"n":1}\n{"n":"${'x'.repeat(17 * 1024 * 1024)}"}\n{"n":2}\n`)
  expect(dataOf(reading)).toEqual([{ n: 1 }, { n: 2 }])
  expect(reading.rejected).toMatchObject([{ origin: { line: 2 }, problem: { code: 'line_too_long' } }])
})

test('a line that is nested too deep is rejected', async () => {
  const deep = (levels: number) => `{"n":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const reading = await readNdjson(`${deep(499)}\n${deep(500)}\n${deep(200_000)}\n`)
  expect(linesOf(reading)).toEqual([1])
  expect(reading.rejected.map(({ origin }) => origin.line)).toEqual([2, 3])
})

test.each([
  '[\n{"n":1},\n{"n":2}\n]\n',
  '{\n  "users": []\n}\n',
])('one document over several lines is detected: %j', async (content) => {
  expect(await refusalOf(readNdjson(content))).toMatchObject({
    code: 'not_ndjson',
    hint: 'set format: json',
    at: { file: 'users.ndjson', line: 1 },
  })
})

test.each([
  ['records', '\n[{"n":1}]\n[{"n":2}]\n', 'the first line is a whole list', 'set format: json to'],
  ['nothing', '\n[]\n{"n":1}\n', 'the first line is a whole list', 'put each record of the list on its own line'],
  ['bare values', '\n["n"]\n[1]\n', 'a list of bare values', 'or write the file as CSV with a header'],
])('a file that begins with a list of %s is rejected once', async (_, content, message, hint) => {
  expect(await refusalOf(readNdjson(content))).toMatchObject({
    code: 'not_ndjson',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
    at: { file: 'users.ndjson', line: 2 },
  })
})

test('a list on a later line is rejected without a hint about the format', async () => {
  const reading = await readNdjson('{"n":1}\n[{"n":2}]\n{"n":3}\n')
  expect(linesOf(reading)).toEqual([1, 3])
  const hint = 'put each record of the list on its own line'
  expect(reading.rejected).toMatchObject([{ origin: { line: 2 }, problem: { code: 'not_an_object', hint } }])
})

test('lines across chunk borders stay whole', async () => {
  const lines = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ n, text: 'äöü😀'.repeat(n % 60) }))
  const reading = await readNdjson(lines.join('\n'))
  expect(dataOf(reading)).toEqual(lines.map((line) => JSON.parse(line)))
  expect(linesOf(reading)).toEqual(lines.map((_, index) => index + 1))
})
