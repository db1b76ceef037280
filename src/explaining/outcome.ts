import type { DesiredSet } from '../desired/desired-set.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Action, Drift, FieldChange } from '../planning/action.ts'
import { leftOutBy } from '../rundb/left-out.ts'
import type { Address } from '../state/store.ts'
import type { ExplainedAction, ExplainedReject } from './explanation.ts'

/** The planned action of a resource, as planning wrote it down. */
export function plannedAction({ rundb }: DesiredSet, { kind, key }: Address): Action | undefined {
  const row = rundb.statement('SELECT action FROM actions WHERE kind = ? AND key = ?').get(kind, key)
  return row && JSON.parse(String(row.action))
}

/** What becomes of a resource, and why. */
export function outcomeOf(set: DesiredSet, address: Address, planned: ReadonlySet<string>): ExplainedAction {
  const kept = keptDifferences(set, address)
  const action = plannedAction(set, address)
  if (action !== undefined) return ofAction(action, leftOutReason(set, address), kept)
  const because = (type: ExplainedAction['type'], why: string, code: string | null = null): ExplainedAction => {
    return { type, code, why, hint: null, changes: [], kept }
  }
  const { kind, key } = address
  const known = set.rundb.statement('SELECT ownership FROM known WHERE kind = ? AND key = ?').get(kind, key)
  if (set.get(kind, key) !== undefined) {
    if (!planned.has(kind) && isResource(kind))
      return because('handed over', 'it goes into a file: workos-migrate handoff writes it')
    if (kept.some(({ field }) => field === '*'))
      return because('unchanged', 'it was deleted in WorkOS, and onDeleted leaves it so')
    if (known !== undefined) return because('unchanged', 'the source says what it said when it was applied')
    if (!isResource(kind)) return because('not planned', 'roles are made of it')
    return because('not planned', 'nothing is planned for it')
  }
  const reject = rejectsOf(set, kind, [key]).find((one) => one.kind === kind)
  const spared = set.rundb.statement('SELECT code, message FROM spared WHERE kind = ? AND key = ?').get(kind, key)
  if (reject !== undefined) {
    const { code, message: why, hint } = reject
    return { ...because('rejected', why, code), hint }
  }
  if (spared !== undefined) return because('orphaned', `it stays in WorkOS: ${spared.message}`, String(spared.code))
  const left = leftOutReason(set, address)
  if (left !== undefined) {
    return known === undefined
      ? because('left out', left)
      : because('orphaned', `${left}: it stays in WorkOS unless prune names its kind`)
  }
  if (known !== undefined) {
    const why = set.reading.partial
      ? 'the part of the source that was read does not have it: it stays as it is'
      : 'the state has it and the source no longer does: it stays in WorkOS unless prune names its kind'
    return because('orphaned', why)
  }
  return because('not planned', 'neither the desired set nor the state has it')
}

/** The condition that leaves a resource out, or what it belongs to. */
function leftOutReason({ rundb }: DesiredSet, { kind, key }: Address): string | undefined {
  const along = rundb.statement('SELECT path FROM left_out_with WHERE kind = ? AND key = ? LIMIT 1').get(kind, key)
  if (along !== undefined) return `${along.path} leaves out what it belongs to`
  const path = leftOutBy(rundb, kind, key)
  return path === undefined ? undefined : `${path} leaves it out`
}

function ofAction(action: Action, left: string | undefined, kept: ExplainedAction['kept']): ExplainedAction {
  const base = { code: null, hint: null, changes: [], kept }
  switch (action.type) {
    case 'create':
      return { ...base, type: 'create', why: 'neither the state nor WorkOS has it' }
    case 'update':
      return {
        ...base,
        type: 'update',
        why: action.changes.length > 0 ? 'the source changed it since it was applied' : 'only the state learns of it',
        changes: action.changes.map(shownChange),
      }
    case 'adopt': {
      const moved = action.former === undefined ? '' : `; the state has it as ${action.kind}:${action.former}`
      const why = `WorkOS has it already, as ${action.id}, found by its ${action.matchedBy}${moved}`
      return { ...base, type: 'adopt', why, changes: action.changes.map(shownChange) }
    }
    case 'delete': {
      const why =
        action.with === undefined
          ? `${left ?? 'it left the source'}, and prune names its kind`
          : `it goes with ${action.with.kind}:${action.with.key}`
      return { ...base, type: 'delete', why }
    }
    case 'blocked':
      return { ...base, type: 'blocked', code: action.code, why: action.message, hint: action.hint ?? null }
  }
}

function shownChange(change: FieldChange): ExplainedAction['changes'][number] {
  if ('secret' in change) return { field: change.field, secret: true }
  const { field, before, after } = change
  return { field, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

function keptDifferences({ rundb }: DesiredSet, { kind, key }: Address): ExplainedAction['kept'] {
  return rundb
    .statement('SELECT drift FROM drift WHERE kind = ? AND key = ?')
    .all(kind, key)
    .map(({ drift }) => {
      const { field, live, desired, reason }: Drift = JSON.parse(String(drift))
      return { field, reason, ...(live !== undefined && { live }), ...(desired !== undefined && { desired }) }
    })
}

/** What was refused of a kind under these keys, in the order of the records; of a user its roles as well. */
export function rejectsOf({ rundb }: DesiredSet, kind: string, keys: readonly string[]): ExplainedReject[] {
  return rundb
    .statement(
      `SELECT r.*, f.name || coalesce(':' || r.line, '') AS origin FROM rejects r JOIN files f ON f.id = r.file
       WHERE r.key IN (SELECT value FROM json_each(?2)) AND (r.kind = ?1 OR (?1 = 'user' AND r.kind = 'roleAssignment'))
       ORDER BY r.kind <> ?1, r.file, r.line, r.rowid LIMIT 20`,
    )
    .all(kind, JSON.stringify(keys))
    .map((row) => ({
      kind: String(row.kind),
      code: String(row.code),
      field: row.field === null ? null : String(row.field),
      message: String(row.message),
      hint: row.hint === null ? null : String(row.hint),
      origin: String(row.origin),
    }))
}

function isResource(kind: string): boolean {
  return kindDefinitions.some(({ name }) => name === kind)
}
