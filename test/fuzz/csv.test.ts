import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SourceError } from '../../src/diagnostics/errors.ts'
import { folderWith, type Reading, readAll } from '../sources/reading.ts'
import { runs, TIMEOUT } from './runs.ts'

/** Syntax of the format, and bytes that are invalid in any encoding. */
const piece = fc.oneof(
  fc
    .constantFrom(
      '"',
      '""',
      ',',
      ';',
      '\t',
      '\n',
      '\r',
      '\r\n',
      '#',
      ' ',
      'email',
      'x@example.com',
      '\ufeff',
      '\0',
      '=',
      'ä',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
)
const bytes = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.concat(pieces))
const behindHeader = bytes.map((content) => Buffer.concat([Buffer.from('email,first_name,password_hash\n'), content]))
const damaged = fc.tuple(behindHeader, fc.nat(200)).map(([content, cut]) => gzipSync(content).subarray(0, cut))

/**
 * The result of the read; undefined if it was rejected with a message. Any other exception is a
 * defect.
 */
async function read(content: Buffer, folder: string): Promise<Reading | undefined> {
  writeFileSync(join(folder, 'users.csv'), content)
  try {
    return await readAll({ type: 'csv', path: 'users.csv' }, folder, 7)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    for (const { at, message } of error.problems) {
      expect(at?.file).toContain('users.csv')
      expect(message).not.toBe('')
    }
    return undefined
  }
}

test('any bytes are read or rejected with their file, and every row is passed on or rejected', {
  timeout: TIMEOUT,
}, async () => {
  const folder = folderWith({})
  let whole = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, behindHeader, damaged), async (content) => {
      const reading = await read(content, folder)
      if (reading === undefined) return
      whole += 1
      for (const { read, passed, rejected } of reading.counts) expect(read).toBe(passed + rejected)
      expect(reading.records).toHaveLength(reading.counts.reduce((sum, { passed }) => sum + passed, 0))
      expect(reading.rejected).toHaveLength(reading.counts.reduce((sum, { rejected }) => sum + rejected, 0))
      const lines = content[0] === 0x1f ? 100 : content.toString('latin1').split(/\r\n|\n|\r/).length
      for (const { origin } of [...reading.records, ...reading.rejected]) expect(origin.line).toBeLessThanOrEqual(lines)
    }),
    runs(400),
  )
  expect(whole).toBeGreaterThan(20)
})

test('any cells can be read back from a file with any delimiter', {
  timeout: TIMEOUT,
}, async () => {
  const folder = folderWith({})
  // Spaces around a cell are trimmed, and an empty cell has no value. The reader removes NUL, with
  // a warning.
  const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `<${text.replaceAll('\0', '')}>`)
  const row = fc.tuple(cell, cell)
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(',', ';', '\t', '|'),
      fc.constantFrom('\n', '\r\n'),
      async (rows, delimiter, end) => {
        const written = (text: string) => (/["\r\n,;\t|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
        const lines = [['email', 'one'], ...rows].map((cells) => cells.map(written).join(delimiter))
        const reading = await read(Buffer.from(lines.join(end) + end), folder)
        expect(reading?.records.map(({ data }) => [data.email, data.one])).toEqual(rows)
      },
    ),
    runs(150),
  )
})
