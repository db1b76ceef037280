import type { Event } from '../reporting/events.ts'

/** One event of a run, with its time. [Events](events.md) describes each type. */
export type RunEvent = Event & {
  /** ISO 8601, UTC. */
  at: string
}

/** Maximum number of events that wait for their reader. Then the run waits, too. */
const MOST = 1_000

type Result = IteratorResult<RunEvent, undefined>

/** The events of a run on their way to a reader. Bounds the memory: a slow reader slows the run. */
export class EventQueue implements AsyncIterableIterator<RunEvent, undefined> {
  readonly #events: RunEvent[] = []
  readonly #readers: PromiseWithResolvers<Result>[] = []
  #over: { error?: unknown } | undefined
  #room: PromiseWithResolvers<void> | undefined
  /** The reader has left. */
  #isLeft = false
  /** The run is being stopped and does not wait for the reader. */
  #isStopped = false

  push(event: RunEvent): void {
    if (this.#isLeft) return
    const reader = this.#readers.shift()
    if (reader === undefined) this.#events.push(event)
    else reader.resolve({ done: false, value: event })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Waits for room. Undefined: there is room. */
  room(): Promise<void> | undefined {
    if (this.#events.length < MOST || this.#isLeft || this.#isStopped) return undefined
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }

  /** Releases everything that waits for room, now and later. */
  stop(): void {
    this.#isStopped = true
    this.#makeRoom()
  }

  /** Nothing follows. @param over with the error that ended the run */
  end(over: { error?: unknown } = {}): void {
    this.#over = over
    for (const reader of this.#readers.splice(0)) settle(reader, this.#last())
  }

  next(): Promise<Result> {
    const event = this.#events.shift()
    if (event !== undefined) {
      if (this.#events.length < MOST / 2) this.#makeRoom()
      return Promise.resolve({ done: false, value: event })
    }
    const reader = Promise.withResolvers<Result>()
    if (this.#over === undefined && !this.#isLeft) this.#readers.push(reader)
    else settle(reader, this.#last())
    return reader.promise
  }

  /** The reader leaves with `break`. The run continues. */
  return(): Promise<Result> {
    this.#isLeft = true
    this.#events.length = 0
    this.#makeRoom()
    for (const reader of this.#readers.splice(0)) settle(reader, {})
    return Promise.resolve({ done: true, value: undefined })
  }

  /** The end of the run, returned once. */
  #last(): { error?: unknown } {
    const over = this.#isLeft ? {} : (this.#over ?? {})
    if (this.#over !== undefined) this.#over = {}
    return over
  }

  #makeRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

function settle(reader: PromiseWithResolvers<Result>, over: { error?: unknown }): void {
  if ('error' in over) reader.reject(over.error)
  else reader.resolve({ done: true, value: undefined })
}
