import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { jsonDocument } from '../../../src/sources/json/document.ts'
import { ndjson } from '../../../src/sources/json/lines.ts'
import type { LineRecord, RecordSink, TextFormat } from '../../../src/sources/text/record-file.ts'

/** Reads a text in pieces that can end anywhere, even within characters. */
async function readPieces(
  format: TextFormat,
  text: string,
  borders: readonly number[],
  reject: RecordSink['reject'] = (line, refusal) => {
    throw new Error(`line ${line}: ${refusal.message}`)
  },
): Promise<LineRecord[]> {
  const bytes = Buffer.from(text)
  async function* pieces(): AsyncGenerator<Buffer> {
    const cuts = [...new Set(borders.map((border) => border % (bytes.length + 1)))].sort((a, b) => a - b)
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      if (to > from) yield bytes.subarray(from, to)
      from = to
    }
  }
  const sink: RecordSink = {
    file: { name: 'users', path: '/users' },
    maxRecordBytes: 16 * 1024 * 1024,
    met() {},
    nuls() {},
    warn() {},
    reject,
    reached() {},
  }
  const records: LineRecord[] = []
  for await (const batch of format.read(pieces(), sink)) records.push(...batch)
  return records
}

/** Texts that look like structure, and characters of all lengths. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((some) => some.replaceAll('\0', '')),
  fc.string({ unit: fc.constantFrom(...'[]{}",:\\\n\t/u😀é\u2028', '\ud83d', '\ude00'), maxLength: 30 }),
)
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value
const record = fc.dictionary(text, value, { maxKeys: 5 })
const borders = fc.array(fc.nat(100_000), { maxLength: 40 })

/** JSON.stringify writes a few numbers differently from their source: those become text. */
function asRead(records: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(records), (_key, member, context?: { source?: string }) =>
    typeof member === 'number' && String(member) !== context?.source ? context?.source : member,
  )
}

test('a document yields what JSON.parse yields, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 6 }),
      fc.constantFrom(0, 2),
      borders,
      async (records, indent, cuts) => {
        const document = JSON.stringify({ before: records, data: { users: records }, after: [records] }, null, indent)
        const read = await readPieces(jsonDocument(['data', 'users']), document, cuts)
        expect(read.map(({ data }) => data)).toEqual(asRead(records))
      },
    ),
    { numRuns: 300 },
  )
})

test('every record has the line of its bracket, in any pieces', async () => {
  const blanks = fc.array(fc.string({ unit: fc.constantFrom(' ', '\n', '\r\n', '\t'), maxLength: 4 }), {
    minLength: 8,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 8 }), blanks, borders, async (records, gaps, cuts) => {
      const expected: number[] = []
      let document = '['
      for (const [index, one] of records.entries()) {
        document += `${index === 0 ? '' : ','}${gaps[index] ?? ''}`
        expected.push(document.split('\n').length)
        document += JSON.stringify(one, null, index % 2)
      }
      const read = await readPieces(jsonDocument(undefined), `${document}\n]`, cuts)
      expect(read.map(({ line }) => line)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('lines yield what JSON.parse yields, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 8 }), borders, async (records, cuts) => {
      const lines: JsonObject[] = JSON.parse(JSON.stringify(records))
      const read = await readPieces(ndjson, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), cuts)
      expect(read.map(({ data }) => data)).toEqual(asRead(lines))
      expect(read.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1))
    }),
    { numRuns: 200 },
  )
})

test('a damaged document is rejected with a place, unless it is still JSON', async () => {
  const document = '[{"id":1,"n":{"list":[1,2,{"x":null}],"t":true,"s":"a\\u00e9\\"b"}},\n{"id":-1.5e3}]'
  await fc.assert(
    fc.asyncProperty(
      fc.nat(document.length - 1),
      fc.constantFrom(...'[]{}",: \\x1tn'),
      borders,
      async (at, character, cuts) => {
        const damaged = document.slice(0, at) + character + document.slice(at + 1)
        const outcome = await readPieces(jsonDocument(undefined), damaged, cuts, () => {}).then(
          () => 'read',
          (error: unknown) => (error instanceof Error ? error.name : 'thrown'),
        )
        let valid = true
        try {
          JSON.parse(damaged)
        } catch {
          valid = false
        }
        // A valid JSON document that is not a list of objects is rejected too, with another error.
        if (!valid) expect(outcome).toBe('SourceError')
      },
    ),
    { numRuns: 500 },
  )
})
