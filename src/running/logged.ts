import type { ExitCode } from '../diagnostics/errors.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { problemsToJson } from '../diagnostics/render.ts'
import type { EventLog } from '../reporting/events.ts'
import { exitCodeOf, isInterruption, problemsOf, registerSecretsOf } from './failure.ts'
import type { World } from './world.ts'

/**
 * Runs work that emits events. The last event has the exit code, also on failure: then the error
 * precedes it.
 */
export async function logged<T>(
  log: EventLog,
  world: World,
  work: () => Promise<T>,
  exitCode: (result: T) => ExitCode,
): Promise<T> {
  try {
    const result = await work()
    log.end(exitCode(result))
    return result
  } catch (error) {
    emitFailure(log, error, world)
    log.end(exitCodeOf(error, world))
    throw error
  }
}

function emitFailure(log: EventLog, error: unknown, world: World): void {
  const { env, redactor = new Redactor() } = world
  registerSecretsOf(env, redactor)
  const problems = isInterruption(error, world) ? [{ code: 'interrupted', message: 'interrupted' }] : problemsOf(error)
  for (const problem of problemsToJson(problems)) log.emit({ type: 'error', problem })
}
