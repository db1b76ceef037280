import { kindDefinitions } from '../kinds/registry.ts'
import type { RequestClass } from '../workos/limiter.ts'
import type { Action } from './action.ts'
import { countWrites, deletionClass, type Writes } from './count-writes.ts'
import type { Plan } from './plan.ts'

interface Part {
  actions: number
  /** Of one action, on average. */
  writes: number
  requestClass: RequestClass
}

const PARTS = { create: 'create', update: 'change', adopt: 'change', delete: 'delete' } as const

/** What has not begun yet of a plan while it is carried out, and the writes that it will send. */
export class WorkLeft {
  /** How many actions there are. */
  readonly total: number
  readonly #parts = new Map<string, Part>()

  constructor({ set, summary }: Plan) {
    for (const definition of kindDefinitions) {
      const kind = summary.kinds.find((one) => one.kind === definition.name)
      if (kind === undefined) continue
      const writes = countWrites(set, definition)
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

  /** An action begins. */
  start({ kind, type }: Pick<Action, 'kind' | 'type'>): void {
    const part = type === 'blocked' ? undefined : this.#parts.get(`${kind} ${PARTS[type]}`)
    if (part !== undefined && part.actions > 0) part.actions -= 1
  }

  /** The writes of what is left, by the windows that they count in. */
  requests(): Partial<Record<RequestClass, number>> {
    const requests: Partial<Record<RequestClass, number>> = {}
    for (const { actions, writes, requestClass } of this.#parts.values()) {
      requests[requestClass] = (requests[requestClass] ?? 0) + actions * writes
    }
    return requests
  }
}
