import type { Attributes } from '../resource.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import type { LockRequest } from './holder.ts'

/**
 * The contract of the state: what earlier runs did, read and written in batches. In: intents and
 * their outcomes. Out: what was last applied, with WorkOS's ids. open.ts chooses who keeps it;
 * nothing else knows how it is kept.
 */

/**
 * What the state says of one resource. `attributes` are the source's values when they were last
 * applied or adopted: the base of the three-way comparison.
 */
export interface StateResource {
  kind: string
  key: string
  /** WorkOS's id. */
  id: string
  attributes: Attributes
  /** Keyed digests (hex) of the secret attributes, by field. */
  digests: Record<string, string>
  refs: Record<string, string>
  /**
   * Whether this tool made it, or found it in WorkOS. Only what was created may ever be deleted.
   */
  ownership: 'created' | 'adopted'
  /** The run that last changed it. */
  run: number
  /**
   * Code of what WorkOS did not take, so that it goes without a part of its attributes: see
   * `Fallback`. Absent: nothing.
   */
  reduced?: string
  /**
   * What WorkOS answered to the write where that is not what was sent: of these fields, of a `map`
   * of these members. `attributes` stay what was sent, so that nothing is written again because of
   * it. Absent: nothing differed.
   */
  answered?: Attributes
  /** The run that was told that WorkOS has it no more. Absent: none was. */
  gone?: number
}

/** The address of a resource. */
export interface Address {
  kind: string
  key: string
}

/**
 * A write that is about to leave. While it is in the journal, nobody knows whether it took effect.
 */
export interface Intent extends Address {
  action: 'create' | 'update' | 'delete'
  /** ISO 8601. */
  startedAt: string
  /**
   * What the resource will be if the write took effect: enough to find it again without the source.
   */
  attributes: Attributes
  digests: Record<string, string>
  refs: Record<string, string>
}

/** Something that a run could not do. Never holds a secret. */
export interface Failure extends Address {
  action: string
  /** `reduced`: it took effect, without something that WorkOS did not take. */
  outcome: 'failed' | 'blocked' | 'reduced'
  /** WorkOS's error code, or ours. */
  code: string
  message: string
  /** Where the record stands in the source: `users.csv:12`. */
  origin: string
  /** The address of the person that it is of, as far as it is known. */
  email: string | null
}

export type Outcome =
  | { type: 'saved'; resource: StateResource }
  | { type: 'removed'; address: Address }
  /**
   * WorkOS has it no more: the next plan looks at it. What else the state says of it stays, and so
   * does its intent.
   */
  | { type: 'gone'; address: Address; run: number }
  /** The write had no effect, or failed for good. */
  | { type: 'cleared'; address: Address; failure?: Failure }

/** Written together or not at all. */
export interface Batch {
  intents: Intent[]
  outcomes: Outcome[]
}

/** The environment of WorkOS that a state belongs to. */
export interface Binding {
  type: string
  baseUrl: string
  /** Keyed digest (hex) of the API key. */
  keyDigest: string
}

export type RunOutcome = 'running' | 'completed' | 'incomplete' | 'interrupted' | 'deadline' | 'stopped'

export interface Run {
  run: number
  command: string
  /** ISO 8601. */
  startedAt: string
  finishedAt: string | null
  outcome: RunOutcome
  toolVersion: string
  manifestDigest: string
  /**
   * Digest (hex) of the source that its plan was made from. Absent: none was read, or an earlier
   * version has not written it down.
   */
  source?: string
  /** Resources by what happened to them, and requests sent. */
  counts: Record<string, number>
}

/** What is known of a run when it starts. */
export type StartedRun = Pick<Run, 'command' | 'startedAt' | 'toolVersion' | 'manifestDigest' | 'source'>

/**
 * Where the state is kept. SQLite by default; a shared backend implements the same functions.
 * Everything that grows with the number of users is read and written in batches.
 */
export interface StateStore {
  /** For people: the file's path, or the database without its password. */
  readonly location: string
  /** Random, given at creation: two states with the same lineage are versions of one. */
  readonly lineage: string
  /** Counts the commits: two states of one lineage with the same serial are equal. */
  readonly serial: number
  /** Key of the digests of secrets: 32 random bytes. */
  readonly digestKey: Uint8Array
  readonly binding: Binding | undefined
  bind(binding: Binding): Promise<void>

  /** How many resources of a kind it knows. */
  count(kind: string): Promise<number>
  /**
   * Hands over a file in which SQLite finds all resources of a kind, in the table `resources`,
   * whose columns are called as the members of StateResource, and what `lineage` and `serial` are
   * in the table `meta`. It is for reading, and for as long as `read` runs.
   * @param folder a private folder, for a state that has to be copied into a file first; undefined:
   *   there is none
   * @returns what `read` returns; undefined: the state is in no such file
   * @throws StateError when `read` finds the file damaged
   */
  inFile<T>(kind: string, folder: string | undefined, read: (file: string) => T): Promise<T | undefined>
  /** All resources of a kind, ordered by key (by code points), in batches. */
  resources(kind: string): AsyncIterable<StateResource[]>
  get(kind: string, key: string): Promise<StateResource | undefined>
  /** WorkOS's id of a resource. */
  idOf(kind: string, key: string): Promise<string | undefined>
  /** The key of the resource with this WorkOS id. */
  keyOf(kind: string, id: string): Promise<string | undefined>
  /** Intents without an outcome: what a killed run left behind. */
  intents(): Promise<Intent[]>
  /**
   * What is saved as adopted stays created where the state says so of its id: who has made it does
   * not change.
   */
  commit(batch: Batch): Promise<void>

  /** Starts a run and returns its number. Failures and rejects are kept of the last 20 runs. */
  startRun(run: StartedRun): Promise<number>
  finishRun(run: number, finishedAt: string, outcome: RunOutcome, counts: Record<string, number>): Promise<void>
  recordFailures(run: number, failures: Failure[]): Promise<void>
  recordRejects(run: number, rejects: RejectedItem[]): Promise<void>
  runs(): Promise<Run[]>
  failures(run: number): AsyncIterable<Failure[]>
  /** In the order in which they were recorded. */
  rejects(run: number): AsyncIterable<RejectedItem[]>

  close(): Promise<void>
}

/** A state as a command has it: open, to be locked, copied and closed. */
export interface OpenState extends StateStore {
  /**
   * Takes the state's lock, for a command that has opened it without.
   * @returns what gives it back
   * @throws LockedError naming the holder
   */
  lock(request: LockRequest): Promise<() => Promise<void>>
  /**
   * Resolves when what is committed is sure to count: a write may leave then.
   * @throws LockedError, StateError where somebody else may work on the state by now
   */
  sound(): Promise<void>
  /** @throws StateError when the state that the lock was taken for is no longer in its place */
  checkPlace(): Promise<void>
  /**
   * Hands over all that it holds, as it is at one moment, for as long as `work` runs. Nothing else
   * is asked of the state meanwhile.
   */
  withContent<T>(work: (content: StateContent) => Promise<T>): Promise<T>
  /** Becomes what this content says, identity included, whole or not at all. Needs the lock. */
  replace(content: StateContent): Promise<void>
  /**
   * Copies the whole state to a new file (0600), as it is now: a SQLite state, whatever keeps this
   * one.
   * @throws StateError when the file exists, or the state is damaged
   */
  backUp(file: string): Promise<void>
}

/** What a state says at its door. */
export interface StateGlance {
  serial: number
  resources: number
  openWrites: number
  binding: Binding | undefined
  /** A journal whose content is left out, since reading it would make a file beside it. */
  journal?: string
}

/**
 * Runs whose failures and rejects are kept. What the commands under `state` did has none, and does
 * not count.
 */
export const RUNS_KEPT = 20
/**
 * All that a state holds, to be carried into another one. In: the content of two states. Out:
 * whether they are the same, row by row.
 */

/** What makes it this state and this version of it: it goes along. */
export interface StateIdentity {
  lineage: string
  serial: number
  digestKey: Uint8Array
  binding: Binding | undefined
}

export type StateEntry =
  | { type: 'resource'; resource: StateResource }
  | { type: 'intent'; intent: Intent }
  | { type: 'run'; run: Run }
  | { type: 'failure'; run: number; failure: Failure }
  | { type: 'reject'; run: number; reject: RejectedItem }

export interface StateContent {
  identity: StateIdentity
  /**
   * In batches of one type each: resources and intents by kind and key, runs by number, failures by
   * run and address, rejects by run as they were recorded. May be read several times.
   */
  entries(): AsyncIterable<StateEntry[]>
}
