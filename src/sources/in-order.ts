import type { JoinedPart } from './source.ts'

/**
 * Steps that are made in the order in which their places were taken, whenever each of them is
 * ready.
 */
export class InOrder {
  readonly #places: { step?: () => void }[] = []

  /** How many places are taken whose steps have not been made. */
  get waiting(): number {
    return this.#places.length
  }

  /** Takes the next place. @returns how to say what is to be done there, once */
  take(): (step: () => void) => void {
    const place: { step?: () => void } = {}
    this.#places.push(place)
    return (step) => {
      place.step = step
      this.#run()
    }
  }

  #run(): void {
    for (let step = this.#places[0]?.step; step !== undefined; step = this.#places[0]?.step) {
      this.#places.shift()
      step()
    }
  }
}

/**
 * Steps of a work that is done beside others: they are made when all works before it have ended.
 */
export class Turn {
  readonly #held: (() => void)[] = []
  readonly #come = Promise.withResolvers<void>()
  #hasCome = false

  constructor() {
    this.#come.promise.catch(() => {})
  }

  do(step: () => void): void {
    if (this.#hasCome) step()
    else this.#held.push(step)
  }

  come(): void {
    this.#hasCome = true
    for (const step of this.#held.splice(0)) step()
    this.#come.resolve()
  }

  /** It never comes, unless it has. */
  giveUp(): void {
    this.#come.reject(new Error('an earlier task failed'))
  }

  /** Waits where more is held than should be. */
  async pace(): Promise<void> {
    if (this.#held.length > MAX_HELD) await this.#come.promise
  }
}

/** Steps that a work may have waiting for its turn. */
const MAX_HELD = 256

/**
 * Does works at the same time, as if they were done one after another.
 * @throws what the first of them throws, in their order
 */
export async function inTurn(works: readonly ((turn: Turn) => Promise<void>)[]): Promise<void> {
  const turns = works.map(() => new Turn())
  const running = works.map((work, index) => work(turns[index] ?? new Turn()))
  for (const work of running) work.catch(() => {})
  try {
    for (const [index, work] of running.entries()) {
      turns[index]?.come()
      await work
    }
  } finally {
    for (const turn of turns) turn.giveUp()
  }
}

/** Parts whose steps are made in a work's turn. */
export async function* inTurnOf(turn: Turn, parts: AsyncIterable<JoinedPart>): AsyncGenerator<JoinedPart> {
  for await (const part of parts) {
    if ('rows' in part) yield part
    else if ('step' in part) yield { step: () => turn.do(() => part.step()) }
    else yield { piece: part.piece, settle: (found) => turn.do(() => part.settle(found)) }
    await turn.pace()
  }
}
