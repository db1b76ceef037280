import { describe, expect, test } from 'vitest'
import { tried } from '../../tried.ts'
import { sums } from '../reading.ts'
import { dataOf, linesOf, readUsers, refusalOf } from './reading.ts'

const readCsv = (content: string | Buffer, options = {}) => readUsers('users.csv', content, options)

test('columns with any name become members, without a warning', async () => {
  const reading = await readCsv('User ID,Courriel\n1,a@example.com\n')
  expect(dataOf(reading)).toEqual([{ 'User ID': '1', Courriel: 'a@example.com' }])
  expect(reading.warnings).toEqual([])
})

test('values stay as they are, and empty values are left out', async () => {
  expect(dataOf(await readCsv('id,name,password\n01,, secret \n'))).toEqual([{ id: '01', password: ' secret ' }])
})

test('trim removes surrounding spaces', async () => {
  expect(dataOf(await readCsv('id, name\n1,  Ada \n2,   \n', { trim: true }))).toEqual([
    { id: '1', name: 'Ada' },
    { id: '2' },
  ])
})

test('values that mean "no value" are left out', async () => {
  const content = 'id,name,plan\n1,NULL,\\N\n2,NULLIFY,null\n'
  expect(dataOf(await readCsv(content, { nulls: ['NULL', '\\N'] }))).toEqual([
    { id: '1' },
    { id: '2', name: 'NULLIFY', plan: 'null' },
  ])
})

describe('without a header', () => {
  test('columns names the fields from the first line on', async () => {
    const reading = await readCsv('1;a@example.com\n2;b@example.com\n', { columns: ['id', 'email'] })
    expect(dataOf(reading)).toEqual([
      { id: '1', email: 'a@example.com' },
      { id: '2', email: 'b@example.com' },
    ])
    expect(linesOf(reading)).toEqual([1, 2])
  })

  test('an empty name leaves a column out', async () => {
    const reading = await readCsv('1,x,a\n', { columns: ['id', '', 'name'] })
    expect(dataOf(reading)).toEqual([{ id: '1', name: 'a' }])
    expect(reading.warnings).toEqual([])
  })

  test('a row of another length is rejected', async () => {
    const reading = await readCsv('1,a\n2\n3,c\n', { columns: ['id', 'name'] })
    expect(reading.rejected).toMatchObject([
      { origin: { line: 2 }, problem: { code: 'ragged_row', message: 'the row has 1 field, not 2' } },
    ])
  })

  test('a row that begins with # is a row', async () => {
    expect(dataOf(await readCsv('#1,a\n', { columns: ['id', 'name'] }))).toEqual([{ id: '#1', name: 'a' }])
  })

  test('a repeated name is rejected', async () => {
    expect(await refusalOf(readCsv('1,2\n', { columns: ['id', 'id'] }))).toMatchObject({ code: 'duplicate_column' })
  })
})

describe('lines that are not rows', () => {
  test('lines before the header are skipped, with any content', async () => {
    const reading = await readCsv('Report "of\n\nusers, 2026\r\nid,name\n1,a\n', { skipLines: 3 })
    expect(dataOf(reading)).toEqual([{ id: '1', name: 'a' }])
    expect(linesOf(reading)).toEqual([5])
  })

  test('lines before the rows of a file without a header are skipped too', async () => {
    const reading = await readCsv('id,name\n1,a\n', { skipLines: 1, columns: ['number', 'first'] })
    expect(dataOf(reading)).toEqual([{ number: '1', first: 'a' }])
    expect(linesOf(reading)).toEqual([2])
  })

  test('skipping more lines than the file has is an error', async () => {
    for (const columns of [undefined, ['number', 'first']]) {
      const refused = await refusalOf(readCsv('id,name\n1,a\n', { skipLines: 9, ...(columns && { columns }) }))
      expect(refused).toMatchObject({ code: 'empty_file', message: expect.stringContaining('skipLines') })
    }
  })

  test.each(['#', '--', '//'])('comments are skipped everywhere: %s', async (comment) => {
    const content = `${comment} one\nid,name\n${comment} two, "three\n1,a ${comment} b\n\n${comment}\n2,${comment}\n`
    const reading = await readCsv(content, { comment })
    expect(dataOf(reading)).toEqual([
      { id: '1', name: `a ${comment} b` },
      { id: '2', name: comment },
    ])
    expect(linesOf(reading)).toEqual([4, 7])
    expect(sums(reading)).toEqual([['users', 2, 2, 0]])
  })

  test('an unclosed quote after comments is reported at its line', async () => {
    const content = 'id,name\n# one\n1,a\n# two\n\n2,"b\n3,c\n'
    expect(await refusalOf(readCsv(content, { comment: '#' }))).toMatchObject({
      code: 'unclosed_quote',
      at: { line: 6 },
    })
  })
})

describe('fields', () => {
  test.each([
    [';', undefined],
    ['|', undefined],
    ['\t', 'tab'],
    ['~', '~'],
    ['¦', '¦'],
  ])('separated by %j', async (character, delimiter) => {
    const content = `id${character}name\n1${character}"a${character}b"\n`
    expect(dataOf(await readCsv(content, delimiter === undefined ? {} : { delimiter }))).toEqual([
      { id: '1', name: `a${character}b` },
    ])
  })

  test('in other quotes', async () => {
    const content = "'id','name, all'\n1,'it''s, \"so\"'\n"
    expect(dataOf(await readCsv(content, { quote: "'" }))).toEqual([{ id: '1', 'name, all': 'it\'s, "so"' }])
  })

  test(tried('CSV of any kind', 'any dialect', 'no quoting'), async () => {
    expect(dataOf(await readCsv('id|name\n1|5" disk\n2|"x\n', { quote: 'none' }))).toEqual([
      { id: '1', name: '5" disk' },
      { id: '2', name: '"x' },
    ])
  })

  test(tried('CSV of any kind', 'any dialect', 'a backslash before a quote'), async () => {
    const content = 'id,"na\\"me"\n1,"{\\"plan\\":\\"pro\\"}"\n2,"a\\\\b"\n'
    expect(dataOf(await readCsv(content, { escape: '\\' }))).toEqual([
      { id: '1', 'na"me': '{"plan":"pro"}' },
      { id: '2', 'na"me': 'a\\b' },
    ])
  })
})

describe('encodings', () => {
  const content = 'id,name\n1,Zoë Œuvre €\n'
  const utf16 = Buffer.from(content, 'utf16le')
  const latin1 = Buffer.concat([Buffer.from('id,name\n1,Zo\xeb \x8cuvre \x80\n', 'latin1')])

  test.each([
    ['utf-16le', utf16, { encoding: 'utf-16le' }],
    ['utf-16le with a mark', Buffer.from(`\ufeff${content}`, 'utf16le'), {}],
    ['utf-16be', Buffer.from(utf16).swap16(), { encoding: 'utf-16be' }],
    ['utf-16be with a mark', Buffer.from(`\ufeff${content}`, 'utf16le').swap16(), {}],
    ['latin1, which is Windows-1252', latin1, { encoding: 'latin1' }],
    ['declared utf-8', Buffer.from(content), { encoding: 'utf-8' }],
    ['utf-8 with a mark, declared latin1', Buffer.from(`\ufeff${content}`), { encoding: 'latin1' }],
  ])('%s', async (_name, bytes, options) => {
    expect(dataOf(await readCsv(bytes, options))).toEqual([{ id: '1', name: 'Zoë Œuvre €' }])
  })

  test.each([
    ['utf-16le', Buffer.from(utf16).swap16(), 'UTF-16BE'],
    ['utf-16be', utf16, 'UTF-16LE'],
  ])('%s in the other byte order is rejected, with the right name', async (encoding, bytes, real) => {
    expect(await refusalOf(readCsv(bytes, { encoding }))).toMatchObject({
      code: 'wrong_encoding',
      message: expect.stringContaining(`the file is ${real}, not ${encoding.toUpperCase()}`),
      hint: `set encoding: ${real.toLowerCase()}`,
    })
    const lines = Buffer.from('{"name":"Zoë"}\n', 'utf16le')
    const ndjson = encoding === 'utf-16le' ? lines.swap16() : lines
    expect(await refusalOf(readUsers('u.ndjson', ndjson, { encoding }))).toMatchObject({ code: 'wrong_encoding' })
  })

  test(tried('CSV of any kind', 'any encoding', 'UTF-16 without a byte-order mark'), async () => {
    const text = `名,一一一\n${'一丁丂七一'.repeat(300)},一\n`
    const reading = await readCsv(Buffer.from(text, 'utf16le'), { encoding: 'utf-16le' })
    expect(dataOf(reading)).toEqual([{ 名: '一丁丂七一'.repeat(300), 一一一: '一' }])
  })

  test(tried('CSV of any kind', 'any encoding', 'UTF-8 declared as latin1'), async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => `${n},x${'é'.repeat(n % 7)}`)
    const reading = await readCsv(Buffer.from(`id,name\n${rows.join('\n')}\n`), { encoding: 'latin1' })
    expect(reading.warnings).toMatchObject([{ code: 'encoding_doubtful', at: { file: 'users.csv' } }])
    const lines = await readUsers('u.ndjson', Buffer.from('{"name":"Zoë"}\n'), { encoding: 'latin1' })
    expect(lines.warnings).toMatchObject([{ code: 'encoding_doubtful', at: { file: 'u.ndjson' } }])
  })

  test.each([
    ['latin1', latin1],
    ['ASCII', Buffer.from('id,name\n1,Zoe\n')],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${content}`)],
  ])('%s read as latin1 causes no warning', async (_name, bytes) => {
    expect((await readCsv(bytes, { encoding: 'latin1' })).warnings).toEqual([])
  })

  test('UTF-16 characters across chunk borders stay whole', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => `${n},${'😀é'.repeat(n % 5)}x`)
    // One byte at the front puts every chunk border within a character.
    const bytes = Buffer.from(`\ufeffid,name\n${rows.join('\n')}\n`, 'utf16le')
    const reading = await readCsv(bytes)
    expect(dataOf(reading).map(({ id, name }) => `${id},${name}`)).toEqual(rows)
  })

  test('JSON and NDJSON can be in UTF-16 too', async () => {
    const bytes = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
    expect(dataOf(await readUsers('u.json', bytes('[{"name":"Zoë"}]')))).toEqual([{ name: 'Zoë' }])
    expect(dataOf(await readUsers('u.ndjson', bytes('{"name":"Zoë"}\r\n')))).toEqual([{ name: 'Zoë' }])
  })
})
