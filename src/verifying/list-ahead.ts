import { breathe } from '../clock.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { ahead } from '../kinds/wire.ts'
import { LiveAhead } from '../rundb/live-ahead.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'

/**
 * Lists kinds from WorkOS while the source is read. In: the kinds that the state has and that are
 * not listed within others. Out: the table `live`.
 */
export class ListAhead {
  readonly #listed: LiveAhead
  readonly #kinds: ReadonlySet<string>
  readonly #listing: Promise<void>
  #isStopped = false

  private constructor(api: Api, definitions: readonly KindDefinition[], scratch: string) {
    this.#listed = new LiveAhead(scratch)
    this.#kinds = new Set(definitions.map(({ name }) => name))
    this.#listing = this.#list(api, definitions)
    // It is awaited when the lists are needed: errors of the source come first.
    this.#listing.catch(() => {})
  }

  /** @param scratch the run's scratch folder */
  static async begin(
    api: Api,
    state: StateStore,
    definitions: readonly KindDefinition[],
    scratch: string,
  ): Promise<ListAhead> {
    const used: KindDefinition[] = []
    for (const definition of definitions) {
      const { name, within, sparse } = definition
      if (within === undefined && !sparse && (await state.count(name)) > 0) used.push(definition)
    }
    return new ListAhead(api, used, scratch)
  }

  async #list(api: Api, definitions: readonly KindDefinition[]): Promise<void> {
    for (const { name, list } of definitions) {
      for await (const page of ahead(list(api, []))) {
        this.#listed.add(name, page)
        await breathe()
        if (this.#isStopped) return
      }
    }
  }

  /**
   * Moves a kind into `live`.
   * @returns false if it is not among the listed kinds
   */
  async into(rundb: RunDatabase, kind: string): Promise<boolean> {
    if (!this.#kinds.has(kind)) return false
    await this.#listing
    this.#listed.copyInto(rundb, kind)
    return true
  }

  /** Stops it if it still lists. */
  async end(): Promise<void> {
    this.#isStopped = true
    await this.#listing.catch(() => {})
    this.#listed.close()
  }
}
