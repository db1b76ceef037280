import { type Clock, systemClock } from '../clock.ts'
import { type AnswerDifference, besides, describeAnswer } from '../comparing/answer.ts'
import type { Manifest } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Fallback } from '../kinds/kind.ts'
import type { DesiredResource } from '../resource.ts'
import { digestSecrets } from '../state/digest.ts'
import type { Address, Intent, Outcome, StateResource, StateStore } from '../state/store.ts'
import { type Api, ApiRefusal } from '../workos/api.ts'
import type { ActionOutcome, NotDone } from './apply-result.ts'

/** What carrying out an action works with. */
export interface ApplyContext {
  set: Pick<DesiredSet, 'get'>
  state: Pick<StateStore, 'get' | 'idOf' | 'keyOf'>
  journal: Pick<Journal, 'intend' | 'record'>
  api: Api
  clock: Clock
  run: number
  lineage: string
  digestKey: Uint8Array
  /** Whether what exists may be adopted, and the fields that may then be filled in. */
  adopting: Manifest['adopt']
  roles: Manifest['roles']
  /**
   * Codes of refusals of this run that a smaller form was the answer to: see `fallback` of
   * KindDefinition.
   */
  refusals: Set<string>
  /**
   * Answered by WorkOS and not in the state yet: `kind\0id` of what is being created, with the key
   * that it stands for.
   */
  answered: Map<string, string>
  interrupted?: AbortSignal | undefined
}

/** The context of one run, which has sent nothing yet. */
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

/** What the journal is to hold while a write of the resource is open. */
export function intentOf(
  { digestKey }: Pick<ApplyContext, 'digestKey'>,
  { kind, key, attributes, secrets, refs }: DesiredResource,
  action: 'create' | 'update',
): Omit<Intent, 'startedAt'> {
  return { kind, key, action, attributes, digests: digestSecrets(digestKey, secrets), refs }
}

/** A desired resource as the state keeps it: secrets as digests alone. */
export function toState(
  { digestKey, run }: Pick<ApplyContext, 'digestKey' | 'run'>,
  { kind, key, attributes, secrets, refs }: DesiredResource,
  id: string,
  ownership: StateResource['ownership'],
): StateResource {
  return { kind, key, id, attributes, digests: digestSecrets(digestKey, secrets), refs, ownership, run }
}

/** What an action that took effect left out. */
export interface Shortfall {
  reduced?: Fallback | undefined
  /** Code of what an earlier run went without, where nothing was sent now. */
  former?: string | undefined
  differences: readonly AnswerDifference[]
}

/** The action took effect. */
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

/** The action was refused, and had no effect. */
export async function fail(
  { journal }: ApplyContext,
  { kind, key }: Address,
  error: ApiRefusal | { code: string; message: string },
): Promise<NotDone> {
  await journal.record({ type: 'cleared', address: { kind, key } })
  if (!(error instanceof ApiRefusal)) return { type: 'failed', code: error.code, message: error.message }
  return { type: 'failed', code: error.codes.join(', ') || `http_${error.status}`, message: error.message }
}

/** What is there is not let in, and nothing of it was changed. */
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
 * Writes intents and outcomes to the state, many at a time: what comes up while one commit is under
 * way goes into the next. A caller goes on only when its own entry is on the disk.
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

  /** Resolves when the intent is on the disk, so that its write may leave. */
  intend(intent: Intent): Promise<void> {
    this.#intents.push(intent)
    return this.#enqueue()
  }

  /** Resolves when the outcome is on the disk. */
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
      // What the callers just woken do next belongs into the next commit.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#flushing = false
  }
}
