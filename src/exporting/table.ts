import { Client } from 'pg'
import { GuardError } from '../diagnostics/errors.ts'
import { clientConfig, type Endpoint } from '../postgres/endpoint.ts'
import type { StateContent, StateResource } from '../state/store.ts'
import { noSuchSchema, unfit } from './table-errors.ts'

/**
 * Writes the resources of a state to a PostgreSQL table, in one transaction. Rows that left the
 * state are marked or deleted.
 */

export interface TableOptions {
  endpoint: Endpoint
  /** Absolute path of the CA certificates. */
  ca: string | undefined
  /** The schema and the table as separate names. */
  table: readonly string[]
  /** Rows of other kinds are removed too, unless `kind` limits the export. */
  kinds: readonly string[]
  /** The only kind to export and to remove. */
  kind: string | undefined
  /** What happens to rows that left the state. */
  removed: 'mark' | 'delete'
  /** Rows per statement. */
  batch: number
  /** Whether to replace rows of another state. */
  force: boolean
}

export interface TableResult {
  added: number
  changed: number
  unchanged: number
  /** Rows that left the state and were not marked before. */
  removed: number
  /**
   * Addresses with the character NUL, which PostgreSQL cannot store: the first one, and their
   * number.
   */
  unfit: { count: number; first: string } | undefined
}

/**
 * Columns of the table, with their types. The key compares by bytes, so that no collation treats
 * two keys as equal.
 */
const COLUMNS = {
  kind: 'text COLLATE "C" NOT NULL',
  key: 'text COLLATE "C" NOT NULL',
  workos_id: 'text NOT NULL',
  external_id: 'text',
  user_key: 'text',
  organization_key: 'text',
  ownership: 'text NOT NULL',
  state: 'text NOT NULL',
  changed_at: 'timestamptz NOT NULL DEFAULT now()',
  removed_at: 'timestamptz',
} as const

/** Columns with values from the state. */
const SENT = ['kind', 'key', 'workos_id', 'external_id', 'user_key', 'organization_key', 'ownership'] as const
type Row = Record<(typeof SENT)[number], string | null>

/** Columns outside the key. */
const SAID = SENT.slice(2)

/**
 * The settings are local to the transaction, because a pooler can pass the session to another
 * client.
 */
const BEGIN = `BEGIN; SET LOCAL client_min_messages = warning; SET LOCAL statement_timeout = '30min';
  SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30min'`

/**
 * @throws errors of `pg`, GuardError, ExportError. Nothing was written then, unless the response to
 *   COMMIT was lost
 */
export async function exportToTable(content: StateContent, options: TableOptions): Promise<TableResult> {
  const client = new Client(clientConfig(options.endpoint, options.ca))
  // An error between two statements makes the next one fail.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(BEGIN)
    const result = await write(client, content, options)
    await client.query('COMMIT')
    return result
  } finally {
    await client.end().catch(() => {})
  }
}

async function write(client: Client, content: StateContent, options: TableOptions): Promise<TableResult> {
  const table = options.table.map(quoted).join('.')
  await prepare(client, table, options)
  const { lineage } = content.identity
  await refuseOther(client, { table, lineage, options })
  const staged = await stage(client, content, options)
  const [written, removed] = [await merge(client, table, lineage), await removeOthers(client, table, options)]
  const unchanged = staged.count - written.added - written.changed
  return { ...written, unchanged, removed, unfit: staged.unfit }
}

async function prepare(client: Client, table: string, options: TableOptions): Promise<void> {
  const found = await client.query<{ relation: string | null }>('SELECT to_regclass($1)::text AS relation', [table])
  if (found.rows[0]?.relation === null) await create(client, table, options)
  const sql = 'SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped'
  const { rows } = await client.query<{ attname: string }>(sql, [table])
  const missing = Object.keys(COLUMNS).filter((name) => !rows.some(({ attname }) => attname === name))
  if (missing.length > 0) throw unfit(options, `it does not have the columns ${missing.join(', ')}`)
  const key = `SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indpred IS NULL
    AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
      WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) = ARRAY['key', 'kind']`
  if ((await client.query(key, [table])).rowCount === 0) throw unfit(options, 'its primary key is not (kind, key)')
  // Two concurrent exports would each remove the other's rows. Reads are not blocked.
  await client.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
}

async function create(client: Client, table: string, options: TableOptions): Promise<void> {
  const [schema, ...rest] = options.table
  if (schema !== undefined && rest.length > 0) {
    const found = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
    if (found.rowCount === 0) throw noSuchSchema(options, schema)
  }
  await client.query(`CREATE TABLE IF NOT EXISTS ${table} (${columns(COLUMNS)}, PRIMARY KEY (kind, key))`)
}

function columns(types: Readonly<Record<string, string>>): string {
  return Object.entries(types)
    .map(([name, type]) => `${quoted(name)} ${type}`)
    .join(', ')
}

async function refuseOther(
  client: Client,
  { table, lineage, options }: { table: string; lineage: string; options: TableOptions },
): Promise<void> {
  if (options.force) return
  const sql = `SELECT 1 FROM ${table} WHERE state <> $1 AND removed_at IS NULL LIMIT 1`
  if ((await client.query(sql, [lineage])).rowCount === 0) return
  throw new GuardError({
    code: 'other_lineage',
    message: `${options.table.join('.')} contains the IDs of another state, such as another environment's or a lost one`,
    hint: 'select the environment with -e, or name another table; to replace the rows, add --force',
  })
}

async function stage(
  client: Client,
  content: StateContent,
  options: TableOptions,
): Promise<{ count: number; unfit: TableResult['unfit'] }> {
  const types = Object.fromEntries(SENT.map((name) => [name, COLUMNS[name]]))
  await client.query(`CREATE TEMP TABLE staged_ids (${columns(types)}) ON COMMIT DROP`)
  const arrays = SENT.map((_name, index) => `$${index + 1}::text[]`).join(', ')
  const insert = `INSERT INTO staged_ids SELECT * FROM unnest(${arrays})`
  const chosen = options.kind === undefined ? options.kinds : [options.kind]
  let count = 0
  let unfitted: TableResult['unfit']
  let rows: Row[] = []
  const flush = async () => {
    await client.query(
      insert,
      SENT.map((name) => rows.map((row) => row[name])),
    )
    count += rows.length
    rows = []
  }
  for await (const resource of resourcesOf(content)) {
    if (!chosen.includes(resource.kind) || resource.gone !== undefined) continue
    const row = rowOf(resource)
    if (Object.values(row).some((value) => value?.includes('\0'))) {
      unfitted = { count: (unfitted?.count ?? 0) + 1, first: unfitted?.first ?? `${resource.kind}:${resource.key}` }
      continue
    }
    if (rows.push(row) >= options.batch) await flush()
  }
  if (rows.length > 0) await flush()
  await client.query('CREATE INDEX ON staged_ids (kind, key); ANALYZE staged_ids')
  return { count, unfit: unfitted }
}

/** A state lists its resources first. */
async function* resourcesOf(content: StateContent): AsyncGenerator<StateResource> {
  for await (const batch of content.entries()) {
    for (const entry of batch) {
      if (entry.type !== 'resource') return
      yield entry.resource
    }
  }
}

function rowOf({ kind, key, id, attributes, refs, ownership }: StateResource): Row {
  const { externalId } = attributes
  return {
    kind: kind.toWellFormed(),
    key: key.toWellFormed(),
    workos_id: id.toWellFormed(),
    external_id: typeof externalId === 'string' ? externalId.toWellFormed() : null,
    user_key: refs.user?.toWellFormed() ?? null,
    organization_key: refs.organization?.toWellFormed() ?? null,
    ownership,
  }
}

/** Rows that are up to date keep their changed_at. */
async function merge(client: Client, table: string, lineage: string): Promise<{ added: number; changed: number }> {
  const old = [...SAID, 'state', 'removed_at'].map((name) => `t.${name}`).join(', ')
  const now = [...SAID, 'state'].map((name) => `excluded.${name}`).join(', ')
  const sets = SAID.map((name) => `${name} = excluded.${name}`).join(', ')
  const sql = `WITH written AS (
      INSERT INTO ${table} AS t (${SENT.join(', ')}, state)
      SELECT ${SENT.join(', ')}, $1 FROM staged_ids
      ON CONFLICT (kind, key) DO UPDATE SET ${sets}, state = excluded.state, changed_at = now(), removed_at = NULL
        WHERE (${old}) IS DISTINCT FROM (${now}, NULL::timestamptz)
      RETURNING (xmax = 0) AS added
    )
    SELECT count(*) FILTER (WHERE added)::int AS added, count(*) FILTER (WHERE NOT added)::int AS changed FROM written`
  const { rows } = await client.query<{ added: number; changed: number }>(sql, [lineage])
  return { added: rows[0]?.added ?? 0, changed: rows[0]?.changed ?? 0 }
}

async function removeOthers(client: Client, table: string, { kind, removed }: TableOptions): Promise<number> {
  const left = `NOT EXISTS (SELECT 1 FROM staged_ids s WHERE s.kind = t.kind AND s.key = t.key) AND ($1::text IS NULL OR t.kind = $1)`
  const sql =
    removed === 'delete'
      ? `DELETE FROM ${table} t WHERE ${left}`
      : `UPDATE ${table} t SET removed_at = now(), changed_at = now() WHERE removed_at IS NULL AND ${left}`
  return (await client.query(sql, [kind ?? null])).rowCount ?? 0
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
