import { gzipSync } from 'node:zlib'
import { FIRST_MARK, type Row } from './report.ts'

/** Characters of rows that are compressed together. */
const CHUNK = 1 << 19

/** A row with the numbers of its group and its facet. */
export interface MarkedRow {
  group: number
  facet: number
  row: Row
}

/** The rows of a grid as chunks of gzip in Base64, each a string. What is in memory is one chunk. */
export async function* chunksOf(rows: Iterable<MarkedRow> | AsyncIterable<MarkedRow>): AsyncGenerator<string> {
  let text = ''
  for await (const { group, facet, row } of rows) {
    text += `${String.fromCharCode(FIRST_MARK + group, FIRST_MARK + facet)}${JSON.stringify(row)}\n`
    if (text.length < CHUNK) continue
    yield packed(text)
    text = ''
  }
  if (text !== '') yield packed(text)
}

function packed(text: string): string {
  return gzipSync(text, { level: 4 }).toString('base64')
}
