import { createHash } from 'node:crypto'
import type { ColumnSpec } from '../csv/column-spec.ts'
import { CsvStream } from '../csv/stream.ts'
import { jsonDocument } from '../json/document.ts'
import { ndjson } from '../json/ndjson.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { expandPaths, type SourceFile } from '../text/file.ts'
import { type LineRecord, type RecordFile, type Refusal, TextFile } from '../text/record-file.ts'
import type { StreamSettings } from './options.ts'

/** Records of one stream that come from one file. */
export interface Batch {
  /** As messages name it. */
  file: string
  records: LineRecord[]
}

/** Reads the files of a stream, one after another, and keeps count over all of them. */
export class FileStream {
  readonly settings: StreamSettings
  readonly #context: ReadContext
  readonly #files = new Map<string, RecordFile>()
  #ignored = 0

  constructor(settings: StreamSettings, context: ReadContext) {
    this.settings = settings
    this.#context = context
  }

  /** @throws ManifestError when there is no such file, SourceError when one cannot be read to its end */
  async *records(): AsyncGenerator<Batch> {
    const { paths, name } = this.settings
    for (const file of await expandPaths(paths, this.#context.directory, name)) {
      const reader = openFile(file, this.settings, this.#context)
      this.#files.set(file.name, reader)
      for await (const records of reader.records()) yield { file: file.name, records }
    }
  }

  /** Refuses a record that was read. */
  reject(file: string, line: number, refusal: Refusal): void {
    this.#files.get(file)?.reject(line, refusal)
  }

  /** Leaves out a record that was read, because the manifest says so. */
  ignore(file: string, line: number): void {
    this.#ignored++
    const { name } = this.settings
    const path = `source.streams.${name}.join.unmatched`
    this.#context.ignore?.({ stream: name, origin: { file, line }, path })
  }

  count(): StreamCount {
    const { name, paths, join } = this.settings
    const counts = [...this.#files.values()].map((file) => file.count())
    const sum = (of: 'read' | 'rejected') => counts.reduce((total, count) => total + count[of], 0)
    const [read, rejected, ignored] = [sum('read'), sum('rejected'), this.#ignored]
    const count: StreamCount = {
      stream: name,
      file: paths.join(', '),
      role: join === undefined ? 'main' : 'joined',
      read,
      passed: read - rejected - ignored,
      rejected,
    }
    return ignored === 0 ? count : { ...count, ignored }
  }

  /** SHA-256 (hex) over the names and bytes of the files, once all of them have been read. */
  digest(): string {
    const whole = createHash('sha256')
    for (const [name, file] of this.#files) whole.update(`${name} ${file.digest()}\n`)
    return whole.digest('hex')
  }
}

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
