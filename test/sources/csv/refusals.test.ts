import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ManifestError, OperatorError, SourceError } from '../../../src/diagnostics/errors.ts'
import { tried } from '../../tried.ts'
import { folderWith, readAll, readCsv, sums } from '../reading.ts'

async function refusal(reading: Promise<unknown>): Promise<OperatorError> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OperatorError)) throw new Error(`not refused, or not for the operator: ${error}`)
  return error
}

test(tried('CSV of any kind', 'our own columns', 'a row of another length'), async () => {
  const reading = await readCsv('email,first_name\na@example.com\nb@example.com,B\nc@example.com,C,,\n')
  expect(reading.records.map((record) => record.data.email)).toEqual(['b@example.com'])
  expect(reading.rejected).toMatchObject([
    { stream: 'users', origin: { file: 'users.csv', line: 2 }, problem: { code: 'ragged_row' } },
    { origin: { line: 4 }, problem: { code: 'ragged_row', message: 'the row has 4 fields; the header has 2' } },
  ])
  expect(sums(reading)).toEqual([['users', 3, 1, 2]])
})

test('a ragged row is not shown', async () => {
  const reading = await readCsv('email,password,first_name\na@example.com,hunter2-secret\n')
  expect(JSON.stringify(reading.rejected)).not.toContain('hunter2')
})

test(tried('CSV of any kind', 'our own columns', 'a stray quote in a field'), async () => {
  const reading = await readCsv('email,first_name\na@example.com,5" or 6" tall\nb@example.com,B\n')
  expect(reading.records.map((record) => record.origin.line)).toEqual([3])
  expect(reading.rejected).toMatchObject([{ origin: { line: 2 }, problem: { code: 'stray_quote' } }])
  expect(sums(reading)).toEqual([['users', 2, 1, 1]])
})

test('a row can have org_id and org_external_id: the mapping decides', async () => {
  const reading = await readCsv('email,org_id,org_external_id\na@example.com,org_1,acme\nb@example.com,,acme\n')
  expect(reading.rejected).toEqual([])
  expect(sums(reading)).toEqual([['users', 2, 2, 0]])
})

test(tried('CSV of any kind', 'our own columns', 'a quote that is never closed'), async () => {
  const error = await refusal(readCsv('email,first_name\na@example.com,A\n\nb@example.com,"B\nc@example.com,C\n'))
  expect(error).toBeInstanceOf(SourceError)
  expect(error.problems).toMatchObject([{ code: 'unclosed_quote', at: { file: 'users.csv', line: 4 } }])
})

test('a quote that closes inside a field ends the reading at its record', async () => {
  const error = await refusal(readCsv('email,first_name\na@example.com,"A\nb@example.com,"B"\n'))
  expect(error).toBeInstanceOf(SourceError)
  expect(error.problems).toMatchObject([{ code: 'broken_quote', at: { line: 2 } }])
  expect(error.problems[0]?.message).toContain('a quote at line 3')
})

test('a record of more than 16 MiB ends the reading', async () => {
  const error = await refusal(readCsv(`email,first_name\na@example.com,A\nb@example.com,"${'x\n'.repeat(9_000_000)}`))
  expect(error.problems).toMatchObject([{ code: 'record_too_long', at: { line: 3 } }])
})

test.each([
  ['an empty file', '', 'empty_file'],
  ['a file of blank lines', '\n\n  \n', 'empty_file'],
  ['a file of remarks', '# nothing here', 'empty_file'],
  ['a missing required column', 'first_name\nA\n', 'missing_column'],
  ['a repeated column', 'email,first_name,email\na@example.com,A,b@example.com\n', 'duplicate_column'],
  ['a column that cannot be a member', 'email,__proto__\na@example.com,A\n', 'reserved_column'],
  ['a stray quote in the header', 'em"ail,first_name\na@example.com,A\n', 'stray_quote'],
  ['a ZIP archive', Buffer.from('PK\x03\x04 and so on', 'latin1'), 'zip_archive'],
  ['incomplete gzip', gzipSync('email\na@example.com\n'.repeat(99)).subarray(0, -12), 'broken_gzip'],
  ['damaged gzip', Buffer.from('1f8b08000000000000ffffffffffff', 'hex'), 'broken_gzip'],
])('%s is rejected', async (_name, content, code) => {
  const error = await refusal(readCsv(content))
  expect(error).toBeInstanceOf(SourceError)
  expect(error.problems).toMatchObject([{ code, at: { file: 'users.csv' } }])
})

test('a missing column names a similar column', async () => {
  const error = await refusal(readCsv('E-Mail,first_name\na@example.com,A\n'))
  expect(error.problems).toMatchObject([{ at: { line: 1 }, hint: 'rename the column "E-Mail" if it is the right one' }])
})

test(tried('CSV of any kind', 'our own columns', 'no header'), async () => {
  const error = await refusal(readCsv('a@example.com,$2b$10$secret\n'))
  expect(error.problems[0]?.hint).toContain('add a first line that names the columns')
  expect(JSON.stringify(error.problems)).not.toContain('secret')
})

test('a missing file and a folder are errors of the manifest', async () => {
  const folder = folderWith({})
  const missing = await refusal(readAll({ type: 'csv', path: 'nowhere.csv' }, folder))
  expect(missing).toBeInstanceOf(ManifestError)
  expect(missing.problems).toMatchObject([{ code: 'file_not_found', at: { file: 'nowhere.csv' } }])
  mkdirSync(join(folder, 'data'))
  const directory = await refusal(readAll({ type: 'csv', path: 'data' }, folder))
  expect(directory.problems).toMatchObject([{ code: 'not_a_file' }])
})

test('a header without rows yields nothing, with a warning', async () => {
  const reading = await readCsv('email,first_name\n')
  expect(reading.records).toEqual([])
  expect(reading.warnings).toMatchObject([{ code: 'no_rows', severity: 'warning' }])
  expect(sums(reading)).toEqual([['users', 0, 0, 0]])
})

test('unknown columns are reported once, with the nearest known one, and passed on', async () => {
  const reading = await readCsv('email,frist_name,shoe size\na@example.com,A,44\nb@example.com,B,45\n')
  expect(reading.warnings).toHaveLength(1)
  expect(reading.warnings[0]?.message).toBe('unknown columns: "frist_name" (did you mean "first_name"?), "shoe size"')
  expect(reading.records[0]?.data).toEqual({ email: 'a@example.com', frist_name: 'A', 'shoe size': '44' })
})

test('a column without a name is left out with a warning', async () => {
  const reading = await readCsv('email,,\na@example.com,x,\n')
  expect(reading.records[0]?.data).toEqual({ email: 'a@example.com' })
  expect(reading.warnings).toMatchObject([{ code: 'nameless_column' }])
})

test('rows of empty fields are not records, and are counted', async () => {
  const reading = await readCsv('email,first_name\n,\na@example.com,A\n , \n')
  expect(sums(reading)).toEqual([['users', 1, 1, 0]])
  expect(reading.warnings).toMatchObject([{ code: 'blank_rows', message: 'left out 2 rows with only empty fields' }])
})

test('spaces around values are removed, except in a password', async () => {
  const reading = await readCsv('email,first_name,last_name,password\n a@example.com , A ,  , pass word \n')
  expect(reading.records[0]?.data).toEqual({ email: 'a@example.com', first_name: 'A', password: ' pass word ' })
})

test('the digest changes with every byte, and only then', async () => {
  const [one, same, other] = await Promise.all(
    ['email\na@example.com\n', 'email\na@example.com\n', 'email\nb@example.com\n'].map((text) => readCsv(text)),
  )
  expect(one?.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(same?.digest).toBe(one?.digest)
  expect(other?.digest).not.toBe(one?.digest)
})

test('an abort stops the reading', async () => {
  const folder = folderWith({ 'users.csv': 'email\na@example.com\n' })
  const { openSource } = await import('../../../src/sources/registry.ts')
  const source = await openSource(
    { type: 'csv', path: 'users.csv' },
    { directory: folder, scratch: folder, reject() {}, warn() {}, signal: AbortSignal.abort(new Error('stopped')) },
  )
  await expect(source.read(10)[Symbol.asyncIterator]().next()).rejects.toThrow('stopped')
})
