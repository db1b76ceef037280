import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import {
  countActionsOfType,
  countChanges,
  countChangesWith,
  countCreatesWith,
  countOwnDeletions,
} from '../rundb/plan-reading.ts'
import { classify, type RequestClass } from '../workos/limiter.ts'

/** Writes of a kind by what they are for: updates and adoptions are changes. */
export interface Writes {
  create: number
  change: number
  delete: number
}

/**
 * The writes that the actions of a kind send: a create one, an update or an adoption one if it changes something in WorkOS; a
 * separate field is one more, whichever it is.
 */
export function countWrites({ rundb }: DesiredSet, { name, fields }: KindDefinition): Writes {
  const writes: Writes = {
    create: countActionsOfType(rundb, name, 'create'),
    change: countChanges(rundb, name),
    delete: countOwnDeletions(rundb, name),
  }
  for (const field of Object.keys(fields).filter((one) => fields[one]?.separate)) {
    writes.create += countCreatesWith(rundb, name, field)
    writes.change += countChangesWith(rundb, name, field)
  }
  return writes
}

/** The windows that a kind's deletions count in. */
export function deletionClass(definition: KindDefinition): RequestClass | undefined {
  const path = definition.remove('id')?.path
  return path === undefined ? undefined : classify('DELETE', path)
}
