import type { DesiredSet } from '../desired/desired-set.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { knownAttributes } from '../rundb/plan-reading.ts'
import type { Action, FieldChange } from './action.ts'

/** What an action makes of a resource. Secrets are named and described, never shown. */
export interface ActionValues {
  /** The values before: of an update or an adoption those that change alone; null for what does not exist yet. */
  before: JsonObject | null
  /** The values after: all of a create, of an update or an adoption those that change; null for what is deleted or blocked. */
  after: JsonObject | null
  /** The secret fields that are sent, each with what is known of it in public: the type of a hash; null where that is nothing. */
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
  return Object.fromEntries(
    Object.entries(secrets).map(([field, value]) => {
      if (field === 'password') return [field, 'in clear']
      return [field, isObject(value) && typeof value.type === 'string' ? value.type : null]
    }),
  )
}

/** One side of the changes, with the members of an object together: `metadata.plan` stands under `metadata`. */
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
