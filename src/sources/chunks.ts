import type { CsvRecord } from './csv/stream.ts'
import type { SourceRecord } from './source.ts'

/** Numbers the records of a main stream and hands them on in chunks of at most `size`, none empty. */
export async function* numbered(
  batches: AsyncIterable<CsvRecord[]>,
  from: { stream: string; file: string },
  size: number,
): AsyncGenerator<SourceRecord[]> {
  let seq = 0
  let chunk: SourceRecord[] = []
  for await (const batch of batches) {
    for (const { line, data } of batch) {
      chunk.push({ seq: seq++, stream: from.stream, origin: { file: from.file, line }, data })
      if (chunk.length < size) continue
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}
