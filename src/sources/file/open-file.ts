import type { ColumnSpec } from '../csv/column-spec.ts'
import type { SourceFile } from '../csv/file.ts'
import { CsvStream } from '../csv/stream.ts'
import { jsonDocument } from '../json/document.ts'
import { ndjson } from '../json/ndjson.ts'
import { type RecordFile, TextFile } from '../record-file.ts'
import type { ReadContext } from '../source.ts'
import type { StreamSettings } from './stream-settings.ts'

/** What is known about the columns of a CSV file: nothing. */
export function freeColumns({ trim }: Pick<StreamSettings, 'trim'>): ColumnSpec {
  return { known: [], required: [], open: true, verbatim: trim ? [] : 'all' }
}

/** One file of a stream, in the stream's format. Nothing is read yet. */
export function openFile(file: SourceFile, settings: StreamSettings, context: ReadContext): RecordFile {
  const { name: stream, format, encoding, dialect, nulls, records } = settings
  const role = settings.join === undefined ? 'main' : 'joined'
  if (format === 'csv') {
    const columnSpec = freeColumns(settings)
    return new CsvStream({ stream, file, role, columnSpec, dialect, encoding, nulls }, context)
  }
  const textFormat = format === 'ndjson' ? ndjson : jsonDocument(records)
  return new TextFile({ stream, file, role, encoding, format: textFormat }, context)
}
