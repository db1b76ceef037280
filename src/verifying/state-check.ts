import type { KindDefinition } from '../kinds/kind.ts'
import { unplannedKinds } from '../kinds/registry.ts'
import { forgetKnown } from '../rundb/known.ts'
import { type Comparison, KnownAhead } from '../rundb/known-ahead.ts'
import { addUnlikeInState, addUnlikeInWorkos, type PlainMatch } from '../rundb/plain-match.ts'
import { MANY } from '../rundb/reading-thread.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { ListAhead } from './list-ahead.ts'
import { plainMatchOf } from './verify-kind.ts'

/** What SQL needs to match kinds, if it can also match all kinds that these refer to. */
function plainMatchesOf(kinds: readonly KindDefinition[]): PlainMatch[] {
  const matches: PlainMatch[] = []
  for (const definition of kinds) {
    const match = plainMatchOf(definition)
    const matched = (kind: string) => matches.some((each) => each.kind === kind)
    if (match !== undefined && Object.values(match.refs).every(matched)) matches.push(match)
  }
  return matches
}

export interface StateCheckOptions {
  state: StateStore
  kinds: readonly KindDefinition[]
  /** The run's scratch folder. */
  scratch: string
  /** Maximum number of busy threads. */
  workers: number
  lists: ListAhead
  /** The number of resources from which a thread is used. */
  many?: number
}

/**
 * Checks in a thread of its own whether WorkOS has what the state says, while this one makes the
 * desired set. In: the state, and complete lists. Out: the tables `known` and `unlike`. Call `end`,
 * also after an error.
 */
export class StateCheck {
  readonly #kinds: readonly KindDefinition[]
  readonly #matches: readonly PlainMatch[]
  readonly #lists: ListAhead
  readonly #ahead: KnownAhead
  readonly #copied: Promise<boolean>
  #isCopied = false
  #isSourceRead = false
  /** Undefined: the thread has not begun. Null: it must not begin. */
  #comparison: Promise<Comparison> | undefined | null

  private constructor({ state, kinds, scratch, lists }: StateCheckOptions) {
    this.#kinds = kinds
    this.#matches = plainMatchesOf(kinds)
    this.#lists = lists
    this.#ahead = new KnownAhead(scratch)
    this.#copied = this.#copy(state, scratch)
    // Awaited when it is needed: errors of the source come first.
    for (const event of [this.#copied, lists.all]) event.then(() => this.#compare()).catch(() => {})
  }

  /** Begins to copy the state. Undefined: there is too little to check. */
  static async begin(options: StateCheckOptions): Promise<StateCheck | undefined> {
    const { state, kinds, workers, many = MANY } = options
    if (workers < 2) return undefined
    for (const { name } of kinds) if ((await state.count(name)) >= many) return new StateCheck(options)
    return undefined
  }

  async #copy(state: StateStore, scratch: string): Promise<boolean> {
    this.#isCopied = (await state.inFile(scratch, (file) => this.#ahead.copy(file, state, this.#matches))) === true
    return this.#isCopied
  }

  /**
   * Call it once the source is read. Then this thread makes the desired set, and a core is free for
   * the other.
   */
  async sourceIsRead(): Promise<void> {
    this.#isSourceRead = true
    await this.#compare()
  }

  async #compare(): Promise<void> {
    if (!this.#isCopied || !this.#isSourceRead || !this.#lists.isComplete || this.#comparison !== undefined) return
    const begun = Promise.withResolvers<Comparison>()
    begun.promise.catch(() => {})
    this.#comparison = begun.promise
    try {
      begun.resolve(await this.#ahead.compare(this.#lists.lend(), this.#matches))
    } catch (error) {
      begun.reject(error)
    }
  }

  /**
   * Takes over what the thread has found, and compares the state with the desired set. From then on
   * the run's tables can change.
   * @returns false if the state was not copied
   */
  async settle(rundb: RunDatabase): Promise<boolean> {
    const isCopied = await this.#copied
    if (isCopied) {
      this.#ahead.becomeKnownOf(rundb)
      if (this.#comparison) await this.#takeUnlike(rundb, this.#comparison)
    }
    this.#comparison = null
    if (isCopied) for (const kind of unplannedKinds(this.#kinds)) forgetKnown(rundb, kind)
    return isCopied
  }

  async #takeUnlike(rundb: RunDatabase, comparison: Promise<Comparison>): Promise<void> {
    for (const match of this.#matches) addUnlikeInState(rundb, match)
    const { complete } = await comparison
    for (const [kind, unlike] of await complete()) addUnlikeInWorkos(rundb, kind, unlike)
  }

  async end(): Promise<void> {
    this.#comparison = null
    // The state must not be closed while the thread reads it.
    await this.#copied.catch(() => {})
    await this.#ahead.end()
  }
}
