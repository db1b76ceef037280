import type { RequestLogEntry } from '../../src/sandbox/server.ts'
import type { Finished } from './command.ts'
import type { Live } from './read-back.ts'

interface KindCounts {
  kind: string
  desired: number
  created: number
  updated: number
  adopted: number
  unchanged: number
  failed: number
  blocked: number
  pending: number
}

export interface RunRecord {
  outcome: string
  counts: Record<string, number>
}

export interface Evidence {
  finished: Finished
  /** What was in WorkOS before, and is now. */
  before: Live
  live: Live
  /** The run in the state. */
  run: RunRecord | undefined
  /** Every request that arrived meanwhile. */
  log: readonly RequestLogEntry[]
  /**
   * Requests time out after a second. On a busy machine, WorkOS might never see one that left, and
   * a response can cross its end: a few of hundreds.
   */
  impatient: boolean
}

/**
 * Compares the exit code, the summary and the request counts of an apply with what really happened.
 * Empty: all true.
 */
export function checkRun(evidence: Evidence): string[] {
  const { finished, run, log, impatient } = evidence
  const about = (one: number, other: number) =>
    one === other || (impatient && Math.abs(one - other) <= 2 + Math.min(one, other) / 100)
  const untruths: string[] = []
  const claim = (holds: boolean, text: string) => {
    if (!holds) untruths.push(`${text} (exit ${finished.exit}) ${finished.stderr}`.trim())
  }
  // Planning reads before the first write. Reads of the run itself come after it.
  const wrote = log.filter(({ method }) => method !== 'GET').map(({ at }) => at)
  const start = Math.min(...wrote)
  const writes = wrote.length
  const later = log.filter(({ at }) => at >= start)
  if (writes > 0 && run !== undefined) {
    claim(about(run.counts.writes ?? 0, writes), `the state counts ${run.counts.writes} writes, WorkOS ${writes}`)
    const reads = later.length - writes
    claim(about(run.counts.reads ?? 0, reads), `the state counts ${run.counts.reads} reads, WorkOS ${reads}`)
  }
  const report = parseReport(finished.stdout)
  if (report === undefined) {
    // Ended by an error, which must contain a remedy; the run must be recorded as stopped.
    claim(finished.exit === 1 || finished.exit === 4, 'no summary')
    claim(/error/i.test(finished.stderr), 'no word about the error')
    if (writes > 0) claim(run?.outcome === 'stopped', `the run is on record as ${run?.outcome}`)
    return untruths
  }
  const refused = later.filter(({ status }) => status === 429).length
  const told = report.requests.refused
  claim(about(told, refused), `${told} answers 429 are told, ${refused} given`)
  checkKinds(report.kinds, evidence, claim)
  const left = report.kinds.reduce((sum, { failed, blocked, pending }) => sum + failed + blocked + pending, 0)
  claim((finished.exit === 0) === (left === 0), `${left} are said to be left`)
  claim(report.failures.length === left, `${report.failures.length} failures are listed, ${left} counted`)
  return untruths
}

interface Report {
  kinds: KindCounts[]
  requests: { refused: number }
  failures: { kind: string; code: string }[]
}

function parseReport(stdout: string): Report | undefined {
  return stdout.startsWith('{') ? JSON.parse(stdout) : undefined
}

function checkKinds(
  kinds: readonly KindCounts[],
  { live, before }: Evidence,
  claim: (holds: boolean, text: string) => void,
): void {
  const there: Record<string, (live: Live) => number> = {
    user: ({ users }) => users.length,
    organization: ({ organizations }) => organizations.length,
    membership: ({ memberships }) => memberships.length,
    // `member` exists from the start and is not declared.
    role: ({ roles }) => roles.length - 1,
  }
  for (const { kind, desired, created, updated, adopted, unchanged, failed, blocked, pending } of kinds) {
    const done = created + updated + adopted + unchanged
    claim(done + failed + blocked + pending === desired, `the counts of ${kind} do not add up to ${desired}`)
    const count = there[kind]
    if (count === undefined) continue
    const now = count(live)
    // A write with an open outcome is reported as failed, but might be there.
    claim(now >= done && now <= done + failed, `${done} of ${kind} are told to be there, ${now} are`)
    claim(created <= now, `${created} of ${kind} are told to be created, ${now - count(before)} are new`)
  }
}
