import {
  type Ask,
  type Catalog,
  type CatalogTable,
  MAX_COUNTED,
  quotedTable,
  TableIndex,
  textIn,
  textsIn,
} from './catalog.ts'

/**
 * information_schema shows what the role can access. Estimates, partitions, policies, and keys of
 * tables that the role does not own are only in pg_catalog.
 */

/** Omits partitions, which are read through their table, and tables of extensions. */
const TABLES = `
  SELECT t.table_schema AS schema, t.table_name AS name, t.table_type AS kind,
         c.reltuples AS estimate, pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
         pg_catalog.row_security_active(c.oid) AS hides
  FROM information_schema.tables t
  JOIN pg_catalog.pg_namespace n ON n.nspname = t.table_schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.table_name
  WHERE t.table_schema NOT IN ('pg_catalog', 'information_schema')
    AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
  ORDER BY 1, 2`

const COLUMNS = `
  SELECT i.table_schema AS schema, i.table_name AS "table", i.column_name AS name,
         CASE WHEN i.data_type = 'ARRAY' THEN pg_catalog.format_type(a.atttypid, NULL)
              WHEN i.data_type = 'USER-DEFINED' THEN i.udt_name
              ELSE i.data_type END AS type,
         i.is_nullable = 'YES' AS nullable,
         pg_catalog.col_description(c.oid, a.attnum) AS comment,
         pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
  FROM information_schema.columns i
  JOIN pg_catalog.pg_namespace n ON n.nspname = i.table_schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = i.table_name
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = i.column_name
  WHERE i.table_schema NOT IN ('pg_catalog', 'information_schema')
  ORDER BY 1, 2, a.attnum`

/** information_schema omits columns without any privilege, so these come from pg_attribute. */
const HIDDEN = `
  SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'p', 'v', 'f')
    AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
    AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
  ORDER BY 1, 2, a.attnum`

/** A unique index over an expression or a part of the rows does not identify rows. */
const KEYS = `
  SELECT n.nspname AS schema, c.relname AS "table", x.indisprimary AS "primary",
         (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
          WHERE k.place <= x.indnkeyatts) AS columns
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE x.indisunique AND x.indisvalid AND x.indexprs IS NULL AND x.indpred IS NULL
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  ORDER BY 1, 2, x.indisprimary DESC, x.indexrelid`

const FOREIGN_KEYS = `
  SELECT n.nspname AS schema, c.relname AS "table", tn.nspname AS to_schema, tc.relname AS to_table,
         (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum) AS columns,
         (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum) AS to_columns
  FROM pg_catalog.pg_constraint f
  JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class tc ON tc.oid = f.confrelid
  JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
  WHERE f.contype = 'f' AND f.conparentid = 0
  ORDER BY 1, 2, f.conname`

const UNREADABLE = `
  SELECT n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND c.relkind IN ('r', 'p', 'v', 'f') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
  ORDER BY 1, 2`

/** Maximum number of tables to count when there is no estimate. */
const MAX_TABLES_COUNTED = 200

/** Supports PostgreSQL 11 and later. */
export async function readPostgresCatalog(ask: Ask): Promise<Catalog> {
  const about = 'SELECT current_database() AS database, current_user AS role, current_schema() AS schema'
  const [session = {}] = await ask(about)
  const tables = (await ask(TABLES)).map(tableOf)
  const index = new TableIndex(tables)
  for (const { schema, table, name, type, nullable, comment, readable } of await ask(COLUMNS)) {
    if (readable !== true) continue
    const column = { name: String(name), type: String(type), nullable: nullable === true, comment: textIn(comment) }
    index.at(schema, table)?.columns.push(column)
  }
  for (const { schema, table, name } of await ask(HIDDEN)) index.at(schema, table)?.hidden.push(String(name))
  for (const { schema, table, primary, columns } of await ask(KEYS)) {
    const owner = index.at(schema, table)
    if (owner !== undefined && primary === true) owner.primaryKey = textsIn(columns)
    else owner?.uniqueKeys.push(textsIn(columns))
  }
  for (const row of await ask(FOREIGN_KEYS)) {
    const to = { schema: String(row.to_schema), table: String(row.to_table), columns: textsIn(row.to_columns) }
    index.at(row.schema, row.table)?.foreignKeys.push({ columns: textsIn(row.columns), to })
  }
  await countUnknown(tables, ask)
  return {
    dialect: 'postgres',
    database: String(session.database),
    role: String(session.role),
    schema: textIn(session.schema) ?? 'public',
    tables,
    unreadable: (await ask(UNREADABLE)).map(({ schema, name }) => `${String(schema)}.${String(name)}`),
  }
}

function tableOf({ schema, name, kind, estimate, comment, hides }: Record<string, unknown>): CatalogTable {
  const rows = Number(estimate)
  return {
    schema: String(schema),
    name: String(name),
    kind: kind === 'VIEW' ? 'view' : 'table',
    // A table that was never analyzed has -1, or 0 up to PostgreSQL 13.
    rows: rows > 0 ? Math.round(rows) : null,
    isCounted: false,
    comment: textIn(comment),
    columns: [],
    hidden: [],
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    hidesRows: hides === true,
  }
}

/** Counts only plain tables. Counting a view can be slow, and policies make a count fail. */
async function countUnknown(tables: readonly CatalogTable[], ask: Ask): Promise<void> {
  const unknown = tables.filter(({ rows, kind, hidesRows }) => rows === null && kind === 'table' && !hidesRows)
  for (const table of unknown.slice(0, MAX_TABLES_COUNTED)) {
    const from = `(SELECT FROM ${quotedTable(table, 'postgres')} LIMIT ${MAX_COUNTED + 1}) AS counted`
    const [counted] = await ask(`SELECT count(*) AS count FROM ${from}`)
    const count = Number(counted?.count ?? 0)
    table.isCounted = count <= MAX_COUNTED
    table.rows = count
  }
}
