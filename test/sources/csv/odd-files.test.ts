import { describe, expect, test } from 'vitest'
import type { SourceConfig } from '../../../src/config/manifest.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { sourceDefinition } from '../../../src/sources/registry.ts'
import { tried } from '../../tried.ts'
import { refusalOf } from '../file/reading.ts'
import { folderWith, type Reading, readAll, sums } from '../reading.ts'
import { readInParts } from '../reading-parts.ts'

type Files = Record<string, string | Buffer>

/** Reads a source at once and in small pieces, with the same result. */
async function readBoth(config: SourceConfig, files: Files): Promise<Reading> {
  const whole = await readAll(config, folderWith(files))
  const { chunks: _, ...inParts } = await readInParts(config, folderWith(files), 2)
  const { chunks: __, ...atOnce } = whole
  expect(inParts).toEqual(atOnce)
  return whole
}

const readUsers = (content: string | Buffer, options = {}) =>
  readBoth({ type: 'file', streams: { users: { path: 'users.csv', ...options } } }, { 'users.csv': content })

const dataOf = ({ records }: Reading) => records.map(({ data }) => data)
const linesOf = ({ records }: Reading) => records.map(({ origin }) => origin.line)

async function problemsOf(config: SourceConfig, files: Files): Promise<Problem[]> {
  const { type: _, ...options } = config
  return (await sourceDefinition(config)).check(options, folderWith(files))
}

describe('a first line that sets the delimiter', () => {
  test.each([
    ['sep=;', ';'],
    ['sep=,', ','],
    ['SEP=|', '|'],
    ['"sep=;"', ';'],
    ['sep=\t', '\t'],
    ['sep=^', '^'],
    ['sep=;;;;', ';'],
    ['sep=¦', '¦'],
  ])('%j is not a header', async (line, delimiter) => {
    const text = `\ufeff${line}\r\nid${delimiter}name\r\n1${delimiter}a,b;c\r\n`.replaceAll(
      delimiter === ',' || delimiter === ';' ? 'a,b;c' : '\u0000',
      'abc',
    )
    const reading = await readUsers(text)
    expect(Object.keys(dataOf(reading)[0] ?? {})).toEqual(['id', 'name'])
    expect(linesOf(reading)).toEqual([3])
  })

  test(tried('CSV of any kind', 'any dialect', 'a first line sep=; in UTF-16'), async () => {
    const wide = Buffer.from('\ufeffsep=\t\r\nid\tname\r\n1\tZoë\r\n', 'utf16le')
    expect(dataOf(await readUsers(wide))).toEqual([{ id: '1', name: 'Zoë' }])
  })

  test('is data if the manifest sets the delimiter, or in a file without a header', async () => {
    expect(dataOf(await readUsers('sep=;\nid,name\n1,a;b\n', { delimiter: ',' }))).toEqual([{ id: '1', name: 'a;b' }])
    expect(dataOf(await readUsers('sep=;\n1;a\n', { columns: ['id', 'name'] }))).toEqual([{ id: '1', name: 'a' }])
  })

  test('can be in every file of csv and clerk', async () => {
    const csv = await readBoth(
      { type: 'csv', path: 'u.csv', userRoles: 'r.csv' },
      { 'u.csv': 'sep=;\nemail;external_id\na@example.com;1\n', 'r.csv': 'sep=|\nexternal_id|role_slug\n1|admin\n' },
    )
    expect(dataOf(csv)).toEqual([
      { email: 'a@example.com', external_id: '1' },
      { external_id: '1', role_slug: 'admin' },
    ])
    const clerk = await readBoth(
      { type: 'clerk', users: 'u.csv' },
      { 'u.csv': 'sep=;\nid;primary_email_address\nuser_1;a@example.com\n' },
    )
    expect(dataOf(clerk)).toMatchObject([{ id: 'user_1', primary_email_address: 'a@example.com' }])
  })
})

describe('line ends', () => {
  test.each([
    ['LF, then CR', 'id,name\n1,a\r2,b\n3,c\n', [2, 3, 4]],
    ['CR, then LF', 'id,name\r1,a\n2,b\r3,c\r', [2, 3, 4]],
    ['CRLF, LF and CR', 'id,name\r\n1,a\n2,b\r\n3,c\r', [2, 3, 4]],
    ['a surplus CR', 'id,name\r\r\n1,a\r\r\n2,b\r\r\n3,c\r\r\n', [3, 5, 7]],
    ['in quotes too', 'id,"name"\n1,"a"\r2,"b"\n3,"c"', [2, 3, 4]],
  ])('can be mixed: %s', async (_name, content, lines) => {
    const reading = await readUsers(content)
    expect(dataOf(reading)).toEqual([
      { id: '1', name: 'a' },
      { id: '2', name: 'b' },
      { id: '3', name: 'c' },
    ])
    expect(linesOf(reading)).toEqual(lines)
  })

  test(tried('CSV of any kind', 'any dialect', 'an unquoted line break in a value'), async () => {
    const reading = await readUsers('id,email,name\n1,a@example.com,one\rtwo\n2,b@example.com,B\n')
    expect(dataOf(reading).map(({ id }) => id)).toEqual(['1', '2'])
    expect(reading.rejected).toMatchObject([
      { origin: { line: 3 }, problem: { code: 'ragged_row', hint: expect.stringContaining('a line break') } },
    ])
  })
})

describe('a stray quote in the first row of a file without a header', () => {
  const columns = ['id', 'email', 'claims']
  test.each([
    ['an object', '1,a@example.com,{"plan":"pro"}'],
    ['one quote', '1,a@example.com,5" disk'],
    ['a name', '1,Ada "the first",x'],
  ])('rejects only that row: %s', async (_what, first) => {
    const reading = await readUsers(`${first}\n2,b@example.com,\n3,c@example.com,"{""plan"":1}"\n`, { columns })
    expect(dataOf(reading).map(({ id }) => id)).toEqual(['2', '3'])
    expect(reading.rejected).toMatchObject([
      { origin: { line: 1 }, problem: { code: 'stray_quote', hint: expect.stringContaining('JSON') } },
    ])
    expect(sums(reading)).toEqual([['users', 3, 2, 1]])
  })

  test(
    tried('CSV of any kind', 'any dialect', 'a picture of 1.5 MB in the first row of a file without a header'),
    async () => {
      const long = 'x'.repeat(1_500_000)
      const reading = await readUsers(`1,${long}\n2,b\n`, { columns: ['id', 'name'] })
      expect(dataOf(reading).map(({ name }) => String(name).length)).toEqual([1_500_000, 1])
    },
  )

  test(tried('Firebase', 'users.csv of auth:export', 'an unquoted comma in a name'), async () => {
    const reading = await readUsers('1,a@example.com,Ampersand, Ada\n', { columns })
    expect(reading.rejected).toMatchObject([{ problem: { code: 'ragged_row', hint: expect.stringContaining('JSON') } }])
  })
})

describe('lines to skip', () => {
  test('in the file of csv, and in any of its files', async () => {
    const files = {
      'u.csv': 'Users of "Acme\n2026\nemail,external_id\na@example.com,1\n',
      'r.csv': 'Roles\nexternal_id,role_slug\n1,admin\n',
      'd.csv': 'role_slug\nadmin\n',
    }
    const config = { type: 'csv', path: 'u.csv', userRoles: 'r.csv', roleDefinitions: 'd.csv' }
    const reading = await readBoth({ ...config, skipLines: { path: 2, userRoles: 1 } }, files)
    expect(linesOf(reading)).toEqual([4, 2, 3])
    expect(await problemsOf({ ...config, skipLines: { path: 2, userRoles: 1 } }, files)).toEqual([])
    expect(await problemsOf({ ...config, skipLines: 2 }, files)).toMatchObject([
      { code: 'missing_column', at: { file: 'r.csv' } },
      { code: 'missing_column', at: { file: 'r.csv' } },
    ])
  })

  test('in the files of clerk', async () => {
    const files = {
      'u.csv': 'Export of today\nid,primary_email_address\nuser_1,a@example.com\n',
      'm.csv': 'Memberships, all\n\nclerk_user_id,org_name\nuser_1,Acme\n',
    }
    const config = { type: 'clerk', users: 'u.csv', memberships: 'm.csv', skipLines: { users: 1, memberships: 1 } }
    const reading = await readBoth(config, files)
    expect(dataOf(reading)).toMatchObject([{ id: 'user_1', memberships: [{ org_name: 'Acme', _line: 4 }] }])
    expect(await problemsOf(config, files)).toEqual([])
  })
})

describe('rows with too few or too many cells', () => {
  const content = 'id,name,plan\n1\n2,b\n3,c,pro\n4,d,pro,,\n5,e,pro,more\n,,\n'

  test('are rejected', async () => {
    const reading = await readUsers(content)
    expect(dataOf(reading)).toEqual([{ id: '3', name: 'c', plan: 'pro' }])
    expect(reading.rejected.map(({ origin }) => origin.line)).toEqual([2, 3, 5, 6])
  })

  test(tried('CSV of any kind', 'any dialect', 'rows of another length with ragged: pad'), async () => {
    const reading = await readUsers(content, { ragged: 'pad' })
    expect(dataOf(reading)).toEqual([
      { id: '1' },
      { id: '2', name: 'b' },
      { id: '3', name: 'c', plan: 'pro' },
      { id: '4', name: 'd', plan: 'pro' },
    ])
    expect(reading.rejected).toMatchObject([{ origin: { line: 6 }, problem: { code: 'ragged_row' } }])
    expect(reading.warnings).toMatchObject([
      { code: 'padded_rows', message: expect.stringContaining('3 rows were made to fit') },
      { code: 'blank_rows' },
    ])
    expect(sums(reading)).toEqual([['users', 5, 4, 1]])
  })

  test('are padded in csv and clerk', async () => {
    const csv = { type: 'csv', path: 'u.csv', ragged: 'pad' }
    expect(dataOf(await readBoth(csv, { 'u.csv': 'email,first_name\na@example.com\n' }))).toHaveLength(1)
    const clerk = { type: 'clerk', users: 'u.csv', ragged: 'pad' }
    const users = { 'u.csv': 'id,primary_email_address,username\nuser_1,a@example.com\n' }
    expect(dataOf(await readBoth(clerk, users))).toHaveLength(1)
  })
})

describe('a record longer than the limit', () => {
  const long = (length: number, fill = 'x') => `id,name\n1,a\n2,"${fill.repeat(length)}"\n3,c\n`

  test.each([1_500_000, 600_000])('of %d bytes is read', async (length) => {
    const reading = await readUsers(long(length))
    expect(dataOf(reading).map(({ name }) => String(name).length)).toEqual([1, length, 1])
    expect(linesOf(reading)).toEqual([2, 3, 4])
  })

  const config = { type: 'file', streams: { users: { path: 'users.csv', maxRecordBytes: 2048 } } }

  test.each([
    ['on one line', long(9000), 3],
    ['over several lines', long(3000, 'x\ny'), 3],
    ['without quotes', `id,name\n1,${'x'.repeat(9000)}\n2,b\n`, 2],
    ['at the end', `id,name\n1,${'x'.repeat(9000)}`, 2],
    ['with inner quotes', `id,name\n1,"${'x""y'.repeat(2000)}"\n`, 2],
  ])('with sound quotes names the limit and the setting: %s', async (_name, content, line) => {
    for (const read of [readAll, readInParts]) {
      const problem = await refusalOf(read(config, folderWith({ 'users.csv': content })))
      expect(problem).toMatchObject({ code: 'record_too_long', at: { file: 'users.csv', line } })
      expect(problem?.message).toContain('longer than 2048 bytes')
      expect(problem?.hint).toMatch(/maxRecordBytes: (8192|16384)/)
      expect(problem?.hint).not.toContain('quote')
    }
  })

  test(
    tried('CSV of any kind', 'any dialect', 'a record longer than the limit because of an unclosed quote'),
    async () => {
      const content = `id,name\n1,"a\n${'2,b\n'.repeat(2000)}`
      for (const read of [readAll, readInParts]) {
        const problem = await refusalOf(read(config, folderWith({ 'users.csv': content })))
        expect(problem).toMatchObject({
          code: 'record_too_long',
          at: { line: 2 },
          hint: expect.stringContaining('quote'),
        })
      }
    },
  )

  test('is detected with backslashes too', async () => {
    const options = { path: 'users.csv', maxRecordBytes: 2048, escape: 'backslash' }
    const content = `id,name\n1,a\n2,${'x\\n'.repeat(90_000)}\n`
    for (const read of [readAll, readInParts]) {
      const reading = read({ type: 'file', streams: { users: options } }, folderWith({ 'users.csv': content }))
      expect(await refusalOf(reading)).toMatchObject({ code: 'record_too_long', at: { line: 3 } })
    }
  })

  test('is found by a check, anywhere', async () => {
    const rows = Array.from({ length: 5000 }, (_, n) => `${n},x@example.com\n`).join('')
    const csv = `id,email\n${rows}1,${'x'.repeat(9000)}\n${rows}`
    const lines = Array.from({ length: 5000 }, (_, n) => `{"id":${n}}\n`).join('')
    const ndjson = `${lines}{"id":"${'x'.repeat(9000)}"}\n${lines}`
    const files = {
      'u.csv': csv,
      'u.ndjson': ndjson,
      'u.json': `[${ndjson.trim().replaceAll('\n', ',\n')}]`,
      'clerk.csv': csv.replace('email', 'primary_email_address'),
      'q.csv': `id,email\n${rows}1,"x\n${rows}`,
    }
    const maxRecordBytes = 4096
    const streamOf = (path: string) => ({ type: 'file', maxRecordBytes, streams: { users: { path } } })
    const refused = (file: string) => [{ code: 'record_too_long', at: { file, line: 5002 } }]
    expect(await problemsOf(streamOf('u.csv'), files)).toMatchObject(refused('u.csv'))
    expect(await problemsOf({ type: 'clerk', users: 'clerk.csv', maxRecordBytes }, files)).toMatchObject(
      refused('clerk.csv'),
    )
    const ofCsv = await problemsOf({ type: 'csv', path: 'u.csv', maxRecordBytes }, files)
    expect(ofCsv.filter(({ severity }) => severity !== 'warning')).toMatchObject(refused('u.csv'))
    expect(await problemsOf({ type: 'auth0', users: 'u.csv', maxRecordBytes }, files)).toMatchObject(refused('u.csv'))
    expect(await problemsOf(streamOf('u.json'), files)).toMatchObject([{ code: 'record_too_long', at: { line: 5001 } }])
    for (const config of [streamOf('u.ndjson'), { type: 'auth0', users: 'u.ndjson', maxRecordBytes }]) {
      expect(await problemsOf(config, files)).toMatchObject([
        { code: 'line_too_long', severity: 'warning', at: { line: 5001 } },
      ])
    }
    expect(await problemsOf(streamOf('q.csv'), files)).toMatchObject([{ code: 'record_too_long', at: { line: 5002 } }])
  })

  test('has its limit in every source, for all file streams or one', async () => {
    const files = { 'u.csv': `email,first_name\na@example.com,${'x'.repeat(5000)}\n` }
    const refused = { code: 'record_too_long', at: { file: 'u.csv', line: 2 } }
    expect(
      await refusalOf(readAll({ type: 'csv', path: 'u.csv', maxRecordBytes: 2048 }, folderWith(files))),
    ).toMatchObject(refused)
    const streams = { users: { path: 'u.csv' } }
    expect(await refusalOf(readAll({ type: 'file', streams, maxRecordBytes: 2048 }, folderWith(files)))).toMatchObject(
      refused,
    )
    const own = { users: { path: 'u.csv', maxRecordBytes: 8192 } }
    expect(dataOf(await readBoth({ type: 'file', streams: own, maxRecordBytes: 2048 }, files))).toHaveLength(1)
  })
})
