import type { KindDefinition } from '../kinds/kind.ts'
import { StateCopy, type StateCopyOptions } from '../planning/state-copy.ts'
import type { Comparison } from '../rundb/known-ahead.ts'
import { addUnlikeInState, addUnlikeInWorkos, type PlainMatch } from '../rundb/plain-match.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
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

export interface StateCheckOptions extends StateCopyOptions {
  lists: ListAhead
}

/**
 * Checks in a thread of its own whether WorkOS has what the state says, while this one makes the
 * desired set. In: the state, and complete lists. Out: the tables `known` and `unlike`. Call `end`,
 * also after an error.
 */
export class StateCheck {
  readonly #copy: StateCopy
  readonly #matches: readonly PlainMatch[]
  readonly #lists: ListAhead
  /** Resolved once `#isCopied` is set. */
  readonly #copied: Promise<void>
  #isCopied = false
  #isSourceRead = false
  /** Undefined: the thread has not begun. Null: it must not begin. */
  #comparison: Promise<Comparison<string>> | undefined | null

  private constructor(copy: StateCopy, { kinds, lists }: StateCheckOptions) {
    this.#copy = copy
    this.#matches = plainMatchesOf(kinds)
    this.#lists = lists
    this.#copied = copy.copied.then((isCopied) => {
      this.#isCopied = isCopied
    })
    for (const event of [this.#copied, lists.all]) event.then(() => this.#compare()).catch(() => {})
  }

  /** Begins to copy the state. Undefined: there is too little to check. */
  static async begin(options: StateCheckOptions): Promise<StateCheck | undefined> {
    const copy = await StateCopy.begin(options)
    return copy && new StateCheck(copy, options)
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
    const begun = Promise.withResolvers<Comparison<string>>()
    begun.promise.catch(() => {})
    this.#comparison = begun.promise
    try {
      begun.resolve(await this.#copy.ahead.compareWithWorkos(this.#lists.lend(), this.#matches))
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
    await this.#copied
    // From here on it must not begin: it would change what this thread uses.
    const begun = this.#comparison
    this.#comparison ??= null
    const isCopied = await this.#copy.settle(rundb, async () => {
      if (begun) await this.#takeUnlike(rundb, begun)
    })
    // It still uses the lists.
    if (!isCopied && begun) await (await begun).complete()
    return isCopied
  }

  async #takeUnlike(rundb: RunDatabase, comparison: Promise<Comparison<string>>): Promise<void> {
    for (const match of this.#matches) addUnlikeInState(rundb, match)
    const { complete } = await comparison
    for (const [kind, unlike] of await complete()) addUnlikeInWorkos(rundb, kind, unlike)
  }

  async end(): Promise<void> {
    this.#comparison = null
    await this.#copy.end()
  }
}
