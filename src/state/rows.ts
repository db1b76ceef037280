import type { RejectedItem } from '../rundb/rejects.ts'
import type { Failure, Intent, Run, RunOutcome, StateResource } from './store.ts'

/** One row, by column. Both kinds of store use the same names, and store lists and maps as JSON. */
type Row = Readonly<Record<string, unknown>>

/**
 * Functions that read the rows of a store.
 * @param decode decodes texts that the store encodes
 */
export function rowReaders(decode: (stored: string) => string) {
  const text = (value: unknown) => decode(String(value))
  const textOrNull = (value: unknown) => (typeof value === 'string' ? decode(value) : null)

  function resourceFromRow(row: Row): StateResource {
    return {
      kind: text(row.kind),
      key: text(row.key),
      id: text(row.id),
      attributes: JSON.parse(String(row.attributes)),
      digests: JSON.parse(String(row.digests)),
      refs: JSON.parse(String(row.refs)),
      ownership: row.ownership === 'created' ? 'created' : 'adopted',
      run: Number(row.run),
      ...(row.reduced !== null && { reduced: text(row.reduced) }),
      ...(row.answered !== null && { answered: JSON.parse(String(row.answered)) }),
      ...(row.gone !== null && { gone: Number(row.gone) }),
    }
  }

  function intentFromRow(row: Row): Intent {
    return {
      kind: text(row.kind),
      key: text(row.key),
      action: row.action === 'update' || row.action === 'delete' ? row.action : 'create',
      startedAt: String(row.started_at),
      attributes: JSON.parse(String(row.attributes)),
      digests: JSON.parse(String(row.digests)),
      refs: JSON.parse(String(row.refs)),
    }
  }

  function failureFromRow(row: Row): Failure {
    return {
      kind: text(row.kind),
      key: text(row.key),
      action: text(row.action),
      outcome: row.outcome === 'blocked' || row.outcome === 'reduced' ? row.outcome : 'failed',
      code: text(row.code),
      message: text(row.message),
      origin: text(row.origin),
      email: textOrNull(row.email),
    }
  }

  function rejectFromRow(row: Row): RejectedItem {
    return {
      kind: text(row.kind),
      key: textOrNull(row.key),
      code: text(row.code),
      field: textOrNull(row.field),
      message: text(row.message),
      hint: textOrNull(row.hint),
      origin: text(row.origin),
      records: Number(row.records),
      email: textOrNull(row.email),
    }
  }

  function runFromRow(row: Row): Run {
    return {
      run: Number(row.run),
      command: text(row.command),
      startedAt: String(row.started_at),
      finishedAt: row.finished_at === null ? null : String(row.finished_at),
      outcome: outcomeFrom(String(row.outcome)),
      toolVersion: String(row.tool_version),
      manifestDigest: String(row.manifest_digest),
      ...(typeof row.source === 'string' && { source: row.source }),
      counts: JSON.parse(String(row.counts)),
    }
  }

  return { resourceFromRow, intentFromRow, failureFromRow, rejectFromRow, runFromRow }
}

/** Maps each outcome to itself, so that a missing one is a type error. */
const OUTCOMES: { [Outcome in RunOutcome]: Outcome } = {
  running: 'running',
  completed: 'completed',
  incomplete: 'incomplete',
  interrupted: 'interrupted',
  deadline: 'deadline',
  stopped: 'stopped',
}

function outcomeFrom(stored: string): RunOutcome {
  return Object.values(OUTCOMES).find((known) => known === stored) ?? 'stopped'
}
