import { Writable } from 'node:stream'
import { type ExitCode, UsageError } from '../diagnostics/errors.ts'
import type { Mask } from '../diagnostics/mask.ts'
import type { Redactor } from '../diagnostics/redactor.ts'
import { EventLog } from '../reporting/events.ts'
import { logged } from '../running/logged.ts'
import type { World } from '../running/world.ts'
import { toolVersion } from '../version.ts'
import { publicError } from './errors.ts'
import { EventQueue, type RunEvent } from './event-queue.ts'

/**
 * Runs for programs. In: work that takes a World. Out: a promise of its result that is also an
 * iterable of its events. Shares nothing with other runs of the process.
 */

/**
 * A started run: a promise of its result, and its events as an async iterable.
 *
 * Start to read the events in the same turn of the event loop: `for await (const event of
 * plan(manifest))`. Events that you never read cost nothing. A slow reader slows the run; after
 * `break` the run continues alone. Reading ends with the run, and throws what the run throws.
 */
export interface Running<Result> extends Promise<Result>, AsyncIterable<RunEvent> {}

/** Options of every run. */
export interface RunOptions {
  /**
   * Aborts the run in order, like the first Ctrl-C: nothing new starts, and open writes have five
   * seconds to finish. `plan` and `verify` then reject with an `InterruptedError`. `apply` resolves
   * with the outcome `interrupted` if it has begun to write.
   */
  signal?: AbortSignal
  /**
   * Aborts the run at once, like the second Ctrl-C. The next run looks up writes without a
   * response.
   */
  hardStop?: AbortSignal
}

/** Where a run takes place. */
export interface Place {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  redactor: Redactor
  mask: Mask
}

/** Starts a run, after the caller had a turn to read the events. `command` is its name in them. */
export function begin<Result extends { exitCode: ExitCode }>(
  command: string,
  place: Place,
  options: RunOptions,
  work: (world: World) => Promise<Result>,
): Running<Result> {
  let queue: EventQueue | undefined
  let hasBegun = false
  const result = Promise.resolve().then(() => {
    hasBegun = true
    return run(command, worldOf(place, options), queue, work)
  })
  const iterate = () => {
    if (hasBegun || queue !== undefined) throw eventsGone(queue !== undefined)
    const events = new EventQueue()
    queue = events
    result.then(
      () => events.end(),
      (error: unknown) => events.end({ error }),
    )
    return events
  }
  return Object.assign(result, { [Symbol.asyncIterator]: iterate })
}

/** The world of a run, with its secrets. */
type Within = World & Pick<Place, 'redactor' | 'mask'>

async function run<Result extends { exitCode: ExitCode }>(
  command: string,
  world: Within,
  queue: EventQueue | undefined,
  work: (world: World) => Promise<Result>,
): Promise<Result> {
  const { interrupted } = world
  const stop = () => queue?.stop()
  interrupted.addEventListener('abort', stop, { once: true })
  const unlessStopped = async (within: World) => {
    interrupted.throwIfAborted()
    return work(within)
  }
  try {
    if (queue === undefined) return await unlessStopped(world)
    const log = logInto(queue, world, command)
    return await logged(
      log,
      world,
      () => unlessStopped({ ...world, events: log }),
      ({ exitCode }) => exitCode,
    )
  } catch (error) {
    throw publicError(error, world)
  } finally {
    interrupted.removeEventListener('abort', stop)
  }
}

/**
 * Events pass as lines of JSON, as in an event log, because the redactor and the mask work on
 * lines.
 */
function logInto(queue: EventQueue, { redactor, mask, now }: Within, command: string): EventLog {
  const masked = mask.output()
  const output = {
    write: (line: string) => queue.push(JSON.parse(masked(line))),
    check() {},
    room: () => queue.room(),
  }
  return new EventLog(output, { redactor, now, command, tool: toolVersion })
}

function worldOf({ cwd, env, redactor, mask }: Place, { signal, hardStop }: RunOptions): Within {
  const never = new AbortController().signal
  const signals = [signal, hardStop].filter((one) => one !== undefined)
  return {
    cwd,
    env: { ...env },
    redactor,
    mask,
    stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
    now: Date.now,
    interrupted: signals.length === 0 ? never : AbortSignal.any(signals),
    killed: hardStop ?? never,
  }
}

function eventsGone(areRead: boolean): UsageError {
  return new UsageError({
    code: 'events_gone',
    message: areRead
      ? 'the events of a run can be read only once'
      : 'the run has started, and its first events are gone',
    hint: 'start to read them as soon as the run starts: for await (const event of plan(manifest))',
  })
}
