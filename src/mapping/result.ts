import type { MessagePort } from 'node:worker_threads'
import type { Reason } from '../diagnostics/problem.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import type { Draft, RoleGrant } from '../rundb/drafts.ts'
import type { LeftOut, LeftOutRecord } from '../rundb/left-out.ts'
import type { DerivedName } from '../rundb/names.ts'
import type { JoinRow, Origin, Piece, PieceFound, SourceRecord, TablePlace } from '../sources/source.ts'
import type { Tally } from '../sources/tally.ts'

/** A resource that was refused: by an expression that threw, or by a rule of its kind. */
export interface Reject extends Reason {
  seq: number
  kind: string
  /** Null when the key itself could not be computed. */
  key: string | null
  /** Field of the kind, where one is to blame. */
  field?: string
  origin: Origin
  /** Keys of what it referred to, so that dependents can be named. */
  refs?: Record<string, string>
  /** The address of a user, where the record has a sound one: by it the user may be chosen. */
  email?: string
}

/**
 * Something worth telling about a resource that is accepted all the same: a password that must be
 * reset, a renamed key.
 */
export interface Note {
  seq: number
  kind: string
  key: string
  /**
   * Stable name, counted in the plan: `password_reset_required`, `metadata_key_renamed`,
   * `totp_unsupported` …
   */
  code: string
  /** What the note is about: the hasher, the metadata key. Counted within the code. */
  detail: string
}

/** Something that `when` leaves out, by its key: what belongs to it is left out as well. */
export interface LeftOutKey {
  kind: string
  key: string
  /** The manifest's path of the condition. */
  path: string
}

/** What a rule makes of a record whose user or organization is left out. */
export interface LeftOutItem {
  kind: string
  /** Null where it cannot be told. */
  key: string | null
  /** The manifest's path of the condition that leaves out the user or the organization. */
  path: string
  /** Keys of what it refers to, as far as they are known. */
  refs: Record<string, string>
  origin: Origin
}

export interface MapTask {
  records: SourceRecord[]
  /** Where the worker tells how far it has come. */
  heartbeat?: Heartbeat
}

/** Records that the worker takes out of a piece by itself. */
export interface PieceTask {
  piece: Piece
  heartbeat: Heartbeat
  /** Where the worker tells on which lines they are. */
  lines: Int32Array<SharedArrayBuffer>
}

/** What comes of a piece. */
export interface PieceResult {
  /** The counts alone where the worker has staged the rest. */
  result: MapResult | ChunkCounts
  found: PieceFound
  tally: Tally
}

/**
 * Rows that the worker loads into a table on disk. They come over the port, until it is told that
 * there are no more.
 */
export interface LoadTask {
  place: TablePlace
  port: MessagePort
}

export type LoadMessage = { piece: Piece } | { rows: JoinRow[] } | { end: true }

/** What a worker answers each message with, but the last. */
export type LoadAnswer = PieceFound | undefined

/** An error of SQLite or of the file system, which would lose its code on the way from a worker. */
export interface DiskFailure {
  message: string
  /** Its other members: `code`, `errcode` and the like. */
  details: object
}

/** How many records came to what. */
export interface ChunkCounts {
  /**
   * Roles given to memberships of the very record that gives them: they are in those memberships'
   * drafts already.
   */
  assigned: number
  /** Records of the chunk that yielded at least one draft, grant or reject. */
  mapped: number
  /**
   * Records that every rule left out by its `when` or an empty `each`. `mapped` + `leftOut` =
   * records in the task.
   */
  leftOut: number
  /** Which conditions did that. Its records add up to `leftOut`. */
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
  /** Each of them by name. */
  leftOutRecords: LeftOutRecord[]
}

/**
 * A remark for each role by which something was rejected, since no map knows it: they are counted
 * by role.
 */
export function unmappedRoles({ seq, kind, key, code }: Reject, problems: readonly ValueProblem[]): Note[] {
  const names = new Set(problems.map(({ role }) => role).filter((role) => role !== undefined))
  return [...names].map((detail) => ({ seq, kind, key: key ?? code, code: 'unmapped_role', detail }))
}

/**
 * Where a worker is in its chunk, in memory that it shares with the main thread: a worker that
 * hangs in a regular expression, or dies of a value too large, cannot tell any more.
 */
export type Heartbeat = Int32Array<SharedArrayBuffer>

/** Evaluations begun, plus one; 0 before the chunk is begun, and FINISHED after its end. */
const STEPS = 0
/** Index of the expression under evaluation; see CompiledMapping.expressions. */
const EXPRESSION = 1
/** Index of the record in its chunk. */
const RECORD = 2

const FINISHED = -1
const NONE = -1

/** The heartbeat of one chunk. */
export function createHeartbeat(): Heartbeat {
  const heartbeat = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  heartbeat[EXPRESSION] = NONE
  return heartbeat
}

/** What the main thread reads of a heartbeat. */
interface Position {
  /** Undefined: the chunk is waiting, or done. A number that stays the same: nothing goes on. */
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
 * Writes down where the worker is. One for all chunks of a worker, which come one after another.
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
   * Told at every evaluation. Nobody else writes, and whoever reads looks again later: that needs
   * no atomic access, which takes longer.
   */
  expression(index: number): void {
    this.#heartbeat[EXPRESSION] = index
    this.#heartbeat[STEPS] = (this.#heartbeat[STEPS] ?? 0) + 1
  }

  end(): void {
    Atomics.store(this.#heartbeat, STEPS, FINISHED)
  }
}
