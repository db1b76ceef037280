import type { Hash } from 'node:crypto'
import { SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { readBytes } from './bytes.ts'
import type { SourceFile } from './file.ts'
import { readHead } from './head.ts'
import { type Row, splitRows } from './rows.ts'
import { readUtf8 } from './utf8.ts'

/** A header longer than this is none. */
const MAX_HEADER_BYTES = 1024 * 1024

export interface TableOptions {
  /** Default: detected in the header line. `tab` stands for the tab character. */
  delimiter?: string
  /** Fed with the bytes as they are on disk. */
  hash?: Hash
  signal?: AbortSignal
  /** Told of rows that cannot be read as rows. */
  onBroken(line: number, problem: Problem): void
  warn(problem: Problem): void
}

/** A CSV file that is open at its first row. */
export interface Table {
  /** Names in the header, blanks around them taken off. */
  columns: string[]
  /** Line of the header. */
  line: number
  /** The rows, as many at once as a chunk of the file holds. Can be read once. */
  rows: AsyncIterable<Row[]>
  /** Closes the file, wherever reading stands. */
  close(): Promise<void>
}

/**
 * Opens a CSV file and reads its header. The caller closes it.
 * @throws ManifestError when there is no such file, SourceError when it is empty or not text in UTF-8
 */
export async function openTable(file: SourceFile, options: TableOptions): Promise<Table> {
  let nuls = 0
  const bytes = readUtf8(file, readBytes(file, options), (count) => {
    nuls += count
  })
  const { start, head } = await readStart(bytes, file)
  const rows = splitRows(chain(start.subarray(head.start), bytes), {
    file: file.name,
    delimiter: options.delimiter === 'tab' ? '\t' : (options.delimiter ?? head.delimiter),
    newline: head.newline,
    firstLine: head.line,
    onBroken: options.onBroken,
  })
  const first = await rows.next()
  const [header, ...others] = first.done ? [] : first.value
  return {
    columns: (header?.fields ?? []).map((name) => name.trim()),
    line: head.line,
    rows: following(others, rows, () => {
      if (nuls > 0) options.warn(nulWarning(file, nuls))
    }),
    async close() {
      await rows.return(undefined)
    },
  }
}

async function readStart(bytes: AsyncGenerator<Buffer>, file: SourceFile) {
  let start: Buffer = Buffer.alloc(0)
  for (;;) {
    const next = await bytes.next()
    const complete = next.done === true
    if (!next.done) start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
    const head = readHead(start, complete)
    if (head === undefined) throw emptyFile(file)
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

function emptyFile(file: SourceFile): SourceError {
  return new SourceError({
    code: 'empty_file',
    message: 'the file is empty',
    hint: 'it must begin with a line that names the columns',
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

function nulWarning(file: SourceFile, count: number): Problem {
  return {
    code: 'nul_characters',
    severity: 'warning',
    message: `${count} NUL ${count === 1 ? 'character was' : 'characters were'} left out`,
    hint: 'they mean nothing in text; look at how the file was exported',
    at: { file: file.name },
  }
}
