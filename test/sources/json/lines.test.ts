import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OperatorError } from '../../../src/diagnostics/errors.ts'
import { ndjson, recordsInCut } from '../../../src/sources/json/lines.ts'
import type { LineRecord, RecordSink } from '../../../src/sources/text/record-file.ts'
import { MAX_RECORD_BYTES } from '../../../src/sources/text/record-limit.ts'

interface Taken {
  records: LineRecord[]
  refused: { line: number; code: string; message: string }[]
  met: number
  /** The last line that was read. */
  last: number
  /** The error that ends the reading. */
  error?: unknown
}

function nothing(): Taken {
  return { records: [], refused: [], met: 0, last: 0 }
}

function sinkOf(taken: Taken): RecordSink {
  return {
    file: { name: 'users.ndjson', path: '/users.ndjson' },
    met() {
      taken.met++
    },
    reject: (line, { code, message }) => taken.refused.push({ line, code, message }),
    reached(line) {
      taken.last = line
    },
    maxRecordBytes: MAX_RECORD_BYTES,
    nuls() {},
    warn() {},
  }
}

/** The bytes of a text in chunks with given ends, never within a character. */
async function* chunked(text: string, borders: readonly number[]): AsyncGenerator<Buffer> {
  const characters = [...text]
  const ends = [...new Set(borders.map((border) => border % (characters.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...ends, characters.length]) {
    if (to > from) yield Buffer.from(characters.slice(from, to).join(''))
    from = to
  }
}

async function inOneGo(text: AsyncGenerator<Buffer>, taken = nothing(), begun?: number): Promise<Taken> {
  try {
    for await (const records of ndjson.read(text, sinkOf(taken), begun)) taken.records.push(...records)
  } catch (error) {
    taken.error = reasonOf(error)
    taken.last = 0
  }
  return taken
}

async function inCuts(text: AsyncGenerator<Buffer>, size: number): Promise<Taken> {
  const taken = nothing()
  try {
    const cuts = ndjson.cut?.(text, sinkOf(taken), size)
    if (cuts === undefined) throw new Error('lines can be cut')
    let next = await cuts.next()
    for (; !next.done; next = await cuts.next()) {
      const { records, found } = recordsInCut(structuredClone(next.value), () => {})
      expect(found.read).toBeLessThanOrEqual(next.value.rows)
      expect(next.value.rows).toBeLessThanOrEqual(size)
      taken.records.push(...records)
      taken.met += found.read
      taken.refused.push(
        ...found.refused.map(({ line, problem: { code, message } }) => {
          return { line, code, message }
        }),
      )
      taken.last = next.value.lastLine
    }
    if (next.value !== undefined) return inOneGo(next.value.text, taken, next.value.line)
  } catch (error) {
    taken.error = reasonOf(error)
    taken.last = 0
  }
  return taken
}

function reasonOf(error: unknown): unknown {
  if (error instanceof OperatorError) return error.problems
  if (error instanceof Error && error.message === 'broken') return error.message
  throw error
}

const borders = fc.array(fc.nat(10_000), { maxLength: 30 })
const size = fc.integer({ min: 1, max: 5 })

const good = fc
  .dictionary(fc.string({ unit: fc.constantFrom(...'ab"\\\té😀\u00a0\u2028'), maxLength: 5 }), fc.jsonValue(), {
    maxKeys: 4,
  })
  .map((value) => JSON.stringify(value))
const broken = fc.constantFrom(
  '{',
  '{"a":1',
  '[1]',
  '"x"',
  'null',
  '{"a":1} {"b":2}',
  '{"a":\r1}',
  '{"é":😀}',
  '[',
  ']',
)
const blank = fc.constantFrom('', ' ', '\t', '\r', '\u00a0', '\ufeff', '\u2028')
const digits = fc.constantFrom('{"id":12345678901234567890}', '{"n":1.50,"é":"😀"}', ' {"a":1} ', '\ufeff{"a":1}')
const long = fc.integer({ min: 1, max: 3 }).map((times) => JSON.stringify({ text: 'é😀x'.repeat(300 * times) }))
const line = fc.oneof({ weight: 4, arbitrary: good }, broken, blank, digits, long)
const text = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 20 }), line, fc.boolean())
  .map(([lines, last, isEnded]) => `${lines.flat().join('')}${last}${isEnded ? '\n' : ''}`)

test('cuts contain the same as one reading, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(text, borders, borders, size, async (whole, ends, others, rows) => {
      expect(await inCuts(chunked(whole, ends), rows)).toEqual(await inOneGo(chunked(whole, others)))
    }),
    { numRuns: 600 },
  )
})

test('text before an error is read', async () => {
  async function* cutOff(whole: string, ends: readonly number[]): AsyncGenerator<Buffer> {
    yield* chunked(whole, ends)
    throw new Error('broken')
  }
  await fc.assert(
    fc.asyncProperty(text, borders, size, async (whole, ends, rows) => {
      expect(await inCuts(cutOff(whole, ends), rows)).toEqual(await inOneGo(cutOff(whole, ends)))
    }),
    { numRuns: 200 },
  )
})

test('a cut ends with the line that reaches 1 MiB', async () => {
  const half = `${JSON.stringify({ text: 'x'.repeat(600 * 1024) })}\n`
  const cuts = ndjson.cut?.(chunked(half.repeat(5), []), sinkOf(nothing()), 1000)
  const rows: number[] = []
  for await (const cut of cuts ?? []) rows.push(cut.rows)
  expect(rows).toEqual([2, 2, 1])
})
