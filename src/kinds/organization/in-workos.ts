import { someOf } from '../../diagnostics/printable.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import type { DesiredResource, LiveResource } from '../../resource.ts'
import { actionText } from '../../rundb/actions.ts'
import { countUnknown } from '../../rundb/candidates.ts'
import { indexKnownIds } from '../../rundb/known.ts'
import { findLive, hasLive, insertLive } from '../../rundb/live.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { Api } from '../../workos/api.ts'
import type { CompareContext, NameMatch, ReadContext } from '../kind.ts'

/**
 * Organizations against those that WorkOS holds, beside what comparing does with every kind. In:
 * the run's database with what was read. Out: the one that a name means, where the manifest lets
 * names count; why one cannot have its WorkOS id or its domains.
 */

const HINT =
  'give the right one its external id in WorkOS, map its WorkOS id as id, or rename one of those that bear the name'

/**
 * Whether names count and one may be new: nothing looks an organization up by its name but a list
 * of all.
 */
export function needsNames({ rundb, manifest }: CompareContext): boolean {
  return manifest.organizations.matchByName && countUnknown(rundb, 'organization') > 0
}

/** Makes what names are looked up by, where WorkOS has any. */
export function indexNames({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): void {
  if (!namesCount({ rundb, manifest })) return
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

function namesCount({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): boolean {
  return manifest.organizations.matchByName && hasLive(rundb, 'organization')
}

/**
 * The organization of exactly this name in WorkOS, for one that neither an id nor an external id
 * finds there.
 */
export function matchByName({ rundb, manifest }: CompareContext, desired: DesiredResource): NameMatch {
  const { id, name } = desired.attributes
  if (typeof id === 'string' || typeof name !== 'string' || !namesCount({ rundb, manifest })) return { type: 'none' }
  const candidates = freeBearers(rundb, name)
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
 * That the organization `d` has a name and no WorkOS id, and that `matchByName` finds nothing, as
 * SQL: where names count, no organization in WorkOS has this one and no external id.
 */
export function bearsFreeName({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): string {
  const named = "d.attributes ->> '$.name' IS NOT NULL AND d.attributes ->> '$.id' IS NULL"
  if (!namesCount({ rundb, manifest })) return named
  indexNames({ rundb, manifest })
  return `${named} AND NOT EXISTS (SELECT 1 FROM live l INDEXED BY live_by_name WHERE l.kind = 'organization' AND l.external_id IS NULL
    AND json_extract(l.attributes, '$.name') = json_extract(d.attributes, '$.name'))`
}

/**
 * Ids of those with a name in WorkOS. Those that have an external id, are in the state, or are
 * given by their WorkOS id elsewhere in the source are somebody else's, whether that one is in
 * scope or not.
 */
function freeBearers(rundb: RunDatabase, name: string): string[] {
  indexKnownIds(rundb)
  return rundb
    .statement(
      `SELECT l.id FROM live l INDEXED BY live_by_name
       WHERE kind = 'organization' AND external_id IS NULL AND json_extract(attributes, '$.name') = ?
         AND NOT EXISTS (SELECT 1 FROM known s WHERE s.kind = 'organization' AND s.id = l.id)
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

/**
 * The organization out of scope that the source gives the WorkOS id of this live one, and whose
 * turn comes before.
 */
export function ownerOutOfScope(
  { rundb, scoped }: CompareContext,
  { key }: DesiredResource,
  { id }: LiveResource,
): Reason | undefined {
  if (!scoped) return undefined
  rundb.exec(
    "CREATE INDEX IF NOT EXISTS out_of_scope_by_id ON out_of_scope (attributes ->> '$.id', key) WHERE kind = 'organization'",
  )
  const row = rundb
    .statement(
      `SELECT key FROM out_of_scope INDEXED BY out_of_scope_by_id
       WHERE kind = 'organization' AND attributes ->> '$.id' = ? AND key < ? ORDER BY key LIMIT 1`,
    )
    .get(id, key)
  if (row === undefined) return undefined
  const message = `${id} in WorkOS is organization:${row.key} by the source, which is out of scope`
  return { code: 'identity_clash', message }
}

/** Lists the organizations in WorkOS that have one of these domains, page by page. */
type FindHolders = (api: Api, domains: readonly string[]) => AsyncIterable<LiveResource[]>

/** How many domains one request asks about: as many as keep its address short. */
const DOMAINS_AT_ONCE = 20

/** How many domains of one organization a message names. */
const NAMED = 3

/**
 * Blocks the organizations that would be created with a domain that another one in WorkOS has:
 * WorkOS gives a domain to one organization, and whose it is cannot be told here. Unless all
 * organizations in WorkOS have been read, those with such domains are asked for.
 */
export async function blockHeldDomains(context: ReadContext, findHolders: FindHolders): Promise<void> {
  const { rundb, listed } = context
  if (!listed) await readHolders(context, findHolders)
  const held = rundb.spool(
    `WITH holders AS MATERIALIZED (
       SELECT domain.value AS domain, live.id, json_extract(attributes, '$.name') AS name
       FROM live, json_each(attributes, '$.domains') domain WHERE kind = 'organization')
     SELECT position, action, json_group_array(json_array(domain, id, name) ORDER BY domain) AS held
     FROM (SELECT a.position, ${actionText(rundb)} AS action, wanted.value AS domain, holders.id, holders.name
       FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key, json_each(d.attributes, '$.domains') wanted
       JOIN holders ON holders.domain = wanted.value
       WHERE a.kind = 'organization' AND a.type = 'create')
     GROUP BY position`,
  )
  rundb.transaction(() => {
    for (const row of held) {
      const { kind, key, label } = JSON.parse(String(row.action))
      const action = { kind, key, label, type: 'blocked', ...refusal(JSON.parse(String(row.held))) }
      const sql = "UPDATE actions SET type = 'blocked', action = ? WHERE position = ?"
      rundb.run(sql, JSON.stringify(action), Number(row.position))
    }
  })
}

/** Reads those that have a domain with which one is about to be created. */
async function readHolders({ rundb, api }: ReadContext, findHolders: FindHolders): Promise<void> {
  const batches = rundb.spool(
    `SELECT json_group_array(domain) AS domains FROM (
       SELECT domain, (row_number() OVER (ORDER BY domain) - 1) / ${DOMAINS_AT_ONCE} AS batch FROM (
         SELECT DISTINCT wanted.value AS domain FROM actions a JOIN desired d ON d.kind = a.kind AND d.key = a.key,
           json_each(d.attributes, '$.domains') wanted
         WHERE a.kind = 'organization' AND a.type = 'create'))
     GROUP BY batch ORDER BY batch`,
  )
  for (const { domains } of batches) {
    const asked = JSON.parse(String(domains)).map(String)
    for await (const page of findHolders(api, asked)) insertLive(rundb, 'organization', page)
  }
}

function refusal(held: [string, string, string | null][]): Reason {
  const [first] = held
  const shown = held.slice(0, NAMED).map(([domain, id, name]) => {
    const called = name === null ? '' : ` (${JSON.stringify(name)})`
    return `${domain} is that of ${id}${called}`
  })
  const rest = held.length - shown.length
  return {
    code: 'organization_domain_already_used',
    message: `another organization in WorkOS has ${held.length === 1 ? 'its domain' : 'domains of it'}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    hint: `take it away there, leave it out of the mapping, or map id: ${first?.[1]} where that is the organization meant`,
  }
}
