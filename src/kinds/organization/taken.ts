import type { DesiredResource, LiveResource } from '../../resource.ts'
import { insertLive } from '../../rundb/live.ts'
import type { Api } from '../../workos/api.ts'
import type { CompareContext, ReadContext, Refusal } from '../kind.ts'

/**
 * What another organization has already. In: organizations about to be planned. Out: why they cannot have their WorkOS id, by the source, or
 * their domains, by what WorkOS holds.
 */

/** The organization out of scope that the source gives the WorkOS id of this live one, and whose turn comes before. */
export function ownerOutOfScope(
  { rundb, scoped }: CompareContext,
  { key }: DesiredResource,
  { id }: LiveResource,
): Refusal | undefined {
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
 * Blocks the organizations that would be created with a domain that another one in WorkOS has: WorkOS gives a domain to one
 * organization, and whose it is cannot be told here. Unless all organizations in WorkOS have been read, those with such domains are asked for.
 */
export async function blockHeldDomains(context: ReadContext, findHolders: FindHolders): Promise<void> {
  const { rundb, listed } = context
  if (!listed) await readHolders(context, findHolders)
  const held = rundb.spool(
    `WITH holders AS MATERIALIZED (
       SELECT domain.value AS domain, live.id, json_extract(attributes, '$.name') AS name
       FROM live, json_each(attributes, '$.domains') domain WHERE kind = 'organization')
     SELECT position, action, json_group_array(json_array(domain, id, name) ORDER BY domain) AS held
     FROM (SELECT a.position, a.action, wanted.value AS domain, holders.id, holders.name
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

function refusal(held: [string, string, string | null][]): Refusal {
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
