import type { Wait } from '../clock.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { problemsToJson } from '../diagnostics/render.ts'
import type { Step } from '../diagnostics/step.ts'
import type { FailedRequest } from '../http/retry.ts'
import { eventListener } from '../reporting/emit-events.ts'
import { failedRequestText, Progress, verboseListener } from '../reporting/progress.ts'
import type { World } from './world.ts'

/** How much is written to standard error in addition to warnings and errors. */
export interface Telling {
  /** Only warnings, errors and questions. */
  quiet?: boolean
  /** Also phases with their times, waits, failed requests, and the number of requests sent. */
  verbose?: boolean
}

/** Receivers of warnings and progress while a command reads and plans. */
export interface Listeners {
  progress: Progress
  onProgress(step: Step): void
  onWait(wait: Wait): void
  onFailedRequest(request: FailedRequest): void
}

/** Shows what the options ask for, and passes everything on to the events. */
export function openListeners({ quiet = false, verbose = false }: Telling, context: World): Listeners {
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

/** Emits a warning event for a warning that is also shown. */
export function emitWarning({ events }: World, problem: Problem): void {
  for (const json of problemsToJson([{ ...problem, severity: 'warning' }])) {
    events?.emit({ type: 'warning', problem: json })
  }
}

/** A remark on standard error that is neither a warning nor an error. */
export function remark({ quiet = false }: Telling, { stderr }: World, text: string): void {
  if (!quiet) stderr.write(text)
}
