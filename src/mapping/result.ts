import type { MessagePort } from 'node:worker_threads'
import type { Reason } from '../diagnostics/problem.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import type { Draft, RoleGrant } from '../rundb/drafts.ts'
import type { LeftOut, LeftOutRecord } from '../rundb/left-out.ts'
import type { DerivedName } from '../rundb/names.ts'
import type { JoinRow, Origin, Piece, PieceFound, SourceRecord, TablePlace } from '../sources/source.ts'
import type { Tally } from '../sources/tally.ts'

/** A rejected resource: an expression failed, or a rule of its kind did. */
export interface Reject extends Reason {
  seq: number
  kind: string
  /** Null: the key could not be computed. */
  key: string | null
  /** The field at fault, if there is one. */
  field?: string
  origin: Origin
  /** Keys of its references, so that dependents can be named. */
  refs?: Record<string, string>
  /** The valid address of a user, by which it can be chosen. */
  email?: string
}

/** A note on an accepted resource: a password that must be reset, a renamed key. */
export interface Note {
  seq: number
  kind: string
  key: string
  /**
   * Stable name, counted in the plan: `password_reset_required`, `metadata_key_renamed`,
   * `totp_unsupported` …
   */
  code: string
  /** The subject of the note: the hasher, the metadata key. Counted within the code. */
  detail: string
}

/** The key of something that `when` leaves out: its dependents are left out too. */
export interface LeftOutKey {
  kind: string
  key: string
  /** The path of the condition in the manifest. */
  path: string
}

/** A resource whose user or organization is left out. */
export interface LeftOutItem {
  kind: string
  /** Null: unknown. */
  key: string | null
  /** The path of the condition that leaves out the user or the organization. */
  path: string
  /** Keys of its references, as far as they are known. */
  refs: Record<string, string>
  origin: Origin
}

export interface MapTask {
  records: SourceRecord[]
  /** Where the worker reports its progress. */
  heartbeat?: Heartbeat
}

/** Records that the worker reads from a piece. */
export interface PieceTask {
  piece: Piece
  heartbeat: Heartbeat
  /** Where the worker writes the line numbers. */
  lines: Int32Array<SharedArrayBuffer>
}

export interface PieceResult {
  /** Only the counts, if the worker staged the rest. */
  result: MapResult | ChunkCounts
  found: PieceFound
  tally: Tally
}

/** Rows that the worker loads into a table. They come over the port, until a message ends them. */
export interface LoadTask {
  place: TablePlace
  port: MessagePort
}

export type LoadMessage = { piece: Piece } | { rows: JoinRow[] } | { end: true }

/** The worker's answer to each message but the last. */
export type LoadAnswer = PieceFound | undefined

/** An error of SQLite or the file system, which would lose its code between threads. */
export interface DiskFailure {
  message: string
  /** Its other members, such as `code` and `errcode`. */
  details: object
}

/** How many records had which result. */
export interface ChunkCounts {
  /** Roles for memberships of the same record: their drafts already contain them. */
  assigned: number
  /** Records with at least one draft, grant or reject. */
  mapped: number
  /**
   * Records that every rule left out by its `when` or an empty `each`. `mapped` + `leftOut` =
   * records in the task.
   */
  leftOut: number
  /** By condition. The counts add up to `leftOut`. */
  leftOutBy: LeftOut[]
}

export interface MapResult extends ChunkCounts {
  drafts: Draft[]
  grants: RoleGrant[]
  rejects: Reject[]
  notes: Note[]
  /** Each once. */
  names: Map<string, DerivedName>
  leftOutKeys: LeftOutKey[]
  leftOutItems: LeftOutItem[]
  /** These records by name. */
  leftOutRecords: LeftOutRecord[]
}

/**
 * A note for each role that no map translates and that caused a reject: they are counted by role.
 */
export function unmappedRoles({ seq, kind, key, code }: Reject, problems: readonly ValueProblem[]): Note[] {
  const names = new Set(problems.map(({ role }) => role).filter((role) => role !== undefined))
  return [...names].map((detail) => ({ seq, kind, key: key ?? code, code: 'unmapped_role', detail }))
}

/**
 * The position of a worker in its chunk, in memory that it shares with the main thread: a worker
 * that hangs in a regular expression or runs out of memory cannot report any more.
 */
export type Heartbeat = Int32Array<SharedArrayBuffer>

/** Started evaluations plus one; 0 before the chunk, FINISHED after it. */
const STEPS = 0
/** Index of the current expression; see `CompiledMapping.expressions`. */
const EXPRESSION = 1
/** Index of the record in its chunk. */
const RECORD = 2

const FINISHED = -1
const NONE = -1

export function createHeartbeat(): Heartbeat {
  const heartbeat = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  heartbeat[EXPRESSION] = NONE
  return heartbeat
}

interface Position {
  /** Undefined: the chunk waits or is done. An unchanged number: no progress. */
  step: number | undefined
  expression: number | undefined
  record: number
}

/** Reads a heartbeat that another thread writes. */
export function positionOf(heartbeat: Heartbeat): Position {
  const steps = Atomics.load(heartbeat, STEPS)
  const expression = Atomics.load(heartbeat, EXPRESSION)
  return {
    step: steps === 0 || steps === FINISHED ? undefined : steps,
    expression: expression === NONE ? undefined : expression,
    record: Atomics.load(heartbeat, RECORD),
  }
}

/**
 * Writes the position of the worker. One for all chunks of a worker, which run one after another.
 */
export class Tracker {
  #heartbeat = createHeartbeat()

  begin(heartbeat: Heartbeat = createHeartbeat()): void {
    this.#heartbeat = heartbeat
    Atomics.store(heartbeat, STEPS, 1)
  }

  record(index: number): void {
    Atomics.store(this.#heartbeat, RECORD, index)
    Atomics.store(this.#heartbeat, EXPRESSION, NONE)
  }

  /**
   * Called at every evaluation. There is one writer, and readers look again later: atomic access
   * would only be slower.
   */
  expression(index: number): void {
    this.#heartbeat[EXPRESSION] = index
    this.#heartbeat[STEPS] = (this.#heartbeat[STEPS] ?? 0) + 1
  }

  end(): void {
    Atomics.store(this.#heartbeat, STEPS, FINISHED)
  }
}
