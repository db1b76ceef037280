import type { Staging } from '../desired/staging.ts'
import type { StateResource } from '../state/store.ts'

const CODE = 'still_reduced'
const ANSWERED = 'still_answered'

/** What an earlier run was answered otherwise than it sent, and this plan leaves so: nobody has looked at it, or it is so still. */
const LEFT_ANSWERED = `FROM known k JOIN desired d ON d.kind = k.kind AND d.key = k.key
  WHERE k.answered IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)`

/** Remarks on what WorkOS answered otherwise than it was sent, when an earlier run applied it. */
export function noteStillAnswered(staging: Staging): void {
  staging.run(
    `INSERT INTO notes SELECT 0, k.kind, k.key, ?, (SELECT group_concat(key, ', ') FROM json_each(k.answered)) ${LEFT_ANSWERED}`,
    ANSWERED,
  )
}

/** Those resources, with what was sent and what was answered. */
export function* stillAnswered(
  staging: Staging,
): Generator<Required<Pick<StateResource, 'kind' | 'key' | 'attributes' | 'answered'>>> {
  const rows = staging.db.prepare(
    `SELECT k.kind, k.key, k.attributes, k.answered ${LEFT_ANSWERED} ORDER BY k.kind, k.key`,
  )
  for (const { kind, key, attributes, answered } of rows.iterate()) {
    const values = { attributes: JSON.parse(String(attributes)), answered: JSON.parse(String(answered)) }
    yield { kind: String(kind), key: String(key), ...values }
  }
}

/** How many there are. */
export function countStillAnswered(staging: Staging): number {
  return staging.count('SELECT count(*) FROM notes WHERE code = ?', ANSWERED)
}

/** Remarks on what an earlier run applied without a part that WorkOS did not take, and what this plan leaves so. */
export function noteStillReduced(staging: Staging): void {
  staging.run(
    `INSERT INTO notes SELECT 0, k.kind, k.key, ?, k.reduced FROM known k
     JOIN desired d ON d.kind = k.kind AND d.key = k.key
     WHERE k.reduced IS NOT NULL AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.kind = k.kind AND a.key = k.key)`,
    CODE,
  )
}

/** How many there are. */
export function countStillReduced(staging: Staging): number {
  return staging.count('SELECT count(*) FROM notes WHERE code = ?', CODE)
}
