import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
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
  const count = (sql: string, ...more: string[]) => rundb.count(sql, name, ...more)
  const writes: Writes = {
    create: count("SELECT count(*) FROM actions WHERE kind = ? AND type = 'create'"),
    change: count(
      `SELECT count(*) FROM actions WHERE kind = ? AND type IN ('update', 'adopt') AND json_array_length(action, '$.changes') > 0`,
    ),
    delete: count("SELECT count(*) FROM actions WHERE kind = ? AND type = 'delete' AND action -> 'with' IS NULL"),
  }
  for (const field of Object.keys(fields).filter((one) => fields[one]?.separate)) {
    writes.create += count(
      `SELECT count(*) FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key
       WHERE a.kind = ? AND a.type = 'create' AND json_array_length(d.attributes, '$.' || ?) > 0`,
      field,
    )
    writes.change += count(
      `SELECT count(*) FROM actions a WHERE kind = ?1 AND type IN ('update', 'adopt') AND json_array_length(action, '$.changes') > 1
         AND EXISTS (SELECT 1 FROM json_each(a.action, '$.changes') c WHERE c.value ->> 'field' = ?2)`,
      field,
    )
  }
  return writes
}

/** The windows that a kind's deletions count in. */
export function deletionClass(definition: KindDefinition): RequestClass | undefined {
  const path = definition.remove('id')?.path
  return path === undefined ? undefined : classify('DELETE', path)
}
