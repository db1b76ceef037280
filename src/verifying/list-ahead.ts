import { breathe } from '../clock.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { ahead, eachOf } from '../kinds/wire.ts'
import type { LiveResource } from '../resource.ts'
import type { Listing } from '../rundb/live.ts'
import { type Laid, LiveAhead } from '../rundb/live-ahead.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { StateStore } from '../state/store.ts'
import type { Api } from '../workos/api.ts'

/** The list of one kind. */
interface List {
  complete: Promise<void>
  count: number
  /** The parents within which it was listed, if it has no complete list. */
  within: ReadonlySet<string>
  /** Called after each page with the number of resources so far. */
  onPage(count: number): void
}

export interface ListAheadOptions {
  target: { client: Api }
  state: StateStore
  kinds: readonly KindDefinition[]
  /** Whether the run is limited to some users. */
  scoped: boolean
  /** The run's scratch folder. */
  scratch: string
}

/**
 * Lists kinds from WorkOS while the source is read. In: the kinds that the state has, and that are
 * not sparse. Out: the table `live`. A kind without a complete list is listed within the parents
 * that are both in the state and in WorkOS, unless only some of these are in scope.
 */
export class ListAhead {
  readonly #api: Api
  readonly #state: StateStore
  readonly #live: LiveAhead
  readonly #lists = new Map<string, List>()
  /** Settled when all lists are complete, or one has failed. */
  readonly all: Promise<void>
  #isEnded = false
  /** Lists that are not complete. */
  #left: number

  private constructor({ target, state, scratch }: ListAheadOptions, definitions: readonly KindDefinition[]) {
    this.#api = target.client
    this.#state = state
    this.#live = new LiveAhead(scratch)
    this.#left = definitions.length
    let before = Promise.resolve()
    for (const definition of definitions) {
      const list: List = { complete: before, count: 0, within: new Set(), onPage: () => {} }
      list.complete = before.then(() => this.#read(definition, list))
      // It is awaited when the list is needed: errors of the source come first.
      list.complete.catch(() => {})
      before = list.complete
      this.#lists.set(definition.name, list)
    }
    this.all = before
  }

  static async begin(options: ListAheadOptions): Promise<ListAhead> {
    const { state, kinds, scoped } = options
    const used: KindDefinition[] = []
    for (const definition of kinds) {
      const { name, within, refs, sparse } = definition
      const isListed = within === undefined || used.some((each) => each.name === refs[within] && !each.within)
      if (isListed && !sparse && !(scoped && within) && (await state.count(name)) > 0) used.push(definition)
    }
    return new ListAhead(options, used)
  }

  async #read(definition: KindDefinition, list: List): Promise<void> {
    if (this.#isEnded) return
    const { name, within, refs } = definition
    const listing = this.#live.list(name)
    const pages = (parents: string[]) => definition.list(this.#api, parents)
    if (within === undefined) await this.#readPages(ahead(pages([])), listing, list)
    else {
      list.within = await this.#parentsOf(refs[within] ?? '')
      // Several lists at once, so no page is requested ahead: pages that wait take memory.
      await eachOf(list.within, (id) => this.#readPages(pages([id]), listing, list))
    }
    if (this.#isEnded) return
    listing.done()
    this.#left -= 1
  }

  /** Leaves the complete lists to another thread: see LiveAhead. */
  lend(): Laid {
    return this.#live.lend()
  }

  /** Whether all lists are complete. Until then the table `live` changes at any time. */
  get isComplete(): boolean {
    return this.#left === 0
  }

  async #readPages(pages: AsyncIterable<LiveResource[]>, listing: Listing, list: List): Promise<void> {
    if (this.#isEnded) return
    for await (const page of pages) {
      if (this.#isEnded) return
      listing.add(page)
      list.count += page.length
      list.onPage(list.count)
      await breathe()
    }
  }

  /** The IDs of a kind that are both in the state and in WorkOS, in order. */
  async #parentsOf(kind: string): Promise<Set<string>> {
    const live = this.#live.ids(kind)
    const parents: string[] = []
    for await (const batch of this.#state.resources(kind)) {
      for (const { id } of batch) if (live.has(id)) parents.push(id)
    }
    return new Set(parents.sort())
  }

  becomeLiveOf(rundb: RunDatabase): void {
    this.#live.becomeLiveOf(rundb)
  }

  /**
   * Waits for the list of a kind.
   * @returns undefined if the kind is not listed here
   */
  async complete(kind: string, onPage: (count: number) => void): Promise<Pick<List, 'count' | 'within'> | undefined> {
    const list = this.#lists.get(kind)
    if (list === undefined) return undefined
    list.onPage = onPage
    await list.complete
    this.#live.insert(kind)
    return list
  }

  /** Ends listing. A request in flight ends with the target. */
  end(): void {
    this.#isEnded = true
    this.#live.close()
  }
}
