import { countActionsOfKind } from './actions.ts'
import { countDesired, isClosed } from './desired-facts.ts'
import { hasKnown } from './known.ts'
import { hasLive } from './live.ts'
import type { RunDatabase } from './run-database.ts'

/**
 * Which of what the state does not know is surely created, decided in SQL for all at once. In: what
 * a kind says of itself in SQL. Out: a condition on rows `d` of `desired`. It is true of none that
 * code would adopt or block; of those that it leaves out code decides.
 */

export interface PlainKind {
  kind: string
  /** Roles of references and the kinds that they point to. */
  refs: Record<string, string>
  /** SQL. */
  label: string
  /** SQL; counts for what refers to nothing. Undefined: nobody knows it in SQL. */
  naturalKey: string | undefined
  /** What else must hold, as SQL. */
  where: string
  /**
   * Only what refers to something that is about to be created: nothing else has been looked up in
   * WorkOS.
   */
  pendingOnly: boolean
}

/** The condition: never null. */
export function plainCondition(rundb: RunDatabase, plain: PlainKind): string {
  const { kind, refs, label, where } = plain
  const conditions = [
    // Half of a surrogate pair, which JSON.stringify writes in a way of its own.
    "instr(d.attributes, '\\ud') = 0",
    "instr(d.refs, '\\ud') = 0",
    `${label} IS NOT NULL`,
    ...Object.entries(refs).flatMap(([role, to]) => isThere(rundb, kind, role, to)),
    `(${where})`,
    ...cannotBeInWorkos(rundb, plain),
  ]
  return `coalesce(${conditions.join(' AND ')}, 0)`
}

/** Whether what a kind refers to in a role is in WorkOS or about to be created there. */
function isThere(rundb: RunDatabase, from: string, role: string, kind: string): string[] {
  const [to, key] = [text(kind), keyOf(role)]
  const any = (rows: string) => rundb.statement(`${rows} LIMIT 1`).get() !== undefined
  const planned = `EXISTS (SELECT 1 FROM actions a WHERE a.kind = ${to} AND a.key = ${key})`
  const known = `EXISTS (SELECT 1 FROM known k WHERE k.kind = ${to} AND k.key = ${key})`
  const gone = `SELECT 1 FROM drift f WHERE f.kind = ${to} AND f.field = '*'`
  // A scan of the table is quicker than going through its index by kinds.
  const blocked = `SELECT 1 FROM actions a WHERE +a.kind = ${to} AND a.type = 'blocked'`
  // Where it surely leads to something desired, and all that is desired there is planned, nobody
  // looks for each.
  const all = isClosed(rundb, from, role, kind) && countActionsOfKind(rundb, kind) === countDesired(rundb, kind)
  return [
    ...(all ? [] : [hasKnown(rundb, kind) ? `(${planned} OR ${known})` : planned]),
    ...(any(blocked)
      ? [`NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = ${to} AND a.key = ${key} AND a.type = 'blocked')`]
      : []),
    ...(any(gone) ? [`NOT EXISTS (${gone} AND f.key = ${key})`] : []),
  ]
}

/**
 * Conditions under which nothing of what was read from WorkOS can be taken for it: see `recognise`.
 */
function cannotBeInWorkos(rundb: RunDatabase, { kind, refs, naturalKey, pendingOnly }: PlainKind): string[] {
  if (!pendingOnly && !hasLive(rundb, kind)) return []
  const pending = Object.entries(refs).map(
    ([role, to]) => `(SELECT a.type FROM actions a WHERE a.kind = ${text(to)} AND a.key = ${keyOf(role)}) = 'create'`,
  )
  if (pendingOnly || pending.length > 0) return [`(${['0', ...pending].join(' OR ')})`]
  const isNot = (column: string, value: string) =>
    `NOT EXISTS (SELECT 1 FROM live l INDEXED BY live_by_${column} WHERE l.kind = ${text(kind)} AND l.${column} = ${value})`
  return [
    "d.attributes ->> '$.id' IS NULL",
    isNot('external_id', "d.attributes ->> '$.externalId'"),
    naturalKey === undefined ? '0' : isNot('natural_key', naturalKey),
  ]
}

function keyOf(role: string): string {
  return `(d.refs ->> ${text(`$.${role}`)})`
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
