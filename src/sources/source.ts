/**
 * The contract of every source. In: the options under `source` in the manifest. Out: streams of
 * plain records, each with its place, and what was refused. `registry.ts` lists the types; text/,
 * csv/, json/, join/ and snapshot/ are what their folders build on.
 *
 * The folders of the types (csv/, file/, clerk/, auth0/, cognito/, firebase/) have one shape; each
 * has what its type needs of it: `options.ts`: reads and checks the options. `open.ts`: the
 * SourceDefinition, which checks and opens the source. `capture/`: a live service → a snapshot;
 * `capture.ts` begins, `api.ts` asks. `streams.ts`: what the snapshot's streams hold. `records.ts`
 * or `records/`: records from files (`from-files.ts`) or from a snapshot (`from-snapshot.ts`).
 */

import type { Clock, Wait } from '../clock.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { Step } from '../diagnostics/step.ts'
import type { Proxies } from '../http/proxy.ts'
import type { FailedRequest } from '../http/retry.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { CutFormat, Refused, RowsFound } from './csv/format.ts'
import type { Snapshot, SnapshotWriter } from './snapshot/snapshot.ts'
import type { FileWatch } from './text/file.ts'
import type { Numbering } from './text/numbering.ts'

/**
 * Where a record was read. `file` is as written in the manifest; API sources put the object's path
 * there.
 */
export interface Origin {
  file: string
  line?: number
  /** Which record of the file it is, from 1, where many of them may be on one line. */
  record?: number
}

/**
 * One record of a stream, with the records of other streams joined to it as arrays under their
 * stream's name.
 */
export interface SourceRecord {
  /**
   * Position among all records of the run, in reading order, with gaps: it decides what "first"
   * means. Each reading gives the same.
   */
  seq: number
  stream: string
  origin: Origin
  data: JsonObject
}

/**
 * The members under which a joined row carries its place: `_file` (as written in the manifest) and
 * `_line`. What is mapped from such a row is reported there, and not at the record it was joined
 * to.
 */
export const ROW_FILE = '_file'
export const ROW_LINE = '_line'

/** A record that could not be read or breaks a rule of its format. It never reaches the mapping. */
export interface RejectedRecord {
  stream: string
  origin: Origin
  problem: Problem
}

/** A row that the manifest has its source leave out. */
export interface IgnoredRow {
  stream: string
  origin: Origin
  /** The manifest's path of what says so. */
  path: string
}

/**
 * What one stream yielded, for the sum at the end. `read` = `passed` + `rejected` + `ignored`, for
 * main and joined streams alike.
 */
export interface StreamCount {
  stream: string
  /** As written in the manifest. */
  file: string
  read: number
  /** Handed to the mapping, by itself or joined to another record. */
  passed: number
  rejected: number
  /** Left out because the manifest says so: rows that belong to no record. Default: none. */
  ignored?: number
  /**
   * Main streams are mapped record by record; joined streams reach the mapping inside a main
   * record.
   */
  role: 'main' | 'joined'
}

/** What a source tells while and after it is read. */
export interface ReadContext {
  /** Folder that relative paths start from. */
  directory: string
  /** Where a source may put its join tables: a folder of the run, 0700, removed afterwards. */
  scratch: string
  /** Sink for rejected records. */
  reject(record: RejectedRecord): void
  /** Sink for rows that are left out because the manifest says so. */
  ignore?(row: IgnoredRow): void
  /** Sink for warnings about the whole source: unknown columns, … Each is told once. */
  warn(problem: Problem): void
  /** Told of rows as they stand in files, of those that it wants. */
  tap?: RowTap
  /** What a live source was read into: always there when the records of one are read. */
  snapshot?: Snapshot
  /** Told how many bytes of the files have been read, and how many there are. */
  onBytes?(read: number, of: number): void
  /** Told of every file that is opened. `openSource` brings one. */
  watch?: FileWatch
  /** Bytes of files from which on the source has `parts`. Default: as much as is worth it. */
  partsFrom?: number
  /** The positions of the records. `openSource` brings one. */
  numbering?: Numbering
  signal?: AbortSignal
}

/** What a live source tells while it is read into a snapshot. */
export interface CaptureContext {
  /** Folder that relative paths start from. */
  directory: string
  warn(problem: Problem): void
  /** Told how far it is. */
  progress(step: Step): void
  /** Told of pauses that are long. */
  onWait?(wait: Wait): void
  /** Told of requests without a usable answer. */
  onFailedRequest?(request: FailedRequest): void
  /** Aborted: ends at the next request; what was written by then is taken up again. */
  signal?: AbortSignal
  clock?: Clock
  /** The proxies of the environment. Default: none. */
  proxies?: Proxies
}

/** How a live source is asked: what a reading and a trial of its credentials share. */
export type Asking = Pick<CaptureContext, 'directory' | 'signal' | 'clock' | 'proxies' | 'onWait' | 'onFailedRequest'>

/**
 * How a source is read that answers over a network: once, into a snapshot, which the records are
 * then read from.
 */
export interface LiveReading<Options = Record<string, unknown>> {
  /**
   * True: everything is read at one moment, so that a reading that was cut off cannot be gone on
   * with. It is begun anew.
   */
  isOneMoment?: boolean
  /** Whether this source is read over a network: some types read files too. */
  applies(config: Options): boolean
  /**
   * The options that decide what is read (tenant, filters): a snapshot of others is another. Never
   * a secret. Null for what only a credential tells that is not there: it fits any.
   */
  identity(config: Options): JsonObject
  /**
   * Reads everything into the snapshot, from where it was cut off if it was.
   * @throws CredentialsError when the source refuses the credentials or lacks scopes; SourceError
   *   when it cannot be read to its end, or the counts that it reports are not what was read
   */
  capture(config: Options, snapshot: SnapshotWriter, context: CaptureContext): Promise<void>
  /**
   * Tries the credentials by the least that can be read.
   * @throws as `capture`
   */
  tryCredentials?(config: Options, asking: Asking): Promise<void>
}

/**
 * Rows on disk that wait to be joined: a finished JoinTable, which any thread may look into. Plain
 * data.
 */
export interface RowsOnDisk {
  path: string
  /** Files by the number that stands for them in the table. */
  files: readonly string[]
  rows: number
  /** Whether a row has several keys. */
  hasOtherKeys: boolean
  /** A bit for each row that was taken. */
  taken: Uint8Array<SharedArrayBuffer>
}

/** Rows that are joined to the records of a piece. */
export interface PieceJoin {
  stream: string
  table: RowsOnDisk
  /** Clerk: kinds of ids that occur in the rows. */
  kinds?: readonly string[]
  /** The `file` source: what the manifest says of the join. */
  manner?: { to: string; as: 'one' | 'many' }
}

/** Dotted paths into a user, the first that leads somewhere counting. */
export interface MetadataPaths {
  organizationId: string[]
  organizationName: string[]
  roles: string[]
}

/** The `auth0` source: what is made of records that describe users. Plain data. */
export interface UserRules {
  /** They are rows of a table. */
  isCsv: boolean
  /** Where metadata tells of memberships. Undefined: nobody asked. */
  paths: MetadataPaths | undefined
}

/** Rows of files of passwords and second factors, on disk, each with its user. Plain data. */
export interface SideRowsOnDisk {
  path: string
  /** As written in the manifest; rows name them by index. */
  files: readonly string[]
}

/** What is made of the records of a piece that describes users, and what is joined to them. */
export interface UsersOfPiece {
  rules: UserRules
  /** Undefined: there are no such files. */
  side: SideRowsOnDisk | undefined
}

/**
 * Whole records of a text file, which any thread can take out: see `readPiece`. Plain data; the
 * memory of `bytes` goes to that thread.
 */
export interface Piece {
  /** Who knows the rules of its rows, and what is joined to them. */
  reader: 'rows' | 'clerk' | 'file' | 'auth0'
  stream: string
  /** As written in the manifest. */
  file: string
  bytes: Uint8Array<ArrayBuffer>
  /** Line on which it begins. */
  line: number
  /** It holds no more records. */
  rows: number
  /** The position of a record on line 0. */
  base: number
  /** How rows of a table become records. Undefined: NDJSON. */
  table: CutFormat | undefined
  joined: readonly PieceJoin[]
  /** The `file` source, a joined stream: the expression of its key. */
  key?: string
  /** The `auth0` source. */
  users?: UsersOfPiece
}

/** What was found in a piece beside its records. */
export interface PieceFound extends RowsFound {
  /** Records that belong to none, as far as they tell themselves. */
  left: Refused[]
  /** Kinds of ids in the keys of rows. */
  kinds: readonly string[]
  /**
   * The `auth0` source: organizations that users' metadata names, as JSON, and the line on which
   * each is named first.
   */
  organizations: Map<string, number>
  /** The first record that has a member of its own where the rows of a stream are to be put. */
  nameTaken?: { stream: string; line: number }
}

/** A part of what a source reads. */
export type SourcePart =
  | { records: SourceRecord[] }
  /**
   * Records that another thread takes out. `settle` is told what was found in it, in the order of
   * the parts.
   */
  | { piece: Piece; settle(found: PieceFound): void }
  /** Something to be done when all parts before it have been settled. */
  | { step(): void }
  /** Parts that are known only when all parts before them have been settled. */
  | { afterwards(): AsyncIterable<SourcePart> }

/** A part of a stream that is joined to another. */
export type JoinedPart =
  | { rows: JoinRow[] }
  | Extract<SourcePart, { piece: Piece }>
  | Extract<SourcePart, { step(): void }>

/** Other threads, as far as a source needs them. */
export interface Threads {
  /**
   * Loads rows into a new table on disk.
   * @param place a private folder that is removed after the run; the stream's name; the file that
   *   rows come from unless they say another
   */
  load(place: TablePlace, parts: AsyncIterable<JoinedPart>): Promise<RowsOnDisk>
}

/** Where a JoinTable is made. */
export interface TablePlace {
  folder: string
  name: string
  file: string
}

/** A row that waits to be joined to the record that its key names. */
export interface JoinRow {
  /** Several: the row belongs to several records. */
  key: string | readonly string[]
  line: number
  /** The file it comes from, as messages name it. Default: that of the table. */
  file?: string
  data: JsonObject
}

/** An open source. */
export interface Source {
  /** Its streams; the first is the main one, which mappings read unless they say `from`. */
  readonly streams: readonly string[]
  /**
   * Yields chunks of records, at most `chunkSize` long, in reading order. Pulled by the reader:
   * nothing is read ahead of what is asked for.
   * @throws SourceError when the source cannot be read to its end
   */
  read(chunkSize: number): AsyncIterable<SourceRecord[]>
  /**
   * Yields the same in parts of at most `size` records, which may be read by several threads: for
   * sources that are worth it. Nobody is shown any row as it stands.
   * @throws as `read`
   */
  parts?(size: number, threads: Threads): AsyncIterable<SourcePart>
  /** Complete only after `read` has ended. */
  counts(): StreamCount[]
  /**
   * SHA-256 (hex) over the bytes of every file, after `read` has ended: what a saved plan is held
   * against.
   */
  digest(): string
  /**
   * SHA-256 (hex) of each file that was read, by its name, after `read` has ended. Default: no file
   * is read.
   */
  fileDigests?(): ReadonlyMap<string, string>
  /**
   * By stream: names that its records can have, where the source itself said so. A column that is
   * NULL in every row is in no record.
   */
  columns?(): ReadonlyMap<string, readonly string[]>
  /**
   * True: only part of the source was asked for (`updatedSince`), so what is missing has not left
   * it.
   */
  readonly partial?: boolean
}

/**
 * One type of source. A new source is a new file that exports one of these and a line in
 * `registry.ts`. `Options`: its own, SourceOptions. The registry finds a definition by
 * `source.type`, so it gets the options that the schema found well-formed.
 */
export interface SourceDefinition<Options = Record<string, unknown>> {
  /**
   * `source.type` in the manifest. The other keys of `source` are in its published schema,
   * `$defs/source-<type>`.
   */
  type: string
  /** Keys of `source` that name files, for `validate`. */
  files(config: Options): string[]
  /**
   * Problems that a look at the files finds: missing, empty, wrong encoding, missing columns; and
   * what would end their reading, in as much of each as a person waits for.
   */
  check(config: Options, directory: string): Promise<Problem[]>
  /**
   * The names that records of a stream can have, by stream, for main streams whose files begin with
   * all of them, joined streams among them. Reads heads only; of what cannot be read nothing is
   * said.
   */
  columns?(config: Options, directory: string): Promise<Map<string, readonly string[]>>
  /** For types that can be read over a network. */
  live?: LiveReading<Options>
  /** Reads nothing yet: also without a snapshot it tells the streams. */
  open(config: Options, context: ReadContext): Source
}

/** A row as it stands in its file, before anything is made of it. */
export interface OriginalRow {
  stream: string
  /** As written in the manifest. */
  file: string
  line: number
  /** CSV: its cells, by the names in the header. */
  cells?: { columns: readonly string[]; fields: readonly string[] }
  /** JSON, and what was read from an API. */
  data?: JsonObject
  /** What cannot be taken apart. */
  text?: string
}

/** How a file of CSV begins. */
export interface TableHead {
  stream: string
  file: string
  columns: readonly string[]
  /** As the manifest names it; undefined: it is found in the file. */
  delimiter: string | undefined
}

/** Whoever wants rows as they stand in the files, while the source is read. */
export interface RowTap {
  /** Told of each file of CSV before its rows. */
  begin(head: TableHead): void
  wants(file: string, line: number): boolean
  take(row: OriginalRow): void
}

/**
 * What is wrong with the name of a stream: joined rows carry their place under these. Undefined:
 * nothing.
 */
export function reservedStreamName(name: string): Omit<Problem, 'path'> | undefined {
  if (name !== ROW_FILE && name !== ROW_LINE) return undefined
  return {
    code: 'reserved_stream_name',
    message: `a stream cannot be named ${name}: joined records store their place under that name`,
    hint: 'rename the stream',
  }
}

/**
 * The option `nulls`: what stands for nothing in every CSV file of the source. A reference that is
 * unset lists nothing.
 */
export function nullsOption(nulls: unknown): string[] {
  return Array.isArray(nulls) ? textsOf(nulls) : []
}

/** The option `skipLines`: of every file, or of the main one alone where it is one number. */
export function skippedLines(option: unknown, file: string, main: string): number | undefined {
  const lines = isObject(option) ? option[file] : file === main ? option : undefined
  return typeof lines === 'number' ? lines : undefined
}

/** @throws ManifestError with the problems, if there are any */
export function requireNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ManifestError(problems)
}

/** The texts in a value that is one or a list of them. */
export function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string')
}
