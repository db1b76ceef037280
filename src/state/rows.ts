import type { SQLOutputValue } from 'node:sqlite'
import type { Failure, Intent, Run, RunOutcome, RunReject, StateResource } from './store.ts'

export type Row = Record<string, SQLOutputValue>

export function resourceFromRow(row: Row): StateResource {
  return {
    kind: String(row.kind),
    key: String(row.key),
    id: String(row.id),
    attributes: JSON.parse(String(row.attributes)),
    digests: JSON.parse(String(row.digests)),
    refs: JSON.parse(String(row.refs)),
    ownership: row.ownership === 'created' ? 'created' : 'adopted',
    run: Number(row.run),
    ...(row.reduced !== null && { reduced: String(row.reduced) }),
    ...(row.answered !== null && { answered: JSON.parse(String(row.answered)) }),
    ...(row.gone !== null && { gone: Number(row.gone) }),
  }
}

export function intentFromRow(row: Row): Intent {
  return {
    kind: String(row.kind),
    key: String(row.key),
    action: row.action === 'update' || row.action === 'delete' ? row.action : 'create',
    startedAt: String(row.started_at),
    attributes: JSON.parse(String(row.attributes)),
    digests: JSON.parse(String(row.digests)),
    refs: JSON.parse(String(row.refs)),
  }
}

export function failureFromRow(row: Row): Failure {
  return {
    kind: String(row.kind),
    key: String(row.key),
    action: String(row.action),
    outcome: row.outcome === 'blocked' || row.outcome === 'reduced' ? row.outcome : 'failed',
    code: String(row.code),
    message: String(row.message),
    origin: String(row.origin),
  }
}

export function rejectFromRow(row: Row): RunReject {
  return {
    kind: String(row.kind),
    key: textOrNull(row.key),
    code: String(row.code),
    field: textOrNull(row.field),
    message: String(row.message),
    hint: textOrNull(row.hint),
    origin: String(row.origin),
    records: Number(row.records),
  }
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

export function runFromRow(row: Row): Run {
  return {
    run: Number(row.run),
    command: String(row.command),
    startedAt: String(row.started_at),
    finishedAt: row.finished_at === null ? null : String(row.finished_at),
    outcome: String(row.outcome) as RunOutcome,
    toolVersion: String(row.tool_version),
    manifestDigest: String(row.manifest_digest),
    ...(typeof row.source === 'string' && { source: row.source }),
    counts: JSON.parse(String(row.counts)),
  }
}
