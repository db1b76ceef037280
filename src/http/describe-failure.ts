import { codeOf } from '../diagnostics/errors.ts'

/** Why no answer came, in a few words. */
export function describeFailure(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  if (failure.name === 'TimeoutError' || failure.name === 'AbortError') return 'no answer in time'
  const causes = causesOf(failure)
  const innermost = causes.at(-1) ?? failure
  const code = causes.map(codeOf).findLast((code) => code !== undefined)
  const message = (innermost.message === '' ? failure.message : innermost.message).trim()
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}

/** The error and what it was caused by: fetch says no more than `fetch failed` itself. */
export function causesOf(failure: unknown): Error[] {
  const causes: Error[] = []
  let error: unknown = failure
  while (error instanceof Error && causes.length < 8) {
    causes.push(error)
    error = error instanceof AggregateError ? (error.errors[0] ?? error.cause) : error.cause
  }
  return causes
}
