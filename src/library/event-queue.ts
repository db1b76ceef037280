import type { Event } from '../reporting/events.ts'

/**
 * One event of a run, as [events](events.md) describes each type, with the time at which it
 * happened.
 */
export type RunEvent = Event & {
  /** ISO 8601, UTC. */
  at: string
}

/** Events that wait for their reader at most: whoever makes more of them waits as well. */
const MOST = 1_000

type Result = IteratorResult<RunEvent, undefined>

/**
 * The events of a run on their way to the one who reads them. Memory stays bounded: a slow reader
 * slows the run.
 */
export class EventQueue implements AsyncIterableIterator<RunEvent, undefined> {
  readonly #events: RunEvent[] = []
  readonly #readers: PromiseWithResolvers<Result>[] = []
  #over: { error?: unknown } | undefined
  #room: PromiseWithResolvers<void> | undefined
  /** Nobody reads on. */
  #isLeft = false
  /** The run is being stopped: it does not wait for anybody. */
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

  /** Waits until there is room for more. Undefined: there is. */
  room(): Promise<void> | undefined {
    if (this.#events.length < MOST || this.#isLeft || this.#isStopped) return undefined
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }

  /** Lets go of whoever waits for room, now and later. */
  stop(): void {
    this.#isStopped = true
    this.#makeRoom()
  }

  /** Nothing follows. @param over with the error that the run ended in */
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

  /** The reader leaves: `break` in a `for await`. The run goes on. */
  return(): Promise<Result> {
    this.#isLeft = true
    this.#events.length = 0
    this.#makeRoom()
    for (const reader of this.#readers.splice(0)) settle(reader, {})
    return Promise.resolve({ done: true, value: undefined })
  }

  /** How it ends, told once. */
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
