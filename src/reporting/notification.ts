import type { ApplyResult, KindResult } from '../applying/apply-result.ts'
import { jsonText } from '../json.ts'
import type { RunOutcome } from '../state/store.ts'
import type { RequestCounts } from '../workos/client.ts'
import { counted, duration } from './style.ts'

/**
 * The body of the webhook at the end of a run: JSON for programs, or text for Slack. It must not
 * contain names, addresses or keys of users, nor messages, which can quote them.
 */

/** As schemas/notification.schema.json describes it. */
export interface Notification {
  format: 'workos-migrate-notification'
  version: 1
  tool: string
  /** Random. Retries have the same ID. */
  id: string
  /** ISO 8601. */
  at: string
  /** Of the manifest. */
  name: string
  /** Null: no environment was selected. */
  environment: string | null
  target: 'workos' | 'sandbox'
  command: 'apply' | 'destroy'
  /** Null: it ended before a run started. */
  run: number | null
  /** `failed`: it ended with an error. */
  outcome: RunOutcome | 'failed'
  exitCode: number
  /** The code of the error that ended it; null: no error. */
  code: string | null
  seconds: number
  /** Resources by outcome; empty if no run started. */
  kinds: NotifiedKind[]
  /** Null: no run started. */
  rejected: number | null
  /** Null: no run started. */
  requests: RequestCounts | null
  /** The least time for what a deadline left over, seconds. */
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
