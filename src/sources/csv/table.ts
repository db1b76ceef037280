import type { Hash } from 'node:crypto'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Encoding } from '../text/encodings.ts'
import type { SourceFile } from '../text/file.ts'
import type { FileWatch } from '../text/file-watch.ts'
import { nulWarning, readText } from '../text/utf8.ts'
import { type Dialect, readHead } from './dialect.ts'
import { type Row, splitRows } from './rows.ts'

/** A header longer than this is none. */
const MAX_HEADER_BYTES = 1024 * 1024

export interface TableOptions {
  dialect?: Dialect
  encoding?: Encoding
  /** Fed with the bytes as they are on disk. */
  hash?: Hash
  watch?: FileWatch
  signal?: AbortSignal
  /** Told of rows that cannot be read as rows. */
  onBroken(line: number, problem: Problem): void
  warn(problem: Problem): void
}

/** A CSV file that is open at its first row. */
export interface Table {
  /** Names in the header, blanks around them taken off. */
  columns: string[]
  /** Line of the header; undefined when the file has none. */
  line: number | undefined
  /** The rows, as many at once as a chunk of the file holds. Can be read once. */
  rows: AsyncIterable<Row[]>
  /** Closes the file, wherever reading stands. */
  close(): Promise<void>
}

/**
 * Opens a CSV file and reads its header. The caller closes it.
 * @throws ManifestError when there is no such file, SourceError when it is empty or not text in its encoding
 */
export async function openTable(file: SourceFile, options: TableOptions): Promise<Table> {
  const { dialect = {}, encoding, hash, watch, signal } = options
  const { delimiter, columns } = dialect
  let nuls = 0
  const onNul = (count: number) => {
    nuls += count
  }
  const bytes = readText(file, { encoding, hash, watch, signal, onNul, warn: options.warn })
  const { start, head } = await readStart(bytes, file, dialect)
  const rows = splitRows(chain(start.subarray(head.start), bytes), {
    file: file.name,
    delimiter: delimiter === 'tab' ? '\t' : (delimiter ?? head.delimiter),
    newline: head.newline,
    dialect,
    firstLine: head.line,
    onBroken: options.onBroken,
  })
  const first = await rows.next()
  const read = first.done ? [] : first.value
  return {
    columns: columns === undefined ? (read[0]?.fields ?? []).map((name) => name.trim()) : [...columns],
    line: columns === undefined ? head.line : undefined,
    rows: following(columns === undefined ? read.slice(1) : read, rows, () => {
      if (nuls > 0) options.warn(nulWarning(file, nuls))
    }),
    async close() {
      await rows.return(undefined)
    },
  }
}

async function readStart(bytes: AsyncGenerator<Buffer>, file: SourceFile, dialect: Dialect) {
  let start: Buffer = Buffer.alloc(0)
  for (;;) {
    const next = await bytes.next()
    const complete = next.done === true
    if (!next.done) start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
    const head = readHead(start, complete, dialect)
    if (head === undefined) throw emptyFile(file, dialect)
    if (head !== 'more') return { start, head }
    if (start.length > MAX_HEADER_BYTES) {
      await bytes.return(undefined)
      throw endlessHeader(file)
    }
  }
}

async function* chain(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

async function* following(first: Row[], rest: AsyncGenerator<Row[]>, onEnd: () => void): AsyncGenerator<Row[]> {
  if (first.length > 0) yield first
  yield* rest
  onEnd()
}

function emptyFile(file: SourceFile, { columns }: Dialect): SourceError {
  return new SourceError({
    code: 'empty_file',
    message: 'the file is empty',
    hint: columns === undefined ? 'it must begin with a line that names the columns' : undefined,
    at: { file: file.name, line: 1 },
  })
}

function endlessHeader(file: SourceFile): SourceError {
  return new SourceError({
    code: 'no_header',
    message: 'the first line does not end within 1 MiB',
    hint: 'is this a CSV file? A quote that is not closed in the header does this as well',
    at: { file: file.name, line: 1 },
  })
}
