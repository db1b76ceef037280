import { countActionsOfKind, IS_BLOCKED } from './actions.ts'
import { countDesired, isClosed } from './desired-facts.ts'
import { hasKnown } from './known.ts'
import { hasLive } from './live.ts'
import type { RunDatabase } from './run-database.ts'
import { hasTrait, TRAIT } from './traits.ts'

/**
 * Decides in SQL, for all resources at once, which of those not in the state are certainly created.
 * In: the SQL of a kind. Out: a condition on rows `d` of `desired`. It is false for everything that
 * code would adopt or block; code decides about the rest.
 */

export interface PlainKind {
  kind: string
  /** Roles of references and the kinds that they point to. */
  refs: Record<string, string>
  /** SQL, valid for resources without references. Undefined: there is no SQL for it. */
  naturalKey: string | undefined
  /** A further condition, as SQL. */
  where: string
  /** Only resources that refer to a new one: nothing else was looked up in WorkOS. */
  pendingOnly: boolean
}

/** The condition. Never null. */
export function plainCondition(rundb: RunDatabase, plain: PlainKind): string {
  const { kind, refs, where } = plain
  const conditions = [
    // SQL would write half of a surrogate pair in another way than code.
    ...(hasTrait(rundb, kind, TRAIT.halfPair) ? ["instr(d.attributes, '\\ud') = 0", "instr(d.refs, '\\ud') = 0"] : []),
    ...Object.entries(refs).flatMap(([role, to]) => isThere(rundb, kind, role, to)),
    `(${where})`,
    ...cannotBeInWorkos(rundb, plain),
  ]
  return `coalesce(${conditions.join(' AND ')}, 0)`
}

/** Whether the referenced resource in a role is in WorkOS or about to be created there. */
function isThere(rundb: RunDatabase, from: string, role: string, kind: string): string[] {
  const [to, key] = [text(kind), keyOf(role)]
  const any = (rows: string) => rundb.statement(`${rows} LIMIT 1`).get() !== undefined
  const planned = `EXISTS (SELECT 1 FROM actions a WHERE a.kind = ${to} AND a.key = ${key})`
  const known = `EXISTS (SELECT 1 FROM known k WHERE k.kind = ${to} AND k.key = ${key})`
  const gone = `SELECT 1 FROM drift f WHERE f.kind = ${to} AND f.field = '*'`
  const blocked = `SELECT 1 FROM decided_actions a WHERE a.kind = ${to} AND ${IS_BLOCKED}`
  // If every reference leads to a desired resource and all of those are planned, skip the lookups.
  const all = isClosed(rundb, from, role, kind) && countActionsOfKind(rundb, kind) === countDesired(rundb, kind)
  return [
    ...(all ? [] : [hasKnown(rundb, kind) ? `(${planned} OR ${known})` : planned]),
    ...(any(blocked)
      ? [`NOT EXISTS (SELECT 1 FROM decided_actions a WHERE a.kind = ${to} AND a.key = ${key} AND a.type = 'blocked')`]
      : []),
    ...(any(gone) ? [`NOT EXISTS (${gone} AND f.key = ${key})`] : []),
  ]
}

/** Conditions under which no live resource can be the same: see `recognise`. */
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
