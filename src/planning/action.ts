import type { FieldChange, KeptDifference } from '../comparing/comparison.ts'
import type { MatchedBy } from '../comparing/identify.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { Reason } from '../diagnostics/problem.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Attributes, Changes } from '../resource.ts'
import { insertAction } from '../rundb/actions.ts'
import { knownAttributes } from '../rundb/known.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * The parts of a plan: what happens to one resource (Action), what stays different (Drift), and
 * the counts of a kind. An action names fields and never contains a secret; `actionValues` looks up
 * its values.
 */

interface Base {
  kind: string
  key: string
  /** For people: an email address, an organization's name. */
  label: string
}

export type CreateAction = Base & { type: 'create' }

export type UpdateAction = Base & {
  type: 'update'
  /** The WorkOS ID. */
  id: string
  changes: FieldChange[]
  /** The non-secret part of what is sent. For `map` fields, only the changed members. */
  send: Changes
  /** What the state has for it afterwards. */
  applied: Attributes
  /** Fields that WorkOS once changed on write and that now have the values that were sent. */
  settled?: string[]
}

/** The resource already exists in WorkOS. It becomes ours, and empty fields can be filled in. */
export type AdoptAction = Base & {
  type: 'adopt'
  id: string
  /** What matched it. */
  matchedBy: MatchedBy
  changes: FieldChange[]
  send: Changes
  /** Its former key in the state, which left the source. The entry moves to the new key. */
  former?: string
  /** With `former`: what the state has for it afterwards. */
  applied?: Attributes
}

/** Deletes a resource of ours, because it left the source or everything is undone. */
export type DeleteAction = Base & {
  type: 'delete'
  id: string
  /** The resource whose deletion also deletes this one, so it needs no request. */
  with?: { kind: string; key: string }
}

export type BlockedAction = Base & Reason & { type: 'blocked' }

/** What the plan does with one resource. Unchanged resources are only counted. */
export type Action = CreateAction | UpdateAction | AdoptAction | DeleteAction | BlockedAction

/** `kind:key`, as in plans, reports and commands. */
export function address(resource: { kind: string; key: string }): string {
  return `${resource.kind}:${resource.key}`
}

/** A value in WorkOS that differs from the source and stays. Field `*`: the whole resource. */
export interface Drift extends Omit<KeptDifference, 'reason'> {
  kind: string
  key: string
  reason: KeptDifference['reason'] | 'deleted in WorkOS'
}

/** What an action changes. Secrets are named and described, never shown. */
export interface ActionValues {
  /** The values before. For an update or adoption, only changed ones. Null for a new resource. */
  before: JsonObject | null
  /**
   * The values after. For an update or adoption, only changed ones. Null for a deleted or blocked
   * resource.
   */
  after: JsonObject | null
  /** The secret fields that are sent, each with the type of its hash. Null: no public detail. */
  secrets: Record<string, string | null>
}

/** The values of one action of a plan. */
export function actionValues({ set }: { set: DesiredSet }, action: Action): ActionValues {
  switch (action.type) {
    case 'create': {
      const desired = set.get(action.kind, action.key)
      return { before: null, after: desired?.attributes ?? {}, secrets: describeSecrets(desired?.secrets ?? {}) }
    }
    case 'update':
    case 'adopt': {
      const names = action.changes.filter((change) => 'secret' in change).map(({ field }) => field)
      const held = names.length === 0 ? {} : (set.get(action.kind, action.key)?.secrets ?? {})
      const sent = Object.fromEntries(names.map((name) => [name, held[name] ?? null]))
      return {
        before: side(action.changes, 'before'),
        after: side(action.changes, 'after'),
        secrets: describeSecrets(sent),
      }
    }
    case 'delete': {
      return { before: knownAttributes(set.rundb, action.kind, action.key) ?? {}, after: null, secrets: {} }
    }
    default:
      return { before: null, after: null, secrets: {} }
  }
}

/** What can be shown of secrets: the type of a hash. */
export function describeSecrets(secrets: JsonObject): Record<string, string | null> {
  return Object.fromEntries(Object.entries(secrets).map(([field, value]) => [field, describeSecret(field, value)]))
}

/** What can be shown of one secret. Null: nothing. */
export function describeSecret(field: string, value: Json | undefined): string | null {
  if (field === 'password') return 'in clear'
  return isObject(value) && typeof value.type === 'string' ? value.type : null
}

/** One side of the changes. Members of an object are nested: `metadata.plan` goes in `metadata`. */
function side(changes: readonly FieldChange[], which: 'before' | 'after'): JsonObject {
  const values: JsonObject = {}
  for (const change of changes) {
    if ('secret' in change) continue
    const dot = change.field.indexOf('.')
    const value: Json = change[which] ?? null
    if (dot < 0) values[change.field] = value
    else {
      const field = change.field.slice(0, dot)
      const members = values[field]
      values[field] = { ...(isObject(members) ? members : {}), [change.field.slice(dot + 1)]: value }
    }
  }
  return values
}

/**
 * The desired resources of one kind by outcome: `desired` = create + update + adopt + unchanged +
 * gone + blocked.
 */
export interface KindSummary {
  kind: string
  plural: string
  desired: number
  create: number
  update: number
  adopt: number
  unchanged: number
  /** Deleted in WorkOS and kept deleted by `onDeleted: keep`. */
  gone: number
  blocked: number
  /** In the state, no longer in the source, and to be deleted. */
  delete: number
  /** In the state and no longer in the source; kept in WorkOS. */
  orphaned: number
  /** Resources with a difference that stays. */
  drifted: number
}

/** Adds an action to the plan in the run's database. */
export function addAction(rundb: RunDatabase, action: Action): void {
  const { kind, key, type } = action
  const id = 'id' in action ? action.id : null
  insertAction(rundb, { phase: phaseOf(action), kind, key, type, id, action: JSON.stringify(action) })
}

/**
 * The phase of an action: kinds in dependency order, then deletions in reverse order. A resource
 * that is deleted with another one follows it. A phase starts when the previous one has ended.
 */
function phaseOf(action: Action): number {
  if (action.type !== 'delete') return phaseOfKind(action.kind)
  const kinds = kindDefinitions.length
  if (action.with) return kinds + 2 * (kinds - 1 - phaseOfKind(action.with.kind)) + 1
  return kinds + 2 * (kinds - 1 - phaseOfKind(action.kind))
}

/** The phase of all actions of a kind except deletions. */
export function phaseOfKind(kind: string): number {
  return kindDefinitions.findIndex(({ name }) => name === kind)
}
