import type { Scope } from '../config/pilot.ts'
import type { ScopeReport } from '../desired/scope.ts'
import { choose, matchesNothing, selectorsOf } from '../desired/selectors.ts'
import { UsageError } from '../diagnostics/errors.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import type { DeletionCandidate } from './deletion-tables.ts'
import { inTheState } from './state-scope.ts'

const POPULATION = inTheState('known')

const is = (kind: string, key: string) => `EXISTS (SELECT 1 FROM undone u WHERE u.kind = '${kind}' AND u.key = ${key})`
const isHeld = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM held h WHERE h.kind = '${kind}' AND h.key = ${key})`
const ref = (role: string) => `(k.refs ->> '$.${role}')`
const isChosen = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM chosen c WHERE c.kind = '${kind}' AND c.key = ${key})`

/** What hangs on a user or an organization, whole: it goes where that does. */
const HANGING: readonly (readonly [kind: string, condition: string])[] = [
  ['totp-factor', `${is('user', ref('user'))} AND NOT ${isHeld('user', ref('user'))}`],
  ['group-membership', is('membership', ref('membership'))],
  ...['organization-role', 'group', 'connection'].map(
    (kind) =>
      [
        kind,
        `${is('organization', ref('organization'))} AND NOT ${isHeld('organization', ref('organization'))}`,
      ] as const,
  ),
]

/**
 * Narrows the undoing to the chosen: their memberships, the users of those, what hangs on them, and the organizations that a chosen user is a
 * member of. A user or an organization that the selectors did not name and that has a member's tie outside of this is held: it stays. Puts all
 * else of the state into `beyond`.
 * @throws UsageError for a selector that fits nothing, and for a limit: which users it meant, the source alone tells
 */
export function narrowDestruction(rundb: RunDatabase, scope: Scope): ScopeReport {
  refuseLimit(scope)
  for (const [index, selector] of selectorsOf(scope).entries()) {
    if (choose(rundb, selector, POPULATION)) continue
    throw new UsageError(matchesNothing(rundb, scope.only[index] ?? '', selector, POPULATION, 'the state'))
  }
  rundb.transaction(() => {
    rundb.db.exec(`
      CREATE TABLE undone (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
      CREATE TABLE held (kind TEXT NOT NULL, key TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
      CREATE INDEX known_by_user ON known (refs ->> '$.user') WHERE kind = 'membership';
      CREATE INDEX known_by_organization ON known (refs ->> '$.organization');
      INSERT INTO undone SELECT 'membership', k.key FROM known k WHERE k.kind = 'membership'
        AND (${isChosen('organization', ref('organization'))} OR ${isChosen('user', ref('user'))});
      INSERT INTO undone SELECT kind, key FROM chosen;
      INSERT OR IGNORE INTO undone SELECT 'user', ${ref('user')} FROM known k WHERE k.kind = 'membership' AND ${is('membership', 'k.key')};
      INSERT OR IGNORE INTO undone SELECT 'organization', ${ref('organization')} FROM known k
        WHERE k.kind = 'membership' AND ${is('membership', 'k.key')};`)
    hold(rundb)
    for (const [kind, condition] of HANGING) {
      rundb.run(`INSERT INTO undone SELECT k.kind, k.key FROM known k WHERE k.kind = '${kind}' AND ${condition}`)
    }
    rundb.run(
      `INSERT INTO beyond SELECT k.kind, k.key FROM known k
       WHERE NOT EXISTS (SELECT 1 FROM undone u WHERE u.kind = k.kind AND u.key = k.key)`,
    )
  })
  return { only: [...scope.only], limit: null, outOfScope: countBeyond(rundb), rejected: 0 }
}

/** Why something stays that would be undone; undefined: nothing holds it. */
export function heldBy(rundb: RunDatabase, { kind, key }: Pick<DeletionCandidate, 'kind' | 'key'>): string | undefined {
  const row = rundb.statement('SELECT message FROM held WHERE kind = ? AND key = ?').get(kind, key)
  return row && String(row.message)
}

function refuseLimit({ limit }: Scope): void {
  if (limit === null) return
  throw new UsageError({
    code: 'limit_undone',
    message: `the manifest's pilot.limit is ${limit}, and which users it meant cannot be told from the state`,
    hint: 'name whom to undo with --only, or undo all of it with --everybody',
  })
}

/** Finds whom others outside of the scope have ties to. */
function hold(rundb: RunDatabase): void {
  const outside = (kinds: string, role: string) =>
    `(SELECT k.kind || ':' || k.key FROM known k WHERE k.kind IN (${kinds}) AND ${ref(role)} = undone.key
      AND NOT EXISTS (SELECT 1 FROM undone u WHERE u.kind = k.kind AND u.key = k.key) ORDER BY k.kind DESC, k.key LIMIT 1)`
  const found = (kind: string, kinds: string) =>
    `INSERT INTO held SELECT kind, key, 'it has ' || other || ' outside of the scope' FROM (
       SELECT kind, key, ${outside(kinds, kind)} AS other FROM undone WHERE kind = '${kind}'
         AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.kind = undone.kind AND c.key = undone.key)) WHERE other IS NOT NULL`
  rundb.run(found('user', "'membership'"))
  rundb.run(found('organization', "'membership', 'group', 'connection'"))
}

function countBeyond(rundb: RunDatabase): ScopeReport['outOfScope'] {
  const rows = rundb.statement('SELECT kind, count(*) AS n FROM beyond GROUP BY kind').all()
  const counts = new Map(rows.map(({ kind, n }) => [String(kind), Number(n)]))
  return kindDefinitions.flatMap(({ name: kind, plural }) => {
    const count = counts.get(kind) ?? 0
    return count === 0 ? [] : [{ kind, plural, count }]
  })
}
