import type { Problem } from '../diagnostics/problem.ts'
import type { JsonObject } from '../json.ts'

/** Where a record was read. `file` is as written in the manifest; API sources put the object's path there. */
export interface Origin {
  file: string
  line?: number
}

/** One record of a stream, with the records of other streams joined to it as arrays under their stream's name. */
export interface SourceRecord {
  /** Position among all records of the run, from 0, in reading order: it decides what "first" means. */
  seq: number
  stream: string
  origin: Origin
  data: JsonObject
}

/**
 * The members under which a joined row carries its place: `_file` (as written in the manifest) and `_line`. What is mapped
 * from such a row is reported there, and not at the record it was joined to.
 */
export const ROW_FILE = '_file'
export const ROW_LINE = '_line'

/** A record that could not be read or breaks a rule of its format. It never reaches the mapping. */
export interface RejectedRecord {
  stream: string
  origin: Origin
  problem: Problem
}

/** What one stream yielded, for the sum at the end. `read` = `passed` + `rejected`, for main and joined streams alike. */
export interface StreamCount {
  stream: string
  /** As written in the manifest. */
  file: string
  read: number
  /** Handed to the mapping, by itself or joined to another record. */
  passed: number
  rejected: number
  /** Main streams are mapped record by record; joined streams reach the mapping inside a main record. */
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
  /** Sink for warnings about the whole source: unknown columns, … Each is told once. */
  warn(problem: Problem): void
  signal?: AbortSignal
}

/** An open source. */
export interface Source {
  /** Its streams; the first is the main one, which mappings read unless they say `from`. */
  readonly streams: readonly string[]
  /**
   * Yields chunks of records, at most `chunkSize` long, in reading order. Pulled by the reader: nothing is read ahead
   * of what is asked for.
   * @throws SourceError when the source cannot be read to its end
   */
  read(chunkSize: number): AsyncIterable<SourceRecord[]>
  /** Complete only after `read` has ended. */
  counts(): StreamCount[]
  /** SHA-256 (hex) over the bytes of every file, after `read` has ended: what a saved plan is held against. */
  digest(): string
}

/** One type of source. A new source is a new file that exports one of these and a line in `registry.ts`. */
export interface SourceDefinition {
  /** `source.type` in the manifest. */
  type: string
  /** JSON Schema of the other keys of `source`. */
  schema: JsonObject
  /** Keys of `source` that name files, for `validate`. */
  files(config: Record<string, unknown>): string[]
  /** Problems that a look at the files finds: missing, empty, wrong encoding, missing columns. Reads heads only. */
  check(config: Record<string, unknown>, directory: string): Promise<Problem[]>
  open(config: Record<string, unknown>, context: ReadContext): Source
}
