import { breathe } from '../clock.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { ahead } from '../kinds/wire.ts'
import { LiveAhead } from '../rundb/live-ahead.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'

/** The list of one kind. */
interface List {
  complete: Promise<void>
  count: number
  /** Called after each page with the number of resources so far. */
  onPage(count: number): void
}

/**
 * Lists kinds from WorkOS while the source is read. In: the kinds that the state has, and that are
 * neither sparse nor listed within others. Out: rows of `live`.
 */
export class ListAhead {
  readonly #listed: LiveAhead
  readonly #lists = new Map<string, List>()
  #isEnded = false

  private constructor(api: Api, definitions: readonly KindDefinition[], scratch: string) {
    this.#listed = new LiveAhead(scratch)
    let before = Promise.resolve()
    for (const definition of definitions) {
      const list: List = { complete: before, count: 0, onPage: () => {} }
      list.complete = before.then(() => this.#read(api, definition, list))
      // It is awaited when the list is needed: errors of the source come first.
      list.complete.catch(() => {})
      before = list.complete
      this.#lists.set(definition.name, list)
    }
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

  async #read(api: Api, { name, list: pages }: KindDefinition, list: List): Promise<void> {
    for await (const page of ahead(pages(api, []))) {
      if (this.#isEnded) return
      this.#listed.add(name, page)
      list.count += page.length
      list.onPage(list.count)
      await breathe()
    }
  }

  /**
   * Waits for the list of a kind and copies it into `live`.
   * @returns false if the kind is not listed here
   */
  async into(rundb: RunDatabase, kind: string, onPage: (count: number) => void): Promise<boolean> {
    const list = this.#lists.get(kind)
    if (list === undefined) return false
    list.onPage = onPage
    await list.complete
    this.#listed.copyInto(rundb, kind)
    return true
  }

  /** Ends listing. A request in flight ends with the target. */
  end(): void {
    this.#isEnded = true
    this.#listed.close()
  }
}
