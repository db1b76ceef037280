import type { Limit } from '../config/manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import {
  countActionsOfType,
  countChanges,
  countChangesWith,
  countCreatesWith,
  countOwnDeletions,
} from '../rundb/actions.ts'
import { classify, type Limits, ORGANIZATION_DELETES, type RequestClass } from '../workos/limiter.ts'
import type { Action, KindSummary } from './action.ts'
import type { FieldTable } from './field-table.ts'

/**
 * Estimates the requests of a plan. In: the actions in the run's database, and the limits. Out: the
 * number of writes and the least time they take; during apply, what is left of them.
 */

/** Requests that apply will send, and the least time they take within the limits. */
export interface Estimate {
  writes: number
  /** Writes to /user_management, which have a separate window. */
  userManagementWrites: number
  /** Deletions of organizations, which have a separate, narrow window. */
  organizationDeletes: number
  /** Seconds, at least. */
  seconds: number
  /** The limit that takes longest. `writes` and `requests` are those of the manifest. */
  limit: Limit & { of: 'writes' | 'requests' | 'organization deletes' }
}

type WriteSums = Pick<Estimate, 'writes' | 'userManagementWrites' | 'organizationDeletes'>

/**
 * The time that the windows allow for a number of requests. A full window opens again one length
 * later, so n requests take (⌈n / count⌉ − 1) lengths.
 */
export function estimate(counts: WriteSums, limits: Limits): Estimate {
  const windows = [
    { of: 'writes', requests: counts.userManagementWrites, ...limits.writes },
    { of: 'requests', requests: counts.writes, ...limits.requests },
    {
      of: 'organization deletes',
      requests: counts.organizationDeletes,
      ...(limits.organizationDeletes ?? ORGANIZATION_DELETES),
    },
  ] as const
  const timed = windows.map(({ of, requests, count, perMs }) => ({
    limit: { of, count, perMs },
    milliseconds: Math.max(0, Math.ceil(requests / count) - 1) * perMs,
    // If nothing waits, the fullest window decides.
    filled: requests / count,
  }))
  const [slowest] = timed.toSorted((a, b) => b.milliseconds - a.milliseconds || b.filled - a.filled)
  if (slowest === undefined) throw new RangeError('there is no limit')
  return { ...counts, seconds: slowest.milliseconds / 1000, limit: slowest.limit }
}

/**
 * All writes that a plan sends, by rate limit window.
 * @param fields of the desired resources
 */
export function sumWrites(
  set: DesiredSet,
  definitions: readonly KindDefinition[],
  fields: readonly FieldTable[],
): WriteSums {
  const sums = { writes: 0, userManagementWrites: 0, organizationDeletes: 0 }
  for (const definition of definitions) {
    const { create, change, delete: deletes } = countWrites(set, definition, fields)
    const sent = create + change
    sums.writes += sent + deletes
    if (definition.rateClass === 'write') sums.userManagementWrites += sent
    const deletion = deletionClass(definition)
    if (deletion === 'write') sums.userManagementWrites += deletes
    if (deletion === 'organization-delete') sums.organizationDeletes += deletes
  }
  return sums
}

/** Writes of a kind by purpose: updates and adoptions are changes. */
interface Writes {
  create: number
  change: number
  delete: number
}

/**
 * The writes that the actions of a kind send: one per create, one per update or adoption that
 * changes something in WorkOS, and one more per separate field.
 */
function countWrites({ rundb }: DesiredSet, { name, fields }: KindDefinition, filled: readonly FieldTable[]): Writes {
  const writes: Writes = {
    create: countActionsOfType(rundb, name, 'create'),
    change: countChanges(rundb, name),
    delete: countOwnDeletions(rundb, name),
  }
  for (const [field, { separate }] of Object.entries(fields)) {
    if (separate === undefined) continue
    if (!isEmpty(filled, name, field)) writes.create += countCreatesWith(rundb, name, field)
    if (separate === 'alone') writes.change += countChangesWith(rundb, name, field)
  }
  return writes
}

/** Whether surely no desired resource has a value in a field. */
function isEmpty(tables: readonly FieldTable[], kind: string, field: string): boolean {
  const table = tables.find((each) => each.kind === kind)
  return (
    table !== undefined && !table.cut && table.fields.some((column) => column.field === field && column.filled === 0)
  )
}

/** The windows of a kind's deletions. */
function deletionClass(definition: KindDefinition): RequestClass | undefined {
  const path = definition.remove('id')?.path
  return path === undefined ? undefined : classify('DELETE', path)
}

interface Part {
  actions: number
  /** Per action, on average. */
  writes: number
  requestClass: RequestClass
}

const PARTS = { create: 'create', update: 'change', adopt: 'change', delete: 'delete' } as const

/** The actions of a plan that have not started, and the writes that they will send. */
export class WorkLeft {
  readonly total: number
  readonly #parts = new Map<string, Part>()

  constructor({ set, summary }: { set: DesiredSet; summary: { kinds: readonly KindSummary[] } }) {
    for (const definition of kindDefinitions) {
      const kind = summary.kinds.find((one) => one.kind === definition.name)
      if (kind === undefined) continue
      const writes = countWrites(set, definition, [])
      const add = (part: keyof Writes, actions: number, requestClass: RequestClass) => {
        if (actions === 0) return
        this.#parts.set(`${kind.kind} ${part}`, { actions, writes: writes[part] / actions, requestClass })
      }
      add('create', kind.create, definition.rateClass)
      add('change', kind.update + kind.adopt, definition.rateClass)
      add('delete', kind.delete, deletionClass(definition) ?? 'other')
    }
    this.total = summary.kinds.reduce(
      (sum, { create, update, adopt, blocked, delete: deleted }) => sum + create + update + adopt + blocked + deleted,
      0,
    )
  }

  /** Call when an action starts. */
  start({ kind, type }: Pick<Action, 'kind' | 'type'>): void {
    const part = type === 'blocked' ? undefined : this.#parts.get(`${kind} ${PARTS[type]}`)
    if (part !== undefined && part.actions > 0) part.actions -= 1
  }

  /** The writes that are left, by rate limit window. */
  requests(): Partial<Record<RequestClass, number>> {
    const requests: Partial<Record<RequestClass, number>> = {}
    for (const { actions, writes, requestClass } of this.#parts.values()) {
      requests[requestClass] = (requests[requestClass] ?? 0) + actions * writes
    }
    return requests
  }
}
