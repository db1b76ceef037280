import { ExitCode } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import type { Context } from './context.ts'
import { outlivesItsTerminal } from './hang-up.ts'

/** What a command that is told to stop at once may take to close what it has open. Milliseconds. */
const CLOSING = 250

/**
 * Signals that come together are one: a terminal sends Ctrl-C to all of its group, and npx passes it on as well; when it is closed, the
 * system and the shell each send SIGHUP. Milliseconds.
 */
const TOGETHER = 200

/**
 * The real world. The first Ctrl-C, SIGTERM or SIGHUP asks to finish, the second one stops at once, as SIGQUIT does: whichever it is, what
 * must not outlive the command is removed. A hang-up that the command was started to outlive means nothing.
 */
export function processContext(): Context {
  const interrupted = new AbortController()
  const killed = new AbortController()
  const stopAtOnce = () => {
    interrupted.abort(new Error('interrupted'))
    killed.abort(new Error('stopped at once'))
    setTimeout(() => process.exit(ExitCode.interrupted), CLOSING).unref()
  }
  let first = 0
  const onSignal = () => {
    if (interrupted.signal.aborted) {
      if (performance.now() - first >= TOGETHER) stopAtOnce()
      return
    }
    first = performance.now()
    process.stderr.write('\nStopping: writes on their way have 5 s to be answered. Again to stop at once.\n')
    interrupted.abort(new Error('interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGQUIT', stopAtOnce)
  process.on('SIGHUP', outlivesItsTerminal(process.env, process.ppid) ? () => {} : onSignal)
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
    interrupted: interrupted.signal,
    killed: killed.signal,
    redactor: new Redactor(),
    mask: new Mask(defaultMode(process.env)),
  }
}
