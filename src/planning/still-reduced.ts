import type { Staging } from '../desired/staging.ts'

const CODE = 'still_reduced'

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
