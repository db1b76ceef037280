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
 * A run as a program has it. In: work that takes a World. Out: a promise of its result that can
 * also be read event by event. Nothing of it is shared with other runs of the process.
 */

/**
 * A run that has begun: a promise of its result, and its events as an async iterable.
 *
 * Begin to read the events in the turn in which the run begins: `for await (const event of
 * plan(manifest))`. Whoever never reads them costs the run nothing. A slow reader slows the run;
 * `break` lets it go on alone. Reading ends when the run does, and throws what the run throws.
 */
export interface Running<Result> extends Promise<Result>, AsyncIterable<RunEvent> {}

/** What every run takes. */
export interface RunOptions {
  /**
   * Aborted, it ends the run in order, as the first Ctrl-C does: nothing is begun any more, and
   * writes on their way have five seconds. `plan` and `verify` then reject with an
   * `InterruptedError`; `apply` resolves with the outcome `interrupted` if it has begun to write.
   */
  signal?: AbortSignal
  /**
   * Aborted, it ends the run at once, as the second Ctrl-C does. What a write on its way came to
   * the next run looks up.
   */
  hardStop?: AbortSignal
}

/** What a run has of the place that it takes place in. */
export interface Place {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  redactor: Redactor
  mask: Mask
}

/**
 * Begins a run, after its caller had the turn to ask for the events. `command` names it in them.
 */
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

/** The world of a run, which knows its secrets. */
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
 * The events pass as lines of JSON, as they do into a file: the redactor and the mask work on
 * these.
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
    message: areRead ? 'the events of a run are read once' : 'the run has begun, and its first events are gone',
    hint: 'read them in the turn in which the run begins: for await (const event of plan(manifest))',
  })
}
