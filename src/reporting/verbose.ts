import { waitedFor } from '../clock.ts'
import { figure } from '../diagnostics/printable.ts'
import type { FailedRequest } from '../http/retry.ts'
import type { RequestCounts } from '../workos/client.ts'
import type { RequestClass } from '../workos/limiter.ts'
import type { ProgressListener } from './progress.ts'
import { counted, duration } from './style.ts'

/** Says of each phase how long it took, and of each wait what it is for. */
export function verboseListener(say: (text: string) => void): ProgressListener {
  return {
    phaseEnded({ phase, done, unit, elapsed }) {
      const count = done === undefined ? '' : ` ${figure(done)}${unit === undefined ? '' : ` ${unit}`} in`
      say(`${phase}:${count} ${preciseDuration(elapsed)}`)
    },
    waiting: (wait) => say(`waiting for ${waitedFor(wait)}, ${preciseDuration(wait.ms / 1000)} (${wait.why})`),
  }
}

/** A request that got no usable answer, on a line. */
export function failedRequestText({ method, path, why, attempt }: FailedRequest): string {
  return `${method} ${path}: ${why} (attempt ${attempt})`
}

/** The requests of a command by the windows that they count in. */
export function requestsText(classes: Record<RequestClass, number>, { refused, repeated }: RequestCounts): string {
  const parts = [
    `${counted(classes.write, 'write')} and ${counted(classes.read, 'read')} under /user_management`,
    counted(classes['organization-delete'], 'deletion of an organization', 'deletions of organizations'),
    counted(classes.other, 'other'),
    `${figure(refused)} answered 429`,
    `${figure(repeated)} repeated`,
  ]
  return `requests to WorkOS: ${parts.join(', ')}`
}

function preciseDuration(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds * 10) / 10} s` : duration(seconds)
}
