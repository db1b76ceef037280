import { someOf } from '../../diagnostics/printable.ts'
import type { Reason } from '../../diagnostics/problem.ts'
import type { DesiredResource, LiveResource } from '../../resource.ts'
import { actionText, blockCreate } from '../../rundb/actions.ts'
import { countUnknown } from '../../rundb/candidates.ts'
import { findLive, hasLive, insertLive, schemaOfLive } from '../../rundb/live.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { Api } from '../../workos/api.ts'
import type { CompareContext, NameMatch, ReadContext } from '../kind.ts'

/**
 * Compares organizations with those in WorkOS by name, where the manifest allows it, by WorkOS ID
 * and by domain.
 */

const HINT =
  'set the external ID of the right one in WorkOS, map its WorkOS ID as id, or rename one of the organizations with this name'

/** Whether names count and an organization may be new: only a complete list can find a name. */
export function needsNames({ rundb, manifest }: CompareContext): boolean {
  return manifest.organizations.matchByName && countUnknown(rundb, 'organization') > 0
}

/** Creates the index for lookups by name, if WorkOS has any organization. */
export function indexNames({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): void {
  if (!namesCount({ rundb, manifest })) return
  rundb.exec(`
    CREATE INDEX IF NOT EXISTS ${schemaOfLive(rundb)}.live_by_name ON live (json_extract(attributes, '$.name'), id)
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
 * The organization with exactly this name in WorkOS, if neither an ID nor an external ID finds it.
 */
export function matchByName({ rundb, manifest }: CompareContext, desired: DesiredResource): NameMatch {
  const { id, name } = desired.attributes
  if (typeof id === 'string' || typeof name !== 'string' || !namesCount({ rundb, manifest })) return { type: 'none' }
  const candidates = freeBearers(rundb, name)
  const [only] = candidates
  if (only === undefined) return { type: 'none' }
  const bearers = desiredBearers(rundb, name)
  if (candidates.length > 1 || bearers.length > 1) {
    const message = `the name ${JSON.stringify(name)} is ambiguous: in WorkOS it belongs to ${someOf(candidates)}, in the source to ${someOf(bearers)}`
    return { type: 'ambiguous', code: 'ambiguous_organization_name', message, hint: HINT }
  }
  const live = findLive(rundb, 'organization', 'id', only)
  return live === undefined ? { type: 'none' } : { type: 'found', live }
}

/**
 * SQL condition: organization `d` has a name and no WorkOS ID, and `matchByName` finds nothing.
 * Where names count, no organization without an external ID has this name in WorkOS.
 */
export function bearsFreeName({ rundb, manifest }: Pick<CompareContext, 'rundb' | 'manifest'>): string {
  const named = "d.attributes ->> '$.name' IS NOT NULL AND d.attributes ->> '$.id' IS NULL"
  if (!namesCount({ rundb, manifest })) return named
  indexNames({ rundb, manifest })
  return `${named} AND NOT EXISTS (SELECT 1 FROM live l INDEXED BY live_by_name WHERE l.kind = 'organization' AND l.external_id IS NULL
    AND json_extract(l.attributes, '$.name') = json_extract(d.attributes, '$.name'))`
}

/**
 * IDs of the organizations with a name in WorkOS that are free: without an external ID, not in the
 * state, and not assigned by WorkOS ID to another organization of the source, in scope or not.
 */
function freeBearers(rundb: RunDatabase, name: string): string[] {
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

/** Addresses of the organizations with a name in the source, in scope or not. */
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
 * An organization out of scope to which the source assigns the WorkOS ID of this live one, and
 * which comes first.
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
  const message = `the source assigns ${id} in WorkOS to organization:${row.key}, which is out of scope`
  return { code: 'identity_clash', message }
}

/** Lists the organizations in WorkOS that have one of these domains, page by page. */
type FindHolders = (api: Api, domains: readonly string[]) => AsyncIterable<LiveResource[]>

/** Domains per request: this keeps its URL short. */
const DOMAINS_AT_ONCE = 20

/** How many domains of one organization a message names. */
const NAMED = 3

/**
 * Blocks creates of organizations with a domain that another one in WorkOS has: WorkOS assigns a
 * domain to one organization only. Unless all organizations in WorkOS have been read, this requests
 * those with such domains.
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
      blockCreate(rundb, kind, Number(row.position), JSON.stringify(action))
    }
  })
}

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
    return `${domain} belongs to ${id}${called}`
  })
  const rest = held.length - shown.length
  return {
    code: 'organization_domain_already_used',
    message: `another organization in WorkOS has ${held.length === 1 ? 'its domain' : 'some of its domains'}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    hint: `remove it there or from the mapping; if that organization is the right one, map id: ${first?.[1]}`,
  }
}
