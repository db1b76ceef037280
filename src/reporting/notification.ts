import type { ApplyResult, KindResult } from '../applying/apply-result.ts'
import { jsonText } from '../json.ts'
import type { RunOutcome } from '../state/store.ts'
import type { RequestCounts } from '../workos/client.ts'
import { counted, duration } from './style.ts'

/**
 * What a webhook is told of the end of a run. In: how it ended. Out: a body, as JSON for programs
 * or as a text for Slack. No name, address or key of a person is in it, and no message, which might
 * hold one: whoever wants to know looks at the state with `errors`.
 */

/** As schemas/notification.schema.json describes it. */
export interface Notification {
  format: 'workos-migrate-notification'
  version: 1
  /** Version of the program. */
  tool: string
  /** Of this notification, random: attempts to deliver it have the same. */
  id: string
  /** ISO 8601. */
  at: string
  /** The manifest's. */
  name: string
  /** Null: none was chosen. */
  environment: string | null
  target: 'workos' | 'sandbox'
  command: 'apply' | 'destroy'
  /** Null: it ended before a run began. */
  run: number | null
  /** `failed`: it ended with an error. */
  outcome: RunOutcome | 'failed'
  exitCode: number
  /** Code of the error that ended it; null: none did. */
  code: string | null
  seconds: number
  /** Resources by how they ended; none where no run began. */
  kinds: NotifiedKind[]
  /** Null: no run began. */
  rejected: number | null
  /** Null: no run began. */
  requests: RequestCounts | null
  /** What a deadline left: the least time that it takes. Seconds. */
  left: number | null
}

export type NotifiedKind = Pick<
  KindResult,
  | 'kind'
  | 'created'
  | 'updated'
  | 'adopted'
  | 'unchanged'
  | 'gone'
  | 'deleted'
  | 'failed'
  | 'blocked'
  | 'reduced'
  | 'answered'
  | 'pending'
>

/** How a run ended, and what it was of. */
export type Ending = Pick<
  Notification,
  'tool' | 'id' | 'at' | 'name' | 'environment' | 'target' | 'command' | 'outcome' | 'exitCode' | 'code' | 'seconds'
> & { result?: ApplyResult | undefined }

export function notificationOf({ result, ...ending }: Ending): Notification {
  return {
    format: 'workos-migrate-notification',
    version: 1,
    tool: ending.tool,
    id: ending.id,
    at: ending.at,
    name: ending.name,
    environment: ending.environment,
    target: ending.target,
    command: ending.command,
    run: result?.run ?? null,
    outcome: ending.outcome,
    exitCode: ending.exitCode,
    code: ending.code,
    seconds: Math.round(ending.seconds * 1000) / 1000,
    kinds: (result?.kinds ?? []).filter(({ desired, toDelete }) => desired + toDelete > 0).map(notifiedKind),
    rejected: result?.rejected ?? null,
    requests: result?.requests ?? null,
    left: result?.left?.seconds ?? null,
  }
}

function notifiedKind(result: KindResult): NotifiedKind {
  const { kind, created, updated, adopted, unchanged, gone, deleted, failed, blocked, reduced, answered, pending } =
    result
  return { kind, created, updated, adopted, unchanged, gone, deleted, failed, blocked, reduced, answered, pending }
}

/** The body that a webhook of this format understands. */
export function bodyOf(notification: Notification, format: 'json' | 'slack'): string {
  return jsonText(format === 'json' ? { ...notification } : { text: slackText(notification) })
}

const SHOWN = ['created', 'updated', 'adopted', 'deleted', 'failed', 'blocked', 'pending'] as const

/** https://docs.slack.dev/messaging/formatting-message-text */
function slackText(notification: Notification): string {
  const { name, environment, command, outcome, exitCode, code, seconds, kinds, run, rejected, left } = notification
  const mark = exitCode === 0 ? ':white_check_mark:' : outcome === 'deadline' ? ':clock3:' : ':warning:'
  const where = environment === null ? `*${escaped(name)}*` : `*${escaped(name)}* in *${escaped(environment)}*`
  const why = code === null ? '' : ` (${escaped(code)})`
  const of = run === null ? '' : `run ${run}, `
  const lines = kinds.flatMap((kind) => {
    const parts = SHOWN.filter((part) => kind[part] > 0).map((part) => `${kind[part]} ${part}`)
    return parts.length === 0 ? [] : [`${kind.kind}: ${parts.join(', ')}`]
  })
  const rejects = rejected ? [`${counted(rejected, 'rejected record')}`] : []
  const rest = left === null ? [] : [`the rest needs at least ${duration(left)}`]
  const head = `${mark} ${where}: ${command} ${outcome}${why} after ${duration(seconds)} (${of}exit code ${exitCode})`
  return [head, ...lines, ...rejects, ...rest].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
