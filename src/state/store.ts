import type { Attributes } from '../resource.ts'
import type { RejectedItem } from '../rundb/rejects.ts'
import type { LockRequest } from './holder.ts'

/**
 * The interface of the state: what earlier runs did, read and written in batches. In: intents and
 * their outcomes. Out: what was last applied, with WorkOS IDs. open.ts chooses the store; no other
 * code depends on how it works.
 */

/**
 * One resource in the state. `attributes` are the source's values when they were last applied or
 * adopted: the base of the three-way comparison.
 */
export interface StateResource {
  kind: string
  key: string
  /** The WorkOS ID. */
  id: string
  attributes: Attributes
  /** Keyed digests (hex) of the secret attributes, by field. */
  digests: Record<string, string>
  refs: Record<string, string>
  /**
   * Whether workos-migrate created it or found it in WorkOS. Only created resources can be
   * deleted.
   */
  ownership: 'created' | 'adopted'
  /** The run that last changed it. */
  run: number
  /** The code of the part that WorkOS did not accept: see `Fallback`. Absent: none. */
  reduced?: string
  /**
   * Values that WorkOS changed on write: of these fields, in a `map` of these members. `attributes`
   * keep the values that were sent, so that they are not sent again. Absent: none.
   */
  answered?: Attributes
  /** The run that found it deleted in WorkOS. Absent: none. */
  gone?: number
}

/** The address of a resource. */
export interface Address {
  kind: string
  key: string
}

/** A write about to be sent. While it is in the journal, its effect is unknown. */
export interface Intent extends Address {
  action: 'create' | 'update' | 'delete'
  /** ISO 8601. */
  startedAt: string
  /** The resource if the write takes effect: enough to find it again without the source. */
  attributes: Attributes
  digests: Record<string, string>
  refs: Record<string, string>
}

/** Something that a run could not do. Never contains a secret. */
export interface Failure extends Address {
  action: string
  /** `reduced`: applied without a part that WorkOS did not accept. */
  outcome: 'failed' | 'blocked' | 'reduced'
  /** The error code of WorkOS, or ours. */
  code: string
  message: string
  /** The place of the record in the source: `users.csv:12`. */
  origin: string
  /** The email address of its user, if known. */
  email: string | null
}

export type Outcome =
  | { type: 'saved'; resource: StateResource }
  | { type: 'removed'; address: Address }
  /** Deleted in WorkOS: the next plan looks at it. Its entry and its intent stay in the state. */
  | { type: 'gone'; address: Address; run: number }
  /** The write had no effect, or failed permanently. */
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
  /** Digest (hex) of the plan's source. Absent: no source was read, or an earlier version ran. */
  source?: string
  /** Resources by outcome, and requests sent. */
  counts: Record<string, number>
}

/** What is known of a run when it starts. */
export type StartedRun = Pick<Run, 'command' | 'startedAt' | 'toolVersion' | 'manifestDigest' | 'source'>

/**
 * A state store: SQLite by default, or a shared backend. Everything that grows with the number of
 * users is read and written in batches.
 */
export interface StateStore {
  /** For people: the file's path, or the database without its password. */
  readonly location: string
  /** Random, set at creation. Two states with the same lineage are versions of one. */
  readonly lineage: string
  /** Counts the commits. Two states of one lineage with the same serial are equal. */
  readonly serial: number
  /** Key of the digests of secrets: 32 random bytes. */
  readonly digestKey: Uint8Array
  readonly binding: Binding | undefined
  bind(binding: Binding): Promise<void>

  /** The number of resources of a kind. */
  count(kind: string): Promise<number>
  /**
   * Provides a SQLite file with all resources in the table `resources`, whose columns are named
   * like the members of StateResource and in their order, and with `lineage` and `serial` in the
   * table `meta`. The file is only for reading, while `read` runs.
   * @param folder a private folder, for a state that must first be copied to a file. Undefined:
   *   none
   * @returns the result of `read`. Undefined: there is no such file
   * @throws StateError if `read` finds the file damaged
   */
  inFile<T>(folder: string | undefined, read: (file: string) => T | Promise<T>): Promise<T | undefined>
  /** All resources of a kind, ordered by key (by code points), in batches. */
  resources(kind: string): AsyncIterable<StateResource[]>
  get(kind: string, key: string): Promise<StateResource | undefined>
  /** The WorkOS ID of a resource. */
  idOf(kind: string, key: string): Promise<string | undefined>
  /** The key of the resource with this WorkOS ID. */
  keyOf(kind: string, id: string): Promise<string | undefined>
  /** Intents without an outcome: what a killed run left behind. */
  intents(): Promise<Intent[]>
  /** Adopting an ID that the state has as created keeps it created. */
  commit(batch: Batch): Promise<void>

  /** Starts a run and returns its number. Failures and rejects of the last 20 runs are kept. */
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

/** An open state of a command. */
export interface OpenState extends StateStore {
  /**
   * Takes the state's lock, if it was opened without.
   * @returns a function that releases it
   * @throws LockedError naming the holder
   */
  lock(request: LockRequest): Promise<() => Promise<void>>
  /**
   * Resolves when committed data is certain to count, so that a write can be sent.
   * @throws LockedError, StateError if another command might use the state by now
   */
  sound(): Promise<void>
  /** @throws StateError if the locked state is no longer in its place */
  checkPlace(): Promise<void>
  /** Provides the content at one moment while `work` runs. Nothing else must use the state. */
  withContent<T>(work: (content: StateContent) => Promise<T>): Promise<T>
  /** Replaces everything, including the identity, whole or not at all. Needs the lock. */
  replace(content: StateContent): Promise<void>
  /**
   * Copies the whole state to a new SQLite file (0600), as it is now.
   * @throws StateError if the file exists, or the state is damaged
   */
  backUp(file: string): Promise<void>
}

/** The basic facts of a state. */
export interface StateGlance {
  serial: number
  resources: number
  openWrites: number
  binding: Binding | undefined
  /** A journal that was not read, because reading it would create a file. */
  journal?: string
}

/** Runs whose failures and rejects are kept. Runs of `state` commands do not count. */
export const RUNS_KEPT = 20
/** The whole content of a state, to copy it into another one. */

/** What identifies a state and its version. It is copied, too. */
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
   * run and address, rejects by run in recorded order. Can be read several times.
   */
  entries(): AsyncIterable<StateEntry[]>
}
