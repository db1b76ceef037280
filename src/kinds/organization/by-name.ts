import { someOf } from '../../diagnostics/printable.ts'
import type { DesiredResource } from '../../resource.ts'
import { countUnknownCandidates } from '../../rundb/candidates.ts'
import { findLive } from '../../rundb/live.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { CompareContext, NameMatch } from '../kind.ts'

/**
 * Finds organizations by their names, where the manifest lets these count. In: the run's database with what WorkOS holds. Out: the one that
 * is meant, or why nobody can tell.
 */

const HINT =
  'give the right one its external id in WorkOS, map its WorkOS id as id, or rename one of those that bear the name'

/** Whether names count and one may be new: nothing looks an organization up by its name but a list of all. */
export function needsNames({ rundb, manifest }: CompareContext): boolean {
  return manifest.organizations.matchByName && countUnknownCandidates(rundb, 'organization') > 0
}

/** Makes what names are looked up by. */
export function indexNames(rundb: RunDatabase): void {
  rundb.exec(`
    CREATE INDEX IF NOT EXISTS live_by_name ON live (json_extract(attributes, '$.name'), id)
      WHERE kind = 'organization' AND external_id IS NULL;
    CREATE INDEX IF NOT EXISTS desired_by_name ON desired (json_extract(attributes, '$.name'), key)
      WHERE kind = 'organization';
    CREATE INDEX IF NOT EXISTS desired_by_id ON desired (json_extract(attributes, '$.id'))
      WHERE kind = 'organization' AND json_extract(attributes, '$.id') IS NOT NULL;
    CREATE INDEX IF NOT EXISTS out_of_scope_by_name ON out_of_scope (json_extract(attributes, '$.name'), key)
      WHERE kind = 'organization'`)
}

/** The organization of exactly this name in WorkOS, for one that neither an id nor an external id finds there. */
export function matchByName({ rundb, manifest, copy }: CompareContext, desired: DesiredResource): NameMatch {
  const { id, name } = desired.attributes
  if (!manifest.organizations.matchByName || typeof id === 'string' || typeof name !== 'string') return { type: 'none' }
  const candidates = freeBearers(rundb, copy, name)
  const [only] = candidates
  if (only === undefined) return { type: 'none' }
  const bearers = desiredBearers(rundb, name)
  if (candidates.length > 1 || bearers.length > 1) {
    const message = `the name ${JSON.stringify(name)} does not tell which is meant: it is that of ${someOf(candidates)} in WorkOS, and of ${someOf(bearers)} in the source`
    return { type: 'ambiguous', code: 'ambiguous_organization_name', message, hint: HINT }
  }
  const live = findLive(rundb, 'organization', 'id', only)
  return live === undefined ? { type: 'none' } : { type: 'found', live }
}

/**
 * Ids of those with a name in WorkOS. Those that have an external id, are in the state, or are given by their WorkOS id elsewhere in the
 * source are somebody else's, whether that one is in scope or not.
 */
function freeBearers(rundb: RunDatabase, copy: CompareContext['copy'], name: string): string[] {
  return rundb
    .statement(
      `SELECT l.id FROM live l INDEXED BY live_by_name
       WHERE kind = 'organization' AND external_id IS NULL AND json_extract(attributes, '$.name') = ?
         AND NOT EXISTS (SELECT 1 FROM ${copy} s WHERE s.kind = 'organization' AND s.id = l.id)
         AND NOT EXISTS (SELECT 1 FROM desired d INDEXED BY desired_by_id WHERE d.kind = 'organization'
           AND json_extract(d.attributes, '$.id') IS NOT NULL AND json_extract(d.attributes, '$.id') = l.id)
         AND NOT EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = 'organization' AND o.attributes ->> '$.id' = l.id)
       ORDER BY l.id`,
    )
    .all(name)
    .map((row) => String(row.id))
}

/** Addresses of those with a name in the source, in scope or not. */
function desiredBearers(rundb: RunDatabase, name: string): string[] {
  return rundb
    .statement(
      `SELECT key FROM desired INDEXED BY desired_by_name
       WHERE kind = 'organization' AND json_extract(attributes, '$.name') = ?1
       UNION ALL SELECT key FROM out_of_scope INDEXED BY out_of_scope_by_name
       WHERE kind = 'organization' AND json_extract(attributes, '$.name') = ?1 ORDER BY key`,
    )
    .all(name)
    .map((row) => `organization:${row.key}`)
}
