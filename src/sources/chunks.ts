import type { LineRecord } from './record-file.ts'
import type { SourceRecord } from './source.ts'

/** Numbers the records of a main stream and hands them on in chunks of at most `size`, none empty. */
export function numbered(
  batches: AsyncIterable<LineRecord[]>,
  from: { stream: string; file: string },
  size: number,
): AsyncGenerator<SourceRecord[]> {
  return numberedFrom(placed(batches, from), size)
}

async function* placed(batches: AsyncIterable<LineRecord[]>, from: { stream: string; file: string }) {
  for await (const records of batches) yield { ...from, records }
}

/** Numbers the records of main streams, which may come from several files, and hands them on in chunks of at most `size`, none empty. */
export async function* numberedFrom(
  batches: AsyncIterable<{ stream: string; file: string; records: LineRecord[] }>,
  size: number,
): AsyncGenerator<SourceRecord[]> {
  let seq = 0
  let chunk: SourceRecord[] = []
  for await (const { stream, file, records } of batches) {
    for (const { line, data } of records) {
      chunk.push({ seq: seq++, stream, origin: { file, line }, data })
      if (chunk.length < size) continue
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}
