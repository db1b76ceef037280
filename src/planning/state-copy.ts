import type { KindDefinition } from '../kinds/kind.ts'
import { unplannedKinds } from '../kinds/registry.ts'
import { forgetKnown, noteUnlike } from '../rundb/known.ts'
import { KnownAhead } from '../rundb/known-ahead.ts'
import { MANY } from '../rundb/reading-thread.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'

export interface StateCopyOptions {
  state: StateStore
  /** The kinds that are compared later. Others are left out. */
  kinds: readonly KindDefinition[]
  /** The run's scratch folder. */
  scratch: string
  /** The number of mapping threads. With one, the run has no other thread either. */
  workers: number
  /** The number of resources from which a thread is used. */
  many?: number
}

/**
 * Copies the state in a thread of its own, while this one makes the desired set. In: the state.
 * Out: the table `known`. Call `end`, also after an error.
 */
export class StateCopy {
  readonly ahead: KnownAhead
  /** Whether the state was copied. An error is also one of `settle`. */
  readonly copied: Promise<boolean>
  readonly #kinds: readonly KindDefinition[]
  readonly #state: StateStore
  /** The version that was copied. */
  readonly #serial: number

  private constructor({ state, kinds, scratch }: StateCopyOptions) {
    this.#kinds = kinds
    this.#state = state
    this.#serial = state.serial
    this.ahead = new KnownAhead(scratch)
    this.copied = this.#copy(state, scratch)
    // Awaited when it is needed: errors of the source come first.
    this.copied.catch(() => {})
  }

  /** Begins to copy. Undefined: there is too little. */
  static async begin(options: StateCopyOptions): Promise<StateCopy | undefined> {
    const { state, kinds, workers, many = MANY } = options
    if (workers < 2) return undefined
    for (const { name } of kinds) if ((await state.count(name)) >= many) return new StateCopy(options)
    return undefined
  }

  async #copy(state: StateStore, scratch: string): Promise<boolean> {
    const kinds = this.#kinds.map(({ name }) => name)
    return (await state.inFile(scratch, (file) => this.ahead.copy(file, state, kinds))) === true
  }

  /**
   * Makes the copy the table `known` of the run's database. From then on the table can change.
   * @param compare compares it before; not called if the state was not copied
   * @returns false if the state was not copied, or has changed since
   */
  async settle(rundb: RunDatabase, compare: () => Promise<void>): Promise<boolean> {
    if (!(await this.copied) || this.#state.serial !== this.#serial) return false
    this.ahead.becomeKnownOf(rundb)
    await compare()
    for (const kind of unplannedKinds(this.#kinds)) forgetKnown(rundb, kind)
    return true
  }

  /**
   * Compares the copy with the desired set, in both threads. Call it while settling, when the
   * desired set no longer changes.
   * @param digestKey see StateStore
   */
  async compareWithDesired(rundb: RunDatabase, digestKey: Uint8Array): Promise<void> {
    const kinds = this.#kinds.map(({ name }) => name)
    const { complete } = await this.ahead.compareWithDesired(rundb, kinds, digestKey)
    noteUnlike(rundb, await complete())
  }

  async end(): Promise<void> {
    // The state must not be closed while the thread reads it.
    await this.copied.catch(() => {})
    await this.ahead.end()
  }
}
