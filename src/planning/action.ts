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
 * The words of a plan: what happens to one resource (Action), what stays different (Drift), what a
 * deletion leaves alone, and the sums of a kind. An action names fields and never holds a secret;
 * its values are looked up by `actionValues`.
 */

interface Base {
  kind: string
  key: string
  /** For people: an e-mail address, an organization's name. */
  label: string
}

export type CreateAction = Base & { type: 'create' }

export type UpdateAction = Base & {
  type: 'update'
  /** WorkOS's id. */
  id: string
  changes: FieldChange[]
  /** The non-secret part of what is sent; for `map` fields the changed members alone. */
  send: Changes
  /** What the state holds of it afterwards. */
  applied: Attributes
  /** Fields that WorkOS answered otherwise once, and holds as they were sent by now. */
  settled?: string[]
}

/**
 * It exists in WorkOS already: it becomes ours, and fields that are empty there may be filled in.
 */
export type AdoptAction = Base & {
  type: 'adopt'
  id: string
  /** What it was recognised by. */
  matchedBy: MatchedBy
  changes: FieldChange[]
  send: Changes
  /** It is in the state under a key that the source no longer has: it moves to the new one. */
  former?: string
  /** With `former`: what the state holds of it afterwards. */
  applied?: Attributes
}

/** Ours, and to be deleted: it left the source, or everything is undone. */
export type DeleteAction = Base & {
  type: 'delete'
  id: string
  /**
   * The resource whose deletion takes this one with it, so that no request of its own is needed.
   */
  with?: { kind: string; key: string }
}

/** It cannot be carried out. */
export type BlockedAction = Base & Reason & { type: 'blocked' }

/** What the plan says of one resource. Resources that need nothing are only counted. */
export type Action = CreateAction | UpdateAction | AdoptAction | DeleteAction | BlockedAction

/** `kind:key`, as it stands in plans, reports and commands. */
export function address(resource: { kind: string; key: string }): string {
  return `${resource.kind}:${resource.key}`
}

/**
 * A value in WorkOS that is not what the source says, and stays as it is; field `*`: the whole
 * resource.
 */
export interface Drift extends Omit<KeptDifference, 'reason'> {
  kind: string
  key: string
  reason: KeptDifference['reason'] | 'deleted in WorkOS'
}

/** What an action makes of a resource. Secrets are named and described, never shown. */
export interface ActionValues {
  /**
   * The values before: of an update or an adoption those that change alone; null for what does not
   * exist yet.
   */
  before: JsonObject | null
  /**
   * The values after: all of a create, of an update or an adoption those that change; null for what
   * is deleted or blocked.
   */
  after: JsonObject | null
  /**
   * The secret fields that are sent, each with what is known of it in public: the type of a hash;
   * null where that is nothing.
   */
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
      const known = knownAttributes(set.rundb, action.kind, action.key)
      return { before: known === undefined ? {} : JSON.parse(known), after: null, secrets: {} }
    }
    default:
      return { before: null, after: null, secrets: {} }
  }
}

/** What may be said of secrets: the type of a hash. */
export function describeSecrets(secrets: JsonObject): Record<string, string | null> {
  return Object.fromEntries(Object.entries(secrets).map(([field, value]) => [field, describeSecret(field, value)]))
}

/** The same of one. Null: nothing. */
export function describeSecret(field: string, value: Json | undefined): string | null {
  if (field === 'password') return 'in clear'
  return isObject(value) && typeof value.type === 'string' ? value.type : null
}

/**
 * One side of the changes, with the members of an object together: `metadata.plan` stands under
 * `metadata`.
 */
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
 * The desired resources of one kind by what happens to them: `desired` = create + update + adopt +
 * unchanged + gone + blocked.
 */
export interface KindSummary {
  kind: string
  plural: string
  desired: number
  create: number
  update: number
  adopt: number
  unchanged: number
  /** Deleted in WorkOS since, and left so by `onDeleted: keep`. */
  gone: number
  blocked: number
  /** In the state, no longer in the source, and about to be deleted. */
  delete: number
  /** In the state and no longer in the source. They are left alone. */
  orphaned: number
  /** Resources with a difference that stays as it is. */
  drifted: number
}

/** Adds an action to the plan in the run's database. */
export function addAction(rundb: RunDatabase, action: Action): void {
  const { kind, key, type } = action
  const id = 'id' in action ? action.id : null
  insertAction(rundb, { phase: phaseOf(action), kind, key, type, id, action: JSON.stringify(action) })
}

/**
 * When an action's turn is: kinds in the order of their dependencies, then deletions in the
 * opposite order. What is deleted with something else comes right after it. A phase begins when the
 * one before it has ended.
 */
function phaseOf(action: Action): number {
  if (action.type !== 'delete') return phaseOfKind(action.kind)
  const kinds = kindDefinitions.length
  if (action.with) return kinds + 2 * (kinds - 1 - phaseOfKind(action.with.kind)) + 1
  return kinds + 2 * (kinds - 1 - phaseOfKind(action.kind))
}

/** When the turn of a kind is, of all but its deletions. */
export function phaseOfKind(kind: string): number {
  return kindDefinitions.findIndex(({ name }) => name === kind)
}
