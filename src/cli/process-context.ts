import { Redactor } from '../diagnostics/redactor.ts'
import type { Context } from './context.ts'

/** The real world. The first Ctrl-C or SIGTERM asks to finish, the second stops at once. */
export function processContext(): Context {
  const interrupted = new AbortController()
  const killed = new AbortController()
  const onSignal = () => {
    if (!interrupted.signal.aborted) {
      process.stderr.write('\nStopping: what is on its way may finish. Again to stop at once.\n')
      interrupted.abort(new Error('interrupted'))
    } else {
      killed.abort(new Error('stopped at once'))
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
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
  }
}
