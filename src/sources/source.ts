/**
 * The contract of every source. In: the options under `source` in the manifest. Out: streams of
 * plain records, each with its place, and rejected records. `registry.ts` lists the types. text/,
 * csv/, json/, join/ and snapshot/ contain what they share.
 *
 * The folders of the types (csv/, file/, clerk/, auth0/, cognito/, firebase/) have one shape. Each
 * has the files that its type needs. `options.ts` reads and checks the options. `open.ts` exports
 * the SourceDefinition, which checks and opens the source. `capture/` reads a live service into a
 * snapshot: `capture.ts` is the entry, `api.ts` sends the requests. `streams.ts` describes the
 * streams of the snapshot. `records.ts` or `records/` makes records from files (`from-files.ts`) or
 * from a snapshot (`from-snapshot.ts`).
 */

import type { Clock, Wait } from '../clock.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import type { Proxies } from '../http/proxy.ts'
import type { FailedRequest } from '../http/retry.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { CutFormat, Refused, RowsFound } from './csv/format.ts'
import type { SharedRows } from './join/row-store.ts'
import type { Snapshot, SnapshotWriter } from './snapshot/snapshot.ts'
import type { FileWatch } from './text/file.ts'
import type { Numbering } from './text/numbering.ts'

/**
 * The place of a record. `file` is as written in the manifest; API sources put the object's path
 * there.
 */
export interface Origin {
  file: string
  line?: number
  /** Number of the record in its file, from 1, for formats with several records on one line. */
  record?: number
}

/** One record of a stream. Records of joined streams are arrays under the stream's name. */
export interface SourceRecord {
  /**
   * Position among all records of the run, in reading order, with gaps. Decides which record is
   * first. The same in each reading.
   */
  seq: number
  stream: string
  origin: Origin
  data: JsonObject
}

/**
 * Members with the place of a joined row: `_file` (as written in the manifest) and `_line`.
 * Messages about the row use this place instead of the main record's.
 */
export const ROW_FILE = '_file'
export const ROW_LINE = '_line'

/** A record that cannot be read or breaks a rule of its format. It never reaches the mapping. */
export interface RejectedRecord {
  stream: string
  origin: Origin
  problem: Problem
}

/** A row that the manifest excludes. */
export interface IgnoredRow {
  stream: string
  origin: Origin
  /** Path in the manifest of the option that excludes it. */
  path: string
}

/**
 * The counts of one stream. `read` = `passed` + `rejected` + `ignored`, for main and joined
 * streams.
 */
export interface StreamCount {
  stream: string
  /** As written in the manifest. */
  file: string
  read: number
  /** Passed to the mapping, directly or joined to another record. */
  passed: number
  rejected: number
  /** Rows without a record, left out by the manifest. Default: 0. */
  ignored?: number
  /**
   * Main streams are mapped record by record. Joined streams reach the mapping inside a main
   * record.
   */
  role: 'main' | 'joined'
}

/** What a source needs and reports while it is read. */
export interface ReadContext {
  /** Base folder of relative paths. */
  directory: string
  /** Folder for join tables: a folder of the run, mode 0700, removed afterwards. */
  scratch: string
  reject(record: RejectedRecord): void
  /** Receives rows that the manifest excludes. */
  ignore?(row: IgnoredRow): void
  /** Receives warnings about the whole source, each once. */
  warn(problem: Problem): void
  /** Receives the original rows that it asks for. */
  tap?: RowTap
  /** The snapshot of a live source. Always set when the records of one are read. */
  snapshot?: Snapshot
  /** Receives the number of bytes read and the total size of the files. */
  onBytes?(read: number, of: number): void
  /** Receives every opened file. `openSource` sets it. */
  watch?: FileWatch
  /** File size in bytes above which the source has `parts`. Default: PARTS_FROM in registry.ts. */
  partsFrom?: number
  /** Assigns positions to records. `openSource` sets it. */
  numbering?: Numbering
  signal?: AbortSignal
}

/** What a live source needs and reports while it is read into a snapshot. */
export interface CaptureContext {
  /** Base folder of relative paths. */
  directory: string
  warn(problem: Problem): void
  progress(step: Step): void
  /** Receives long pauses. */
  onWait?(wait: Wait): void
  /** Receives requests without a usable response. */
  onFailedRequest?(request: FailedRequest): void
  /** When aborted, the reading ends at the next request. The next reading continues there. */
  signal?: AbortSignal
  clock?: Clock
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
}

/** What a reading and a test of the credentials share. */
export type Asking = Pick<CaptureContext, 'directory' | 'signal' | 'clock' | 'proxies' | 'onWait' | 'onFailedRequest'>

/** How a source is read over a network: once, into a snapshot, from which the records are read. */
export interface LiveReading<Options = Record<string, unknown>> {
  /**
   * True: everything is read at one moment. An interrupted reading cannot continue and starts
   * again.
   */
  isOneMoment?: boolean
  /** Whether these options read over a network. Some types also read files. */
  applies(config: Options): boolean
  /**
   * The options that decide what is read (tenant, filters). Another identity needs another
   * snapshot. Never contains a secret. Null: unknown without a credential, and matches any value.
   */
  identity(config: Options): JsonObject
  /**
   * Reads everything into the snapshot, from where an earlier reading was interrupted.
   * @throws CredentialsError when the source rejects the credentials or lacks scopes; SourceError
   *   when it cannot be read to its end, or its counts differ from what was read
   */
  capture(config: Options, snapshot: SnapshotWriter, context: CaptureContext): Promise<void>
  /**
   * Tests the credentials with the smallest possible request.
   * @throws as `capture`
   */
  tryCredentials?(config: Options, asking: Asking): Promise<void>
}

/**
 * Rows that wait for their records: a finished JoinTable, which any thread can read. Plain data.
 */
export interface LoadedTable {
  /** Each table has its own. There is a file only if the rows are on disk. */
  path: string
  /** Files by their number in the table. */
  files: readonly string[]
  rows: number
  /** The rows, if they are in memory. */
  memory: SharedRows | undefined
  /** Whether a row has several keys. */
  hasOtherKeys: boolean
  /** One bit for each row that was taken. */
  taken: Uint8Array<SharedArrayBuffer>
}

export interface PieceJoin {
  stream: string
  table: LoadedTable
  /** Clerk: kinds of IDs in the rows. */
  kinds?: readonly string[]
  /** The `file` source: the options of the join. */
  manner?: { to: string; as: 'one' | 'many' }
}

/** Dotted paths into a user. The first path with a value counts. */
export interface MetadataPaths {
  organizationId: string[]
  organizationName: string[]
  roles: string[]
}

/** The `auth0` source: how user records are read. Plain data. */
export interface UserRules {
  isCsv: boolean
  /** Where metadata contain memberships. Undefined: not requested. */
  paths: MetadataPaths | undefined
}

/** Rows of the files with passwords and second factors, on disk, each with its user. Plain data. */
export interface SideRowsOnDisk {
  path: string
  /** As written in the manifest. Rows refer to them by index. */
  files: readonly string[]
}

/** How user records of a piece are read, and what is joined to them. */
export interface UsersOfPiece {
  rules: UserRules
  /** Undefined: there are no such files. */
  side: SideRowsOnDisk | undefined
}

/**
 * Whole records of a text file, which any thread can extract with `readPiece`. Plain data. The
 * memory of `bytes` moves to that thread.
 */
export interface Piece {
  /** The reader with the rules of its rows. */
  reader: 'rows' | 'clerk' | 'file' | 'auth0'
  stream: string
  /** As written in the manifest. */
  file: string
  bytes: Uint8Array<ArrayBuffer>
  /** Line on which it begins. */
  line: number
  /** Maximum number of records. */
  rows: number
  /** The position of a record on line 0. */
  base: number
  /** How rows of a table become records. Undefined: NDJSON. */
  table: CutFormat | undefined
  joined: readonly PieceJoin[]
  /** The `file` source, joined stream: the key expression. */
  key?: string
  /** The `auth0` source. */
  users?: UsersOfPiece
}

/** What was found in a piece next to its records. */
export interface PieceFound extends RowsFound {
  /** Records that have no key and so no main record. */
  left: Refused[]
  /** Kinds of IDs in the keys of rows. */
  kinds: readonly string[]
  /**
   * The `auth0` source: organizations in users' metadata, as JSON, each with the line on which it
   * first occurs.
   */
  organizations: Map<string, number>
  /** The first record that already has a member with the name of a joined stream. */
  nameTaken?: { stream: string; line: number }
}

export type SourcePart =
  | { records: SourceRecord[] }
  /**
   * Records that another thread extracts. `settle` receives the findings, in the order of the
   * parts.
   */
  | { piece: Piece; settle(found: PieceFound): void }
  /** A step that runs when all parts before it have been settled. */
  | { step(): void }
  /** Parts that are known only when all parts before them have been settled. */
  | { afterwards(): AsyncIterable<SourcePart> }

/** A part of a joined stream. */
export type JoinedPart =
  | { rows: JoinRow[] }
  | Extract<SourcePart, { piece: Piece }>
  | Extract<SourcePart, { step(): void }>

/** The other threads that a source can use. */
export interface Threads {
  /**
   * Loads rows into a new table.
   * @param place a private folder that is removed after the run; the stream's name; the default
   *   file of the rows
   */
  load(place: TablePlace, parts: AsyncIterable<JoinedPart>): Promise<LoadedTable>
}

/** The place of a JoinTable. */
export interface TablePlace {
  folder: string
  name: string
  file: string
}

/** A row that waits for the record with its key. */
export interface JoinRow {
  /** Several: the row belongs to several records. */
  key: string | readonly string[]
  line: number
  /** The file as messages name it. Default: that of the table. */
  file?: string
  data: JsonObject
}

export interface Source {
  /** The streams. The first is the main one, which mappings read unless they set `from`. */
  readonly streams: readonly string[]
  /**
   * Yields chunks of at most `chunkSize` records, in reading order. Reads nothing ahead of the
   * caller.
   * @throws SourceError when the source cannot be read to its end
   */
  read(chunkSize: number): AsyncIterable<SourceRecord[]>
  /**
   * Yields the same records in parts of at most `size`, for several threads. Only for large
   * sources. Does not call the RowTap.
   * @throws as `read`
   */
  parts?(size: number, threads: Threads): AsyncIterable<SourcePart>
  /** Complete only after `read` has ended. */
  counts(): StreamCount[]
  /**
   * SHA-256 (hex) over the bytes of every file, after `read` has ended. A saved plan is compared
   * with it.
   */
  digest(): string
  /** SHA-256 (hex) of each file, by name, after `read` has ended. Default: no file is read. */
  fileDigests?(): ReadonlyMap<string, string>
  /**
   * By stream: the column names that the source itself reported. A column that is NULL in every row
   * is in no record.
   */
  columns?(): ReadonlyMap<string, readonly string[]>
  /**
   * True: only a part of the source was requested (`updatedSince`), so missing records have not
   * left it.
   */
  readonly partial?: boolean
}

/**
 * One type of source. A new source is a file that exports a definition, and a line in
 * `registry.ts`. `Options` is its SourceOptions. The registry finds the definition by
 * `source.type`, so its options have passed the schema.
 */
export interface SourceDefinition<Options = Record<string, unknown>> {
  /** `source.type` in the manifest. The schema of its other keys is `$defs/source-<type>`. */
  type: string
  /** Keys of `source` that name files, for `validate`. */
  files(config: Options): string[]
  /**
   * Checks the files: missing, empty, wrong encoding, missing columns. Also finds what would end
   * the reading, within the part of each file that CheckedBytes allows.
   */
  check(config: Options, directory: string): Promise<Problem[]>
  /**
   * The possible names in the records of each main stream whose files begin with them, including
   * its joined streams. Reads only heads, and omits files that it cannot read.
   */
  columns?(config: Options, directory: string): Promise<Map<string, readonly string[]>>
  /** For types that can be read over a network. */
  live?: LiveReading<Options>
  /** Reads nothing yet. Knows the streams even without a snapshot. */
  open(config: Options, context: ReadContext): Source
}

/** A row as it is in its file. */
export interface OriginalRow {
  stream: string
  /** As written in the manifest. */
  file: string
  line: number
  /** CSV: the cells, with the names of the header. */
  cells?: { columns: readonly string[]; fields: readonly string[] }
  /** JSON, and objects of an API. */
  data?: JsonObject
  /** Text that cannot be parsed. */
  text?: string
}

/** The beginning of a CSV file. */
export interface TableHead {
  stream: string
  file: string
  columns: readonly string[]
  /** As set in the manifest. Undefined: detected in the file. */
  delimiter: string | undefined
}

/** Receives original rows while the source is read. */
export interface RowTap {
  /** Called for each CSV file before its rows. */
  begin(head: TableHead): void
  wants(file: string, line: number): boolean
  take(row: OriginalRow): void
}

/** Rejects a stream name that joined rows use for their place. Undefined: no problem. */
export function reservedStreamName(name: string): Omit<Problem, 'path'> | undefined {
  if (name !== ROW_FILE && name !== ROW_LINE) return undefined
  return {
    code: 'reserved_stream_name',
    message: `a stream cannot be named ${name}: joined records store their place under that name`,
    hint: 'rename the stream',
  }
}

/**
 * The option `nulls`: texts that mean "no value" in every CSV file of the source. Empty if its
 * reference is unset.
 */
export function nullsOption(nulls: unknown): string[] {
  return Array.isArray(nulls) ? textsOf(nulls) : []
}

/** The option `skipLines`: by file, or one number for the main file. */
export function skippedLines(option: unknown, file: string, main: string): number | undefined {
  const lines = isObject(option) ? option[file] : file === main ? option : undefined
  return typeof lines === 'number' ? lines : undefined
}

/** @throws ManifestError with the problems, if there are any */
export function requireNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ManifestError(problems)
}

export function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string')
}
