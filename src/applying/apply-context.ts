import { type Clock, systemClock } from '../clock.ts'
import { type AnswerDifference, besides, describeAnswer } from '../comparing/answer.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { digestSecrets } from '../digest.ts'
import type { Fallback } from '../kinds/kind.ts'
import type { DesiredResource } from '../resource.ts'
import type { Address, Intent, Outcome, StateResource, StateStore } from '../state/store.ts'
import { type Api, ApiRefusal } from '../workos/api.ts'
import type { ActionOutcome, NotDone } from './apply-result.ts'

/** What the actions of a run share. */
export interface ApplyContext {
  set: Pick<DesiredSet, 'get'>
  state: Pick<StateStore, 'get' | 'idOf' | 'keyOf'>
  journal: Pick<Journal, 'intend' | 'record'>
  api: Api
  clock: Clock
  run: number
  lineage: string
  digestKey: Uint8Array
  /** Whether existing resources can be adopted, and which fields can be filled in. */
  adopting: Manifest['adopt']
  roles: Manifest['roles']
  /**
   * Codes of rejections in this run that led to a smaller form: see `fallback` of KindDefinition.
   */
  refusals: Set<string>
  /** Keys by `kind\0id` of resources that WorkOS returned but that are not yet in the state. */
  answered: Map<string, string>
  interrupted?: AbortSignal | undefined
}

export function createContext({
  set,
  state,
  api,
  manifest,
  run,
  clock = systemClock,
  interrupted,
}: Pick<ApplyContext, 'set' | 'api' | 'run' | 'interrupted'> & {
  state: StateStore
  manifest: Pick<Manifest, 'adopt' | 'roles'>
  clock?: Clock | undefined
}): ApplyContext {
  return {
    set,
    state,
    journal: new Journal(state),
    api,
    clock,
    run,
    lineage: state.lineage,
    digestKey: state.digestKey,
    adopting: manifest.adopt,
    roles: manifest.roles,
    refusals: new Set(),
    answered: new Map(),
    interrupted,
  }
}

/** The journal entry while a write of the resource is open. */
export function intentOf(
  { digestKey }: Pick<ApplyContext, 'digestKey'>,
  { kind, key, attributes, secrets, refs }: DesiredResource,
  action: 'create' | 'update',
): Omit<Intent, 'startedAt'> {
  return { kind, key, action, attributes, digests: digestSecrets(digestKey, secrets), refs }
}

/** The state's form of a desired resource. Secrets become digests. */
export function toState(
  { digestKey, run }: Pick<ApplyContext, 'digestKey' | 'run'>,
  { kind, key, attributes, secrets, refs }: DesiredResource,
  id: string,
  ownership: StateResource['ownership'],
): StateResource {
  return { kind, key, id, attributes, digests: digestSecrets(digestKey, secrets), refs, ownership, run }
}

/** What a successful action left out. */
export interface Shortfall {
  reduced?: Fallback | undefined
  /** Code of what an earlier run left out, if nothing was sent now. */
  former?: string | undefined
  differences: readonly AnswerDifference[]
}

/** Records a successful action. */
export async function save(
  { journal }: ApplyContext,
  type: 'created' | 'updated' | 'adopted',
  resource: StateResource,
  { reduced, former, differences }: Shortfall,
): Promise<ActionOutcome> {
  const { reduced: _less, answered: _before, gone: _gone, ...own } = resource
  const answered = besides(differences)
  const saved: StateResource = {
    ...own,
    ...((reduced ?? former) && { reduced: reduced?.code ?? former }),
    ...(answered && { answered }),
  }
  await journal.record({ type: 'saved', resource: saved })
  return {
    type,
    resource: saved,
    ...(reduced && { reduced: { code: reduced.code, message: reduced.message } }),
    ...(answered && { answered: { code: 'answered_otherwise', message: describeAnswer(differences) } }),
  }
}

/** Records an action that was rejected and had no effect. */
export async function fail(
  { journal }: ApplyContext,
  { kind, key }: Address,
  error: ApiRefusal | { code: string; message: string },
): Promise<NotDone> {
  await journal.record({ type: 'cleared', address: { kind, key } })
  if (!(error instanceof ApiRefusal)) return { type: 'failed', code: error.code, message: error.message }
  return { type: 'failed', code: error.codes.join(', ') || `http_${error.status}`, message: error.message }
}

/** Records an action that is blocked and changed nothing. */
export async function block(
  { journal }: ApplyContext,
  { kind, key }: Address,
  { code, message }: { code: string; message: string },
): Promise<NotDone> {
  await journal.record({ type: 'cleared', address: { kind, key } })
  return { type: 'blocked', code, message }
}

interface Waiting {
  resolve(): void
  reject(error: unknown): void
}

/**
 * Writes intents and outcomes to the state in groups: entries that arrive during a commit go into
 * the next one. Each call resolves only when its own entry is on disk.
 */
export class Journal {
  readonly #store: StateStore
  #intents: Intent[] = []
  #outcomes: Outcome[] = []
  #waiting: Waiting[] = []
  #flushing = false

  constructor(store: StateStore) {
    this.#store = store
  }

  /** Resolves when the intent is on disk and its write can leave. */
  intend(intent: Intent): Promise<void> {
    this.#intents.push(intent)
    return this.#enqueue()
  }

  /** Resolves when the outcome is on disk. */
  record(outcome: Outcome): Promise<void> {
    this.#outcomes.push(outcome)
    return this.#enqueue()
  }

  #enqueue(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ resolve, reject })
    if (!this.#flushing) {
      this.#flushing = true
      setImmediate(() => this.#flush())
    }
    return promise
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      const batch = { intents: this.#intents, outcomes: this.#outcomes }
      this.#waiting = []
      this.#intents = []
      this.#outcomes = []
      try {
        await this.#store.commit(batch)
        for (const { resolve } of waiting) resolve()
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
      // Lets the callers queue their next entries for the next commit.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#flushing = false
  }
}
