import type { Wait } from '../clock.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { problemsToJson } from '../diagnostics/render.ts'
import type { Step } from '../diagnostics/step.ts'
import type { FailedRequest } from '../http/retry.ts'
import { eventListener } from '../reporting/emit-events.ts'
import { failedRequestText, Progress, verboseListener } from '../reporting/progress.ts'
import type { Context } from './context.ts'
import type { OptionsOf, telling } from './definitions/options.ts'

/** How much a command tells on standard error beside warnings and errors. */
export type Telling = OptionsOf<typeof telling<[], Record<never, never>, Record<never, never>>>

/** What those who read and plan tell a command while they work. */
export interface Listeners {
  progress: Progress
  onProgress(step: Step): void
  onWait(wait: Wait): void
  onFailedRequest(request: FailedRequest): void
}

/** Shows what is told, as far as it is asked for, and passes it on to the events. */
export function openListeners({ quiet = false, verbose = false }: Telling, context: Context): Listeners {
  const { stderr, pace, events, now, redactor, env } = context
  const say = (text: string) => progress.note(redactor?.redact(text) ?? text)
  const listeners = [...(verbose ? [verboseListener(say)] : []), ...(events ? [eventListener(events)] : [])]
  const progress = new Progress(stderr, { clock: pace, shown: !quiet, listeners, redraws: env.TERM !== 'dumb' })
  return {
    progress,
    onProgress: (step) => progress.step(step),
    onWait: (wait) => progress.waiting(wait, now()),
    onFailedRequest(request) {
      if (verbose) say(failedRequestText(request))
      events?.emit({ type: 'failed_request', ...request })
    },
  }
}

/** Tells of a warning that is shown as well. */
export function emitWarning({ events }: Context, problem: Problem): void {
  for (const json of problemsToJson([{ ...problem, severity: 'warning' }])) {
    events?.emit({ type: 'warning', problem: json })
  }
}

/** A remark on standard error that is neither a warning nor an error. */
export function remark({ quiet = false }: Telling, { stderr }: Context, text: string): void {
  if (!quiet) stderr.write(text)
}
