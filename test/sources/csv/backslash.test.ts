import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BackslashRows } from '../../../src/sources/csv/backslash.ts'
import { CsvScanner } from '../../../src/sources/csv/cut.ts'
import { splitCut } from '../../../src/sources/csv/split.ts'
import { plainLayout } from '../../../src/sources/csv/table.ts'
import { cutRecords } from '../../../src/sources/text/cut.ts'
import { tried } from '../../tried.ts'
import { dataOf, linesOf, readUsers, refusalOf } from '../file/reading.ts'
import { folderWith } from '../reading.ts'
import { readInParts } from '../reading-parts.ts'

const copy = { quote: 'none', escape: 'backslash', delimiter: 'tab' }
const readCopy = (content: string) => readUsers('users.tsv', content, copy)

test(tried('CSV of any kind', 'any dialect', 'PostgreSQL COPY text with backslashes'), async () => {
  const reading = await readCopy(
    'id\tname\tabout\n1\tAda \\\\Amp\\tersand\t{"a": "b\\\\"c"}\n2\t\\N\tone\\ntwo\\r\\b\\f\\v\n3\tC:\\\\N\t\\x\n\\.\n',
  )
  expect(dataOf(reading)).toEqual([
    { id: '1', name: 'Ada \\Amp\tersand', about: '{"a": "b\\"c"}' },
    { id: '2', about: 'one\ntwo\r\b\f\v' },
    { id: '3', name: 'C:\\N', about: 'x' },
  ])
  expect(reading.rejected).toEqual([])
})

test(
  tried('CSV of any kind', 'any dialect', 'mysql --batch: NUL characters are counted, and CR is an ordinary character'),
  async () => {
    const reading = await readCopy('id\tname\tnote\n1\tA\\0da\tone\rtwo\\nthree\n2\tNULL\t"x\n')
    expect(dataOf(reading)).toEqual([
      { id: '1', name: 'Ada', note: 'one\rtwo\nthree' },
      { id: '2', name: 'NULL', note: '"x' },
    ])
    expect(reading.warnings).toMatchObject([{ code: 'nul_characters', message: '1 NUL character was left out' }])
  },
)

test(tried('CSV of any kind', 'any dialect', 'INTO OUTFILE with quotes and escaped line breaks'), async () => {
  const content = 'id,name,note\n1,"a\\"b\\\\","one\\\ntwo, three"\n2,\\N,"x ""y"""\n3,a\\,b,5" disk\n'
  const reading = await readUsers('users.csv', content, { escape: 'backslash' })
  expect(dataOf(reading)).toEqual([
    { id: '1', name: 'a"b\\', note: 'one\ntwo, three' },
    { id: '2', note: 'x "y"' },
    { id: '3', name: 'a,b', note: '5" disk' },
  ])
  expect(linesOf(reading)).toEqual([2, 4, 5])
})

const ESCAPED = 'id\temail\tname\n1\tada@example.com\tAda\\tB\n2\tbo@example.com\t\\N\n'

test.each([
  ['between tabs', ESCAPED, 'quote: none and escape: backslash'],
  ['in quotes', ESCAPED.replaceAll('\t', ',').replaceAll('Ada', '"Ada').replace('tB', 'tB"'), 'set escape: backslash'],
])('escapes without a setting are read as they are, with a warning: %s', async (_where, content, settings) => {
  const reading = await readUsers('users.csv', content)
  expect(dataOf(reading)[0]).toMatchObject({ name: 'Ada\\tB' })
  expect(reading.warnings).toMatchObject([{ code: 'unread_escapes', hint: expect.stringContaining(settings) }])
})

test.each([
  ['the setting declares them as data', ESCAPED, { escape: '"' }],
  ['they are decoded', ESCAPED, copy],
  ['there are only nulls', ESCAPED.replace('\\tB', ''), {}],
  ['the file has CSV quotes', 'id,name,note\n1,\\N,"{""a"": ""b\\nc""}"\n', {}],
  ['the backslash is in a path', 'id,name\n1,C:\\new\n', {}],
])('no warning where %s', async (_why, content, options) => {
  expect((await readUsers('users.csv', content, options)).warnings).toEqual([])
})

test('works without a header, and skips comments and blank lines', async () => {
  const columns = ['id', 'name']
  expect(dataOf(await readUsers('u.tsv', '1\ta\\nb\n\n-- x\n2\t\\N\n', { ...copy, columns, comment: '--' }))).toEqual([
    { id: '1', name: 'a\nb' },
    { id: '2' },
  ])
})

test.each([
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('lines can end with %s', async (_name, end) => {
  const reading = await readCopy(['id\tname', '1\ta', '2\tb\\nc', ''].join(end))
  expect(dataOf(reading)).toEqual([
    { id: '1', name: 'a' },
    { id: '2', name: 'b\nc' },
  ])
  expect(linesOf(reading)).toEqual([2, 3])
})

test.each([
  ['unclosed_quote', 'id,name\n1,a\n2,"b\n3,c\n', 3],
  ['broken_quote', 'id,name\n1,"a" b\n', 2],
])('%s ends the reading, with the hint quote: none', async (code, content, line) => {
  const problem = await refusalOf(readUsers('u.csv', content, { escape: 'backslash' }))
  expect(problem).toMatchObject({ code, at: { line }, hint: expect.stringContaining('quote: none') })
})

test('the escapes of the source do not apply to a file of rejected rows', async () => {
  const content = 'id\tname\t_migrate_reason\n1\tC:\\temp\tx\n'
  expect(await refusalOf(readCopy(content))).toMatchObject({ code: 'rejects_in_dialect', at: { line: 1 } })
  expect(dataOf(await readUsers('u.tsv', content))).toEqual([{ id: '1', name: 'C:\\temp' }])
})

const character = fc.constantFrom(...'ab\\N.0tn"é😀, \t', '\n', '\r', '\r\n')
const cell = fc.string({ unit: character, maxLength: 6 })
const borders = fc.array(fc.nat(10_000), { maxLength: 20 })

/** Writes text as COPY does. */
function copied(text: string): string {
  const letters = new Map([
    ['\\', '\\\\'],
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\t', '\\t'],
  ])
  return [...text].map((one) => letters.get(one) ?? one).join('')
}

/** Writes text with quotes as INTO OUTFILE does. */
const exported = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\\n')}"`

function piecesOf(text: string, ends: readonly number[]): Buffer[] {
  const characters = [...text]
  const cuts = [...new Set(ends.map((end) => end % (characters.length + 1)))].sort((a, b) => a - b)
  return [...cuts, characters.length].map((to, index) =>
    Buffer.from(characters.slice(cuts[index - 1] ?? 0, to).join('')),
  )
}

describe('text survives a round trip', () => {
  const manners = [
    { name: 'COPY text', quote: 'none', delimiter: '\t', write: copied },
    { name: 'INTO OUTFILE', quote: '"', delimiter: ',', write: exported },
  ]
  test.each(manners)('from $name, cut anywhere, also in pieces', async ({ quote, delimiter, write }) => {
    const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(rows, borders, fc.integer({ min: 1, max: 3 }), async (written, ends, size) => {
        const text = written.map((fields) => `${fields.map(write).join(delimiter)}\n`).join('')
        const settings = { file: 'u', delimiter, newline: '\n' as const, firstLine: 1, onBroken() {}, onNul() {} }
        const plain = plainLayout({ ...settings, dialect: { escape: 'backslash', quote } })
        if (plain === undefined) throw new Error('these settings are plain')
        const reader = new BackslashRows({ ...settings, ...plain.layout, isCrOnly: false, line: 1 })
        const whole = [...piecesOf(text, ends).flatMap((piece) => reader.take(piece.toString())), ...reader.finish()]
        expect(whole.map(({ fields }) => fields)).toEqual(written)
        async function* pieces(): AsyncGenerator<Buffer> {
          yield* piecesOf(text, ends)
        }
        const scanner = new CsvScanner(1, { ...plain.codes, maxRecordBytes: 9999 })
        const cuts = cutRecords(pieces(), scanner, () => size)
        let rowsOfCuts = 0
        for (let next = await cuts.next(); ; next = await cuts.next()) {
          if (next.done) {
            if (next.value === undefined) expect(rowsOfCuts).toBe(whole.length)
            break
          }
          const taken = await splitCut(next.value, plain.layout, () => {})
          expect(taken).toEqual(whole.slice(rowsOfCuts, rowsOfCuts + taken.length))
          expect(next.value.rows).toBe(taken.length)
          rowsOfCuts += taken.length
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a source reads such files in pieces', async () => {
    const lines = Array.from({ length: 50 }, (_, n) => `${n}\ta\\tb${n % 7 === 0 ? '\\0' : ''}\t\\N\n`)
    const folder = folderWith({ 'u.tsv': `id\tname\tmore\n${lines.join('')}\\.\n` })
    const reading = await readInParts({ type: 'file', streams: { users: { path: 'u.tsv', ...copy } } }, folder, 4)
    expect(reading.records.map(({ data }) => data)).toEqual(
      Array.from({ length: 50 }, (_, n) => ({ id: String(n), name: 'a\tb' })),
    )
    expect(reading.chunks.length).toBeGreaterThan(10)
    expect(reading.warnings).toMatchObject([{ code: 'nul_characters', message: '8 NUL characters were left out' }])
  })
})
