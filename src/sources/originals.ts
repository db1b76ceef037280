import type { DatabaseSync } from 'node:sqlite'
import type { SourceConfig } from '../config/manifest.ts'
import { OperatorError } from '../diagnostics/errors.ts'
import { openThrowawayIn } from '../files/scratch.ts'
import { isObject, type JsonObject } from '../json.ts'
import { openSource } from './registry.ts'
import { isRecorded } from './snapshot/recorded.ts'
import type { Snapshot } from './snapshot/snapshot.ts'
import { type OriginalRow, ROW_FILE, ROW_LINE, type RowTap, type SourceRecord, type TableHead } from './source.ts'
import { sourceFile } from './text/file.ts'
import { linesOf, readText } from './text/utf8.ts'

/** The place of a record whose row is wanted. */
export interface Wanted {
  /** As written in the manifest. Null: no row of the source. */
  file: string | null
  line: number | null
  /** The record's position, if known, because one line can contain several records. */
  seq: number | null
}

/** A row, and everything that refers to it. */
export interface FoundRow<T> {
  row: OriginalRow
  about: T[]
}

const SCHEMA = `
  CREATE TABLE wanted (id INTEGER PRIMARY KEY, file TEXT, line INTEGER NOT NULL, seq INTEGER, about TEXT NOT NULL, row INTEGER) STRICT;
  CREATE TABLE originals (id INTEGER PRIMARY KEY, file TEXT NOT NULL, line INTEGER NOT NULL, seq INTEGER, tapped INTEGER NOT NULL,
    stream TEXT NOT NULL, row TEXT NOT NULL, number INTEGER NOT NULL) STRICT;
  CREATE TABLE joined (file TEXT NOT NULL, line INTEGER NOT NULL, row INTEGER NOT NULL) STRICT;
  CREATE INDEX originals_by_place ON originals (file, line, tapped);
`

/** Rows in a file, and rows that came with records of the place. */
const AT = 'FROM originals o WHERE o.file = wanted.file AND o.line = wanted.line AND o.tapped ='

/**
 * Rows as they are in the source, stored in a database of the run, because there can be as many as
 * in the source. They contain everything, including password hashes.
 * @typeParam T data that refers to the rows: plain data
 */
export class Originals<T extends object> implements RowTap {
  readonly #db: DatabaseSync
  readonly #lines = new LineSet()
  /** Rows of records, by the record's data. */
  readonly #rows = new WeakMap<JsonObject, number>()
  /** Files in reading order. The index is the number of the file. */
  readonly #files: string[] = []
  readonly #heads: TableHead[] = []
  readonly #insertWanted
  readonly #insertRow

  /** @param folder a private folder that is removed afterwards */
  constructor(folder: string) {
    this.#db = openThrowawayIn(folder, 'originals')
    this.#db.exec(`${SCHEMA} BEGIN`)
    this.#insertWanted = this.#db.prepare('INSERT INTO wanted (file, line, seq, about) VALUES (?, ?, ?, ?)')
    this.#insertRow = this.#db.prepare(
      'INSERT INTO originals (file, line, seq, tapped, stream, row, number) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
  }

  /** Requests the row at a place. */
  want({ file, line, seq }: Wanted, about: T): void {
    this.#insertWanted.run(file, line ?? 0, seq, JSON.stringify(about))
    if (file !== null) this.#lines.add(file, line ?? 0)
  }

  begin(head: TableHead): void {
    this.#heads.push(head)
    this.#numberOf(head.file)
  }

  wants(file: string, line: number): boolean {
    return this.#lines.has(file, line)
  }

  take(row: OriginalRow): void {
    const id = this.#insert(row, null, true)
    if (row.data !== undefined) this.#rows.set(row.data, id)
  }

  /**
   * Takes every record of the source. If the place has no row in a file, or several on one line,
   * the record identifies its row and the rows joined to it.
   */
  meet({ seq, stream, origin: { file, line = 0 }, data }: SourceRecord): void {
    const joined = joinedPlaces(data).filter((place) => this.wants(place.file, place.line) && !this.#hasRow(place))
    if (joined.length === 0 && !this.wants(file, line)) return
    const known = this.#rows.get(data)
    if (known !== undefined) this.#db.prepare('UPDATE originals SET seq = ? WHERE id = ?').run(seq, known)
    const id = known ?? this.#insert({ stream, file, line, data }, seq, false)
    const insert = this.#db.prepare('INSERT INTO joined VALUES (?, ?, ?)')
    for (const place of joined) insert.run(place.file, place.line, id)
  }

  /** Assigns a row to each place, after the source has been read. Ignores ambiguous rows. */
  resolveRows(): void {
    this.#db.exec(`
      UPDATE wanted SET row = (SELECT o.id ${AT} 1) WHERE (SELECT count(*) ${AT} 1) = 1;
      UPDATE wanted SET row = (SELECT o.id FROM originals o WHERE o.file = wanted.file AND o.line = wanted.line AND o.seq = wanted.seq
        ORDER BY o.tapped DESC LIMIT 1) WHERE row IS NULL;
      UPDATE wanted SET row = (SELECT o.id ${AT} 0) WHERE row IS NULL AND NOT EXISTS (SELECT 1 ${AT} 1) AND (SELECT count(*) ${AT} 0) = 1;
      CREATE INDEX joined_by_place ON joined (file, line);
      UPDATE wanted SET row = (SELECT min(j.row) FROM joined j WHERE j.file = wanted.file AND j.line = wanted.line) WHERE row IS NULL;
      CREATE INDEX wanted_by_row ON wanted (row);
    `)
  }

  /** Places without a row, by file. */
  unresolved(): Map<string, number[]> {
    const places = new Map<string, number[]>()
    const rows = this.#db
      .prepare(
        `SELECT DISTINCT file, line FROM wanted WHERE row IS NULL AND file IS NOT NULL
           AND NOT EXISTS (SELECT 1 ${AT} 1) ORDER BY file, line`,
      )
      .all()
    for (const { file, line } of rows) places.set(String(file), [...(places.get(String(file)) ?? []), Number(line)])
    return places
  }

  /** Adds the text at such a place. */
  takeText(file: string, line: number, text: string): void {
    const head = this.#heads.find((known) => known.file === file)
    const row = this.#db.prepare('SELECT stream FROM originals WHERE file = ? LIMIT 1').get(file)
    const stream = head?.stream ?? String(row?.stream ?? '')
    const id = this.#insert({ stream, file, line, text }, null, true)
    this.#db.prepare('UPDATE wanted SET row = ? WHERE row IS NULL AND file = ? AND line = ?').run(id, file, line)
  }

  heads(stream: string): TableHead[] {
    return this.#heads.filter((head) => head.stream === stream)
  }

  /** Names of the streams with rows, in reading order. */
  streams(): string[] {
    const rows = this.#db
      .prepare(
        'SELECT stream, min(id) AS first FROM originals WHERE id IN (SELECT row FROM wanted) GROUP BY stream ORDER BY first',
      )
      .all()
    return rows.map(({ stream }) => String(stream))
  }

  /** The rows of a stream, each once, in the order of their place. */
  *rows(stream: string): Generator<FoundRow<T>> {
    const found = this.#db
      .prepare(
        'SELECT id, row FROM originals WHERE stream = ? AND id IN (SELECT row FROM wanted) ORDER BY number, line, id',
      )
      .iterate(stream)
    const about = this.#db.prepare('SELECT about FROM wanted WHERE row = ? ORDER BY id')
    for (const { id, row } of found) {
      yield { row: JSON.parse(String(row)), about: about.all(Number(id)).map((item) => JSON.parse(String(item.about))) }
    }
  }

  rowCount(stream: string): number {
    const sql = 'SELECT count(*) AS n FROM originals WHERE stream = ? AND id IN (SELECT row FROM wanted)'
    return Number(this.#db.prepare(sql).get(stream)?.n ?? 0)
  }

  /** The data whose row was not found. */
  *missing(): Generator<T> {
    for (const { about } of this.#db.prepare('SELECT about FROM wanted WHERE row IS NULL ORDER BY id').iterate()) {
      yield JSON.parse(String(about))
    }
  }

  missingCount(): number {
    return Number(this.#db.prepare('SELECT count(*) AS n FROM wanted WHERE row IS NULL').get()?.n ?? 0)
  }

  /** Removes every row, because the source has changed. */
  forgetRows(): void {
    this.#db.exec('DELETE FROM originals; UPDATE wanted SET row = NULL')
  }

  close(): void {
    this.#db.close()
  }

  #hasRow({ file, line }: Place): boolean {
    const sql = 'SELECT 1 FROM originals WHERE file = ? AND line = ? AND tapped = 1 LIMIT 1'
    return this.#db.prepare(sql).get(file, line) !== undefined
  }

  #numberOf(file: string): number {
    const known = this.#files.indexOf(file)
    return known === -1 ? this.#files.push(file) - 1 : known
  }

  #insert(row: OriginalRow, seq: number | null, tapped: boolean): number {
    const { file, line, stream } = row
    const { lastInsertRowid } = this.#insertRow.run(
      file,
      line,
      seq,
      tapped ? 1 : 0,
      stream,
      JSON.stringify(row),
      this.#numberOf(file),
    )
    return Number(lastInsertRowid)
  }
}

interface Place {
  file: string
  line: number
}

function joinedPlaces(data: JsonObject): Place[] {
  return Object.values(data).flatMap((member) => {
    return [member].flat().flatMap((item) => {
      if (!isObject(item)) return []
      const { [ROW_FILE]: file, [ROW_LINE]: line } = item
      return typeof file === 'string' && typeof line === 'number' ? [{ file, line }] : []
    })
  })
}

/** Lines of files, one bit for each line up to the last. */
class LineSet {
  readonly #files = new Map<string, Uint8Array>()

  add(file: string, line: number): void {
    let bits = this.#files.get(file) ?? new Uint8Array(64)
    const byte = line >> 3
    if (byte >= bits.length) {
      const longer = new Uint8Array(Math.max(byte + 1, bits.length * 2))
      longer.set(bits)
      bits = longer
    }
    bits[byte] = (bits[byte] ?? 0) | (1 << (line & 7))
    this.#files.set(file, bits)
  }

  has(file: string, line: number): boolean {
    const byte = this.#files.get(file)?.[line >> 3]
    return byte !== undefined && (byte & (1 << (line & 7))) !== 0
  }
}

interface ReadOriginalsOptions {
  directory: string
  /** A private folder that is removed afterwards. */
  scratch: string
  snapshot?: Snapshot
  signal?: AbortSignal
  /**
   * Digest of the first reading. Rows of a source that has changed do not count. Undefined:
   * unknown.
   */
  digest: string | undefined
}

/** Records per chunk. */
const CHUNK = 1000

/** A longer line is a document, not a row. */
const MAX_LINE_BYTES = 1024 * 1024

/**
 * Reads the source again for the wanted rows.
 * @returns whether the source is unchanged; if not, no row is kept
 * @throws as reading a source does
 */
export async function readOriginals<T extends object>(
  config: SourceConfig,
  originals: Originals<T>,
  { digest, ...context }: ReadOriginalsOptions,
): Promise<boolean> {
  const source = await openSource(config, { ...context, reject: () => {}, warn: () => {}, tap: originals })
  for await (const records of source.read(CHUNK)) for (const record of records) originals.meet(record)
  if (source.digest() !== digest) {
    originals.forgetRows()
    return false
  }
  originals.resolveRows()
  // The files of a recording can have changed.
  if (context.snapshot !== undefined && isRecorded(context.snapshot)) return true
  for (const [file, lines] of originals.unresolved()) await readLines(file, lines, context.directory, originals)
  return true
}

/**
 * Reads lines that no reader could parse. Places in API responses are not files and are skipped.
 */
async function readLines<T extends object>(
  name: string,
  wanted: readonly number[],
  directory: string,
  originals: Originals<T>,
): Promise<void> {
  const lines = new Set(wanted.filter((line) => line > 0))
  try {
    const text = readText(sourceFile(name, directory), { onNul: () => {} })
    for await (const batch of linesOf(text, MAX_LINE_BYTES)) {
      for (const { line, content } of batch) {
        if (content !== undefined && lines.delete(line)) originals.takeText(name, line, content)
      }
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
  }
}
