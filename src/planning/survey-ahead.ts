import { kindDefinitions } from '../kinds/registry.ts'
import { hasChanges } from '../rundb/actions.ts'
import { hasDesired } from '../rundb/desired.ts'
import { countDesired, isAsStaged } from '../rundb/desired-facts.ts'
import { countDrafts, draftVersion, leaseDrafts } from '../rundb/draft-facts.ts'
import { Lease } from '../rundb/lease.ts'
import { MANY, ReadingThread } from '../rundb/reading-thread.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { type DraftsOfKind, valuesAtOnce } from '../rundb/values.ts'
import {
  type KindSurvey,
  NO_VALUES,
  type Survey,
  type SurveyScope,
  surveyDrafts,
  surveyKind,
  surveyOf,
  surveyValues,
} from './survey.ts'

/**
 * Surveys values while other work runs. In: drafts, while the desired set is made from them; then
 * the desired set, while planning runs. Out: what the survey found. For many resources it runs in a
 * separate thread, which the main thread helps once everything is planned. Drafts count only if all
 * of a kind become desired as they are, which is usual.
 */

/** The survey of one kind of `kindDefinitions`, at the same index. Shared by the threads. */
export const SHARE = {
  /** Nobody surveys it yet. */
  free: 0,
  /** The thread will survey its drafts. */
  ahead: 1,
  /** The thread surveys its drafts. */
  reading: 2,
  /** The thread has surveyed its drafts. */
  known: 3,
  /** One of the threads surveys its desired resources. */
  taken: 4,
} as const

/** Drafts for the thread. */
export interface AheadTask extends Pick<SurveyTask, 'path' | 'manifest' | 'shares'> {
  /** Ends when drafts change. */
  lease: SharedArrayBuffer
  drafts: DraftsOfKind[]
}

/** The complete desired set for the thread. */
export interface SurveyTask extends SurveyScope {
  /** The run's database. */
  path: string
  /** See SHARE. */
  shares: Int32Array
}

export interface SurveyorOptions {
  /** Maximum number of busy threads. */
  workers: number
  /** The number of resources from which a thread is used. */
  many?: number
}

/**
 * Surveys the values of a desired set once, in a thread of its own if there are many. Call `end`,
 * also after an error.
 */
export class Surveyor {
  /** See SHARE. */
  readonly shares = new Int32Array(new SharedArrayBuffer(kindDefinitions.length * Int32Array.BYTES_PER_ELEMENT))
  readonly #workers: number
  readonly #many: number
  #thread: ReadingThread<AheadTask | SurveyTask, KindSurvey[]> | undefined
  #task: SurveyTask | undefined
  /** What the thread found, in drafts of a version or in the desired set. */
  readonly #found: { version?: number; result: Promise<KindSurvey[]> }[] = []
  /** Of the drafts whose shares are not free: see draftVersion. */
  #version = 0

  constructor({ workers, many = MANY }: SurveyorOptions) {
    this.#workers = workers
    this.#many = many
  }

  /**
   * Starts the thread, which loads its modules while the desired set is made.
   * @param drafts about how many resources there will be
   */
  prepare(drafts: number): void {
    if (this.#workers < 2 || drafts < this.#many) return
    this.#thread ??= new ReadingThread('planning/survey-worker', {
      // V8 collects old garbage only at half of this. Ten million users would leave 400 MiB of it.
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
  }

  /** The thread has loaded its modules and waits. */
  get isIdle(): boolean {
    return this.#thread?.isIdle === true
  }

  /**
   * Lets the thread survey drafts until some change. Call it often while the desired set is made,
   * whenever nothing is being written: it does nothing while the thread is busy.
   */
  async readAhead(rundb: RunDatabase, { manifest }: Pick<SurveyScope, 'manifest'>): Promise<void> {
    const [thread, shares, { path }] = [this.#thread, this.shares, rundb]
    if (thread === undefined || !thread.isIdle || path === undefined) return
    this.#forgetOld(rundb)
    const drafts = kindDefinitions
      .filter((_, index) => shares[index] === SHARE.free)
      .map(({ name: kind }) => ({ kind, count: countDrafts(rundb, kind) }))
      .filter(({ kind, count }) => count >= this.#many && (isAsStaged(rundb, kind) || !hasDesired(rundb, kind)))
      .sort((one, other) => other.count - one.count)
      .map((each) => ({ ...each, atOnce: valuesAtOnce(rundb, each.kind, 'drafts') }))
    if (drafts.length === 0) return
    for (const { kind } of drafts) shares[indexOf(kind)] = SHARE.ahead
    const lease = leaseDrafts(rundb).shared
    const { result } = await thread.begin({ path, lease, drafts, manifest: { map: manifest.map }, shares })
    this.#found.push({ version: this.#version, result })
  }

  /**
   * Begins the survey of the complete set, in the thread if there is one. From now on the desired
   * set must not change; other tables can change once this has returned.
   */
  async begin(rundb: RunDatabase, { scoped, manifest }: SurveyScope): Promise<void> {
    const [shares, { path }] = [this.shares, rundb]
    const sizes = kindDefinitions.map(({ name }) => countDesired(rundb, name))
    const left = (...states: number[]) => {
      return sizes.reduce((sum, size, index) => sum + (states.includes(shares[index] ?? SHARE.free) ? size : 0), 0)
    }
    this.#forgetOld(rundb)
    for (const [index, { name }] of kindDefinitions.entries()) {
      if (scoped || !isAsStaged(rundb, name)) Atomics.store(shares, index, SHARE.free)
    }
    const [free, ahead] = [left(SHARE.free), left(SHARE.ahead, SHARE.reading)]
    if (path !== undefined) this.prepare(free)
    this.#task = { path: path ?? '', scoped, manifest: { map: manifest.map }, shares }
    // If the thread still has more to do, this one takes the others once everything is planned.
    if (this.#thread === undefined || (ahead > 0 && ahead >= free)) return
    for (const index of sizes.keys()) giveUp(shares, index)
    await Promise.all(this.#found.map(({ result }) => result))
    const { result } = await this.#thread.begin(this.#task)
    this.#found.push({ result })
  }

  /** The survey, once everything is planned. Takes the kinds that the thread has not begun. */
  async survey(rundb: RunDatabase): Promise<Survey> {
    const task = this.#task
    if (task === undefined) return NO_VALUES
    if (this.#thread === undefined) return surveyValues(rundb, task, (kind) => hasChanges(rundb, kind))
    const found = surveyNext(rundb, task, [SHARE.free, SHARE.ahead])
    for (const { version, result } of this.#found) {
      const all = await result
      if (version === undefined) found.push(...all)
      else if (version === this.#version)
        found.push(...all.filter(({ kind }) => this.shares[indexOf(kind)] === SHARE.known))
    }
    // Kinds whose drafts the thread could not survey to the end.
    found.push(...surveyNext(rundb, task))
    if (found.length !== kindDefinitions.length) throw new Error('the survey of values is not complete')
    return surveyOf(found)
  }

  /** Gives up what was found in drafts that have changed since. */
  #forgetOld(rundb: RunDatabase): void {
    const version = draftVersion(rundb)
    if (version === this.#version) return
    this.#version = version
    for (const index of kindDefinitions.keys()) giveUp(this.shares, index, [SHARE.ahead, SHARE.reading, SHARE.known])
  }

  /** Ends the thread, whether its result was used or not. */
  async end(): Promise<void> {
    await this.#thread?.end()
  }
}

function indexOf(kind: string): number {
  return kindDefinitions.findIndex(({ name }) => name === kind)
}

function exchange(shares: Int32Array, index: number, from: number, to: number): boolean {
  return Atomics.compareExchange(shares, index, from, to) === from
}

/**
 * Leaves a kind to whoever surveys what is desired.
 * @param states in which its drafts were surveyed in vain. Default: not to the end
 */
function giveUp(shares: Int32Array, index: number, states: readonly number[] = [SHARE.ahead, SHARE.reading]): void {
  for (const state of states) exchange(shares, index, state, SHARE.free)
}

/**
 * Surveys one kind after another. What changes is not known yet.
 * @param states of the kinds to take
 */
export function surveyNext(
  rundb: RunDatabase,
  { shares, ...scope }: SurveyTask,
  states: readonly number[] = [SHARE.free],
): KindSurvey[] {
  const found: KindSurvey[] = []
  for (const [index, definition] of kindDefinitions.entries()) {
    if (!states.some((state) => exchange(shares, index, state, SHARE.taken))) continue
    found.push(surveyKind(rundb, definition, scope, true))
  }
  return found
}

/** Surveys the drafts of one kind after another, until they change. */
export function surveyAhead(rundb: RunDatabase, { drafts, lease, manifest, shares }: AheadTask): KindSurvey[] {
  const found: KindSurvey[] = []
  for (const each of drafts) {
    const index = indexOf(each.kind)
    const definition = kindDefinitions[index]
    if (definition === undefined || !exchange(shares, index, SHARE.ahead, SHARE.reading)) continue
    const isUseful = () => Atomics.load(shares, index) === SHARE.reading
    const own = surveyDrafts(rundb, definition, { drafts: each, lease: new Lease(lease), manifest, isUseful })
    if (own !== undefined && exchange(shares, index, SHARE.reading, SHARE.known)) found.push(own)
    else giveUp(shares, index)
  }
  return found
}
