import { expect, test } from 'vitest'
import { SourceError } from '../../../src/diagnostics/errors.ts'
import { tried } from '../../tried.ts'
import { readCsv } from '../reading.ts'

async function refusal(content: Buffer) {
  const error = await readCsv(content).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SourceError)
  return error instanceof SourceError ? error.problems[0] : undefined
}

test(tried('CSV of any kind', 'any encoding', 'bytes that are not UTF-8'), async () => {
  const problem = await refusal(
    Buffer.from('email,first_name\nada@example.com,Ada\nr@example.com,Ren\xe9e\n', 'latin1'),
  )
  expect(problem).toMatchObject({ code: 'wrong_encoding', at: { file: 'users.csv', line: 3 } })
  expect(problem?.hint).toContain('iconv -f WINDOWS-1252 -t UTF-8')
})

test('the line is right far into the file, with CRLF and remarks', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `u${index}@example.com,Grüße\r\n`).join('')
  const broken = Buffer.concat([
    Buffer.from(`# remark\r\nemail,first_name\r\n${rows}`),
    Buffer.from('x@example.com,\xff\r\n', 'latin1'),
  ])
  expect(await refusal(broken)).toMatchObject({ code: 'wrong_encoding', at: { line: 20_003 } })
})

test('a truncated character at the end of the file is rejected', async () => {
  const whole = Buffer.from('email,first_name\nada@example.com,é')
  expect(await refusal(whole.subarray(0, -1))).toMatchObject({ code: 'wrong_encoding', at: { line: 2 } })
})

test.each([
  ['UTF-16LE', Buffer.from('email\na@example.com\n', 'utf16le')],
  ['UTF-16BE', Buffer.from('email\na@example.com\n', 'utf16le').swap16()],
])('%s without a mark is detected and named', async (name, content) => {
  const problem = await refusal(content)
  expect(problem).toMatchObject({ code: 'wrong_encoding', message: `the file is ${name}, not UTF-8`, at: { line: 1 } })
  expect(problem?.hint).toContain(`iconv -f ${name} -t UTF-8`)
})

test.each([
  ['UTF-16LE', Buffer.from('\ufeffemail,first_name\na@example.com,Zoë 😀\n', 'utf16le')],
  ['UTF-16BE', Buffer.from('\ufeffemail,first_name\na@example.com,Zoë 😀\n', 'utf16le').swap16()],
  ['UTF-8', Buffer.from('\ufeffemail,first_name\na@example.com,Zoë 😀\n')],
])('%s with a mark is read', async (_name, content) => {
  const { records } = await readCsv(content)
  expect(records.map(({ data }) => data)).toEqual([{ email: 'a@example.com', first_name: 'Zoë 😀' }])
})

test('UTF-16 that is cut off within a character is rejected', async () => {
  const content = Buffer.from('\ufeffemail\na@example.com\n', 'utf16le').subarray(0, -1)
  expect(await refusal(content)).toMatchObject({ code: 'wrong_encoding' })
})
