import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OperatorError } from '../../../src/diagnostics/errors.ts'
import { CsvScanner } from '../../../src/sources/csv/cut.ts'
import type { Dialect } from '../../../src/sources/csv/dialect.ts'
import type { Row } from '../../../src/sources/csv/format.ts'
import { splitCut } from '../../../src/sources/csv/split.ts'
import { partsOf, plainLayout, splitRows } from '../../../src/sources/csv/table.ts'
import { cutRecords } from '../../../src/sources/text/cut.ts'

interface Taken {
  rows: Row[]
  broken: number[]
  /** The error that ends the reading. */
  error?: unknown
  /** Rows that came from cuts. */
  cut: number
}

/** The bytes of a text in chunks with given ends. */
async function* chunked(text: string, borders: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  const ends = [...new Set(borders.map((border) => border % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...ends, bytes.length]) {
    if (to > from) yield bytes.subarray(from, to)
    from = to
  }
}

function settings(broken: number[], dialect: Dialect = {}) {
  const onBroken = (line: number) => broken.push(line)
  const onNul = () => {}
  return { file: 'users.csv', delimiter: ',', newline: '\n' as const, dialect, firstLine: 7, onBroken, onNul }
}

async function inRow(text: string, borders: readonly number[] = [], dialect?: Dialect): Promise<Taken> {
  const taken: Taken = { rows: [], broken: [], cut: 0 }
  try {
    const all = splitRows(chunked(text, borders), settings(taken.broken, dialect), true)
    for await (const rows of all) taken.rows.push(...rows)
  } catch (error) {
    taken.error = reasonOf(error)
  }
  return taken
}

async function inCuts(text: string, borders: readonly number[], size: number, dialect?: Dialect): Promise<Taken> {
  const taken: Taken = { rows: [], broken: [], cut: 0 }
  const written = settings(taken.broken, dialect)
  const plain = plainLayout(written)
  if (plain === undefined) throw new Error('these settings are not plain')
  const bytes = chunked(text, borders)
  const scanner = new CsvScanner(written.firstLine, { ...plain.codes, maxRecordBytes: 4096 })
  const cuts = cutRecords(bytes, scanner, () => size)
  try {
    for await (const part of partsOf(cuts, plain.layout, {
      file: { name: 'users.csv', path: '' },
      encoding: undefined,
      text: bytes,
      settings: written,
    })) {
      if ('rows' in part) taken.rows.push(...part.rows)
      else {
        const rows = await splitCut(part.cut, part.layout, () => {})
        expect(part.cut.rows).toBe(rows.length)
        expect(part.cut.rows).toBeLessThanOrEqual(size)
        expect(part.cut.lastLine).toBe(rows.at(-1)?.line ?? 0)
        taken.rows.push(...rows)
        taken.cut += rows.length
      }
    }
  } catch (error) {
    taken.error = reasonOf(error)
  }
  return taken
}

function reasonOf(error: unknown): unknown {
  if (error instanceof OperatorError) return error.problems
  throw error
}

const borders = fc.array(fc.nat(10_000), { maxLength: 30 })
const size = fc.integer({ min: 1, max: 5 })

/** Fields as programs write them. */
const field = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab é😀\ufeff\t;'), maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '\r', 'é', ' '), maxLength: 8 }).map(quoted),
)
const lineEnd = fc.constantFrom('\n', '\r\n')
const record = fc
  .tuple(fc.array(field, { minLength: 1, maxLength: 4 }), lineEnd)
  .map(([fields, end]) => `${fields.join(',')}${end}`)
const blank = fc.constantFrom('\n', '\r\n', ' \n', ',,\n')

/** Whole texts. The last line can lack its end. */
const wellFormed = fc
  .tuple(fc.array(fc.oneof({ weight: 5, arbitrary: record }, blank), { maxLength: 20 }), fc.boolean())
  .map(([lines, isCut]) => (isCut ? lines.join('').replace(/\r?\n$/, '') : lines.join('')))

/** Any text. */
const noise = fc.string({ unit: fc.constantFrom('a', '"', '""', ',', '\n', '\r\n', '\r', '|', ' '), maxLength: 60 })

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

describe('cuts contain what the parser finds', () => {
  test('in well-formed text, cut anywhere, all of it', async () => {
    await fc.assert(
      fc.asyncProperty(wellFormed, borders, size, async (text, ends, rows) => {
        const { cut, ...taken } = await inCuts(text, ends, rows)
        const { cut: _, ...whole } = await inRow(text)
        expect(taken).toEqual(whole)
        expect(cut).toBe(whole.rows.length)
      }),
      { numRuns: 300 },
    )
  })

  test('in any text, up to the unclear part, with the same errors at the same lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(wellFormed, noise, wellFormed), borders, size, async (texts, ends, rows) => {
        const { cut: _, ...taken } = await inCuts(texts.join(''), ends, rows)
        const { cut: __, ...whole } = await inRow(texts.join(''), ends)
        expect(comparable(taken)).toEqual(comparable(whole))
      }),
      { numRuns: 600 },
    )
  })

  test.each([{ quote: 'none' }, { quote: "'" }])('with %j', async (dialect) => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(wellFormed, noise), borders, size, async (texts, ends, rows) => {
        const text = texts.join('').replaceAll('"', "'")
        const { cut: _, ...taken } = await inCuts(text, ends, rows, dialect)
        const { cut: __, ...whole } = await inRow(text, ends, dialect)
        expect(comparable(taken)).toEqual(comparable(whole))
      }),
      { numRuns: 200 },
    )
  })

  test('at every border of one text', async () => {
    const text = 'a,b\r\n"x, ""y""\r\nz",2\n\n,,\r\n"",""\r\nlast,"line"'
    const whole = await inRow(text)
    for (let border = 0; border <= text.length; border++) {
      expect(await inCuts(text, [border], 1)).toMatchObject({ rows: whole.rows, cut: whole.rows.length })
    }
  })
})

/** Rows before an error come with their chunk. */
function comparable({ rows, ...rest }: Omit<Taken, 'cut'>) {
  return rest.error === undefined ? { rows, ...rest } : rest
}

test.each([
  ['a comment', { comment: '#' }],
  ['an escape', { escape: '\\' }],
])('%s leaves everything to the parser', (_what, dialect) => {
  expect(plainLayout(settings([], dialect))).toBeUndefined()
})

test.each([
  { delimiter: '§', newline: '\n' as const },
  { delimiter: ',', newline: '\r' as const },
  { delimiter: '"', newline: '\n' as const },
])('%j leaves everything to the parser', (written) => {
  expect(plainLayout({ ...settings([]), ...written })).toBeUndefined()
})

test('long records are left to the parser', async () => {
  const long = 'x'.repeat(5000)
  const text = `a,b\n${long},2\nc,d\n`
  const taken = await inCuts(text, [], 10)
  expect(taken.rows.map(({ line, fields }) => [line, fields.length])).toEqual([
    [7, 2],
    [8, 2],
    [9, 2],
  ])
  expect(taken.cut).toBe(1)
})
