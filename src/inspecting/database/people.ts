/** Finds the table of users. In: a catalog and samples. Out: candidates, most likely first. */
import { bestNamed, rankOf } from '../names.ts'
import { typeOf, wordsOf } from '../sensitivity.ts'
import type { Catalog, CatalogTable } from './catalog.ts'
import type { Samples } from './sample.ts'

export interface PeopleCandidate {
  table: CatalogTable
  score: number
}

/** Names of tables of users: first the unambiguous ones. */
const SURE =
  /^(wp |auth |app |my |asp net |aspnet )?(users?|people|persons?|user entity|accounts?|members?|utilisateurs?|usuarios?|benutzer|gebruikers?|utenti)$/
const LIKELY = /\b(users?|accounts?|members?|people|customers?|clients?|employees?|staff|admins?|students?|teachers?)\b/
/** Words of tables whose rows have addresses but are not users. */
const ABOUT =
  /\b(invit\w*|subscri\w*|resets?|verifications?|tokens?|sessions?|logs?|audits?|history|events?|newsletters?|contacts?|leads?|e ?mails?|messages?|waitlist|backup|bak|old|archived?|deleted|tmp|temp|import\w*|export\w*|jobs?|orders?|payments?|invoices?|groups?|roles?|permissions?|settings|preferences|notifications?|meta|profiles?)\b/

/** Rows to check for addresses. */
const ENOUGH = 200

/**
 * @returns tables with a column of addresses, most likely first; the user decides between equal
 *   scores
 */
export async function peopleIn(catalog: Catalog, samples: Samples): Promise<PeopleCandidate[]> {
  const named = catalog.tables
    .filter((table) => emailColumn(table) !== undefined && !isForeign(table))
    .map((table) => ({ table, score: scoreOf(table, catalog) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_LOOKED_AT)
  const candidates: PeopleCandidate[] = []
  for (const { table, score } of named) {
    const found = score + (await scoreOfRows(table, samples))
    if (found > 0) candidates.push({ table, score: found })
  }
  return candidates.sort((a, b) => b.score - a.score)
}

/** Maximum number of tables to sample. */
const MAX_LOOKED_AT = 6

export function emailColumn({ columns }: CatalogTable): string | undefined {
  return bestNamed(pathsOf(columns), 'email')?.path
}

export function hashColumn({ columns }: CatalogTable): string | undefined {
  return bestNamed(pathsOf(columns), 'hash')?.path
}

function pathsOf(columns: CatalogTable['columns']): { path: string }[] {
  return columns.map(({ name }) => ({ path: name }))
}

/** Schemas that services create for themselves. */
const SERVICES =
  /^(storage|realtime|_realtime|vault|extensions|graphql|graphql_public|net|cron|pgsodium|pgbouncer|supabase_functions|supabase_migrations|_analytics|hdb_catalog|drizzle)$/

export function isForeign({ schema }: CatalogTable): boolean {
  return SERVICES.test(schema)
}

function scoreOf(table: CatalogTable, { tables }: Catalog): number {
  const words = wordsOf(table.name)
  const columns = table.columns.map(({ name }) => name)
  const has = (...meanings: Parameters<typeof rankOf>[1][]) =>
    meanings.some((meaning) => columns.some((column) => rankOf(column, meaning) !== undefined))
  const referring = tables.filter((other) => other !== table && leadsTo(other, table)).length
  return (
    (SURE.test(words) ? 4 : LIKELY.test(words) ? 2 : 0) -
    (ABOUT.test(words) ? 5 : 0) +
    (hashColumn(table) === undefined ? 0 : 3) +
    (has('verified', 'verifiedAt') ? 1 : 0) +
    (has('firstName', 'lastName', 'name') ? 1 : 0) +
    (table.primaryKey.length === 1 ? 1 : 0) +
    // A table of users rarely has a column that refers to another user.
    (columns.some((column) => /^user ?id$/.test(wordsOf(column))) ? -2 : 0) +
    Math.min(3, referring)
  )
}

/** Whether one table has a foreign key to another. */
export function leadsTo(from: CatalogTable, to: CatalogTable): boolean {
  return from.foreignKeys.some((key) => key.to.schema === to.schema && key.to.table === to.name)
}

/** Checks whether the columns contain addresses and hashes, as their names suggest. */
async function scoreOfRows(table: CatalogTable, samples: Samples): Promise<number> {
  const rows = (await samples.rows(table)).slice(0, ENOUGH)
  if (rows.length === 0) return -2
  const [email = '', hash = ''] = [emailColumn(table), hashColumn(table)]
  const share = (column: string, type: string) =>
    rows.filter((row) => typeOf(row[column]) === type).length / rows.length
  return (share(email, 'email') > 0.5 ? 2 : -2) + (share(hash, 'password hash') > 0 ? 2 : 0)
}
