import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { folderWith, readAll } from '../reading.ts'

/** Non-empty fields without surrounding spaces: others would not come back. */
const field = fc
  .array(fc.constantFrom('a', 'Ü', '🜚', ' ', ',', ';', '\t', '|', '"', '\n', '\r\n', '#', "'"), { maxLength: 8 })
  .map((parts) => `x${parts.join('')}y`)

const table = fc.record({
  rows: fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 20 }),
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  end: fc.constantFrom('\n', '\r\n'),
  blanks: fc.integer({ min: 0, max: 2 }),
  last: fc.boolean(),
})

test('CSV survives a round trip, with the lines of its rows', async () => {
  const folder = folderWith({})
  await fc.assert(
    fc.asyncProperty(table, async ({ rows, delimiter, end, blanks, last }) => {
      const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter))
      const text = [['email', 'one', 'two'].join(delimiter), ...quoted].join(end.repeat(1 + blanks)) + (last ? end : '')
      writeFileSync(join(folder, 'users.csv'), text)

      const reading = await readAll({ type: 'csv', path: 'users.csv' }, folder)
      expect(reading.rejected).toEqual([])
      expect(reading.records.map(({ data }) => [data.email, data.one, data.two])).toEqual(rows)

      let line = 1
      const lines = quoted.map((_row, index) => {
        line += 1 + blanks + (index === 0 ? 0 : (quoted[index - 1]?.match(/\r\n|\n/g)?.length ?? 0))
        return line
      })
      expect(reading.records.map(({ origin }) => origin.line)).toEqual(lines)
    }),
    { numRuns: 150 },
  )
})
