import type { JoinedPart } from './source.ts'

/** Runs steps in the order in which their places were taken, as soon as each is ready. */
export class InOrder {
  readonly #places: { step?: () => void }[] = []

  /** Number of places whose steps have not run. */
  get waiting(): number {
    return this.#places.length
  }

  /** Takes the next place. @returns a function that sets its step, to be called once */
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

/** The steps of one task among parallel tasks. They run when all earlier tasks have ended. */
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

  /** Rejects the turn, unless it has come. */
  giveUp(): void {
    this.#come.reject(new Error('an earlier task failed'))
  }

  /** Waits if too many steps are held. */
  async pace(): Promise<void> {
    if (this.#held.length > MAX_HELD) await this.#come.promise
  }
}

/** Steps that a task can hold. */
const MAX_HELD = 256

/**
 * Runs tasks in parallel, with their steps in the order of the tasks.
 * @throws the error of the first task that fails, in their order
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

/** Runs the steps of parts in the task's turn. */
export async function* inTurnOf(turn: Turn, parts: AsyncIterable<JoinedPart>): AsyncGenerator<JoinedPart> {
  for await (const part of parts) {
    if ('rows' in part) yield part
    else if ('step' in part) yield { step: () => turn.do(() => part.step()) }
    else yield { piece: part.piece, settle: (found) => turn.do(() => part.settle(found)) }
    await turn.pace()
  }
}
