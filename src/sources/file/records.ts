import { createHash } from 'node:crypto'
import type { Problem, Reason } from '../../diagnostics/problem.ts'
import { type ColumnSpec, CsvStream } from '../csv/stream.ts'
import type { Batch, PartStream } from '../join/joined-stream.ts'
import { jsonDocument } from '../json/document.ts'
import { ndjson } from '../json/lines.ts'
import type { ReadContext, StreamCount } from '../source.ts'
import { existingPaths, expandPaths, type SourceFile } from '../text/file.ts'
import { type FilePart, type RecordFile, TextFile } from '../text/record-file.ts'
import type { StreamSettings } from './options.ts'

/** Warnings about files without a record. */
const OF_NOTHING: ReadonlySet<string> = new Set(['no_records', 'no_rows'])

/** @throws ManifestError as expandPaths, unless the files are optional */
export function filesOf(
  { paths, name, optional }: Pick<StreamSettings, 'paths' | 'name' | 'optional'>,
  directory: string,
): Promise<SourceFile[]> {
  return optional ? existingPaths(paths, directory, name) : expandPaths(paths, directory, name)
}

/** Reads the files of a stream one after another, and counts over all of them. */
export class FileStream implements PartStream {
  readonly settings: StreamSettings
  readonly #context: ReadContext
  readonly #files = new Map<string, RecordFile>()
  #ignored = 0

  constructor(settings: StreamSettings, context: ReadContext) {
    this.settings = settings
    const warn = (problem: Problem) => {
      if (!OF_NOTHING.has(problem.code)) context.warn(problem)
    }
    this.#context = settings.optional ? { ...context, warn } : context
  }

  /**
   * @throws ManifestError when there is no such file, SourceError when one cannot be read to its
   *   end
   */
  async *records(): AsyncGenerator<Batch> {
    for await (const [file, reader] of this.#opened()) {
      for await (const records of reader.records()) yield { file, records }
    }
  }

  /**
   * The same records, in parts of at most `size`: see RecordFile.parts.
   * @throws as `records`
   */
  async *parts(size: number): AsyncGenerator<{ file: string; part: FilePart }> {
    for await (const [file, reader] of this.#opened()) {
      for await (const part of reader.parts(size)) yield { file, part }
    }
  }

  /** Opens each file when the previous one has been read. */
  async *#opened(): AsyncGenerator<[file: string, reader: RecordFile]> {
    for (const file of await filesOf(this.settings, this.#context.directory)) {
      const reader = openFile(file, this.settings, this.#context)
      this.#files.set(file.name, reader)
      yield [file.name, reader]
    }
  }

  /** Rejects a record that was read. */
  reject(file: string, line: number, refusal: Reason): void {
    this.#files.get(file)?.reject(line, refusal)
  }

  /** Leaves out a record that was read, as the manifest says. */
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

/** The columns of a CSV file with unknown content. */
export function freeColumns({ trim }: Pick<StreamSettings, 'trim'>): ColumnSpec {
  return { known: [], required: [], open: true, verbatim: trim ? [] : 'all' }
}

/** Opens one file in the stream's format. Reads nothing yet. */
export function openFile(file: SourceFile, settings: StreamSettings, context: ReadContext): RecordFile {
  const { name: stream, format, encoding, dialect, nulls, ragged, records, maxRecordBytes } = settings
  const role = settings.join === undefined ? 'main' : 'joined'
  if (format === 'csv') {
    const columnSpec = freeColumns(settings)
    return new CsvStream({ stream, file, role, columnSpec, dialect, encoding, nulls, ragged }, context)
  }
  const textFormat = format === 'ndjson' ? ndjson : jsonDocument(records)
  return new TextFile({ stream, file, role, encoding, format: textFormat, maxRecordBytes }, context)
}
