import { ExitCode } from '../diagnostics/errors.ts'
import { printable } from '../diagnostics/printable.ts'
import { code, fenced, folded, prose } from '../reporting/markdown/inline.ts'

/** The Markdown of a job other than the plan. */

const MEANS: Record<number, string> = {
  [ExitCode.failure]: 'it failed',
  [ExitCode.usage]: 'the command line or the manifest is invalid',
  [ExitCode.credentials]: 'the credentials were rejected',
  [ExitCode.guard]: 'a guard stopped it, or --confirm does not match safety.confirm, or it reached safety.maxFailures',
  [ExitCode.locked]: 'another process is using the state',
  [ExitCode.incomplete]: 'it finished, but not as planned; or --strict found something',
  [ExitCode.stale]: 'the saved plan is out of date',
  [ExitCode.interrupted]: 'it was interrupted',
}

/** `exit code 8: the saved plan is out of date`. */
export function describeExit(exit: number): string {
  const means = MEANS[exit]
  return means === undefined ? `exit code ${exit}` : `exit code ${exit}: ${means}`
}

/** ` of staging`; empty without a name. */
export function ofLabel(label: string): string {
  return label === '' ? '' : ` of ${code(label)}`
}

/** The comment of a job that failed before it made a plan. */
export function noPlan(label: string, exit: number, log: string): string {
  const where = label === '' ? '' : `: ${prose(label)}`
  return `## Migration plan${where}\n\n**There is no plan**: ${describeExit(exit)}.\n\n${logBlock(log)}`
}

/** Lines of a log that are shown. */
const LINES = 200

/** The output of a program as a code block. */
export function logBlock(log: string): string {
  const lines = log.split('\n').map((line) => printable(line))
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) return ''
  const more = lines.length - LINES
  const shown = more > 0 ? [...lines.slice(0, LINES), `… ${more} more lines in the log`] : lines
  return shown.length <= 20 ? fenced(shown, 'text') : folded('Log', fenced(shown, 'text'))
}

export function footer({ url, commit }: { url: string; commit: string }, more: readonly string[] = []): string {
  return `\n${[`[Job](${url})`, `commit ${code(commit.slice(0, 12))}`, ...more].join(' · ')}\n`
}
