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
 * Reads the catalog of MySQL and MariaDB from information_schema. A schema is a database. Some
 * versions return the column names in capitals.
 */

const SYSTEM = `('information_schema', 'mysql', 'performance_schema', 'sys')`

/** The database of the session; without one, all databases except the system's. */
const HERE = `(DATABASE() IS NULL OR t.TABLE_SCHEMA = DATABASE())`

const TABLES = `
  SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS name, t.TABLE_TYPE AS kind, t.TABLE_ROWS AS estimate,
         t.TABLE_COMMENT AS comment
  FROM information_schema.TABLES t
  WHERE t.TABLE_SCHEMA NOT IN ${SYSTEM} AND ${HERE}
  ORDER BY 1, 2`

const COLUMNS = `
  SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS \`table\`, t.COLUMN_NAME AS name, t.COLUMN_TYPE AS type,
         t.IS_NULLABLE AS nullable, t.COLUMN_COMMENT AS comment, t.PRIVILEGES AS privileges
  FROM information_schema.COLUMNS t
  WHERE t.TABLE_SCHEMA NOT IN ${SYSTEM} AND ${HERE}
  ORDER BY 1, 2, t.ORDINAL_POSITION`

/**
 * An index over an expression has no column name. A unique index over a prefix also makes the whole
 * value unique.
 */
const KEYS = `
  SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS \`table\`, t.INDEX_NAME AS name, t.COLUMN_NAME AS \`column\`
  FROM information_schema.STATISTICS t
  WHERE t.NON_UNIQUE = 0 AND t.TABLE_SCHEMA NOT IN ${SYSTEM} AND ${HERE}
  ORDER BY 1, 2, 3, t.SEQ_IN_INDEX`

const FOREIGN_KEYS = `
  SELECT t.TABLE_SCHEMA AS \`schema\`, t.TABLE_NAME AS \`table\`, t.CONSTRAINT_NAME AS name, t.COLUMN_NAME AS \`column\`,
         t.REFERENCED_TABLE_SCHEMA AS to_schema, t.REFERENCED_TABLE_NAME AS to_table,
         t.REFERENCED_COLUMN_NAME AS to_column
  FROM information_schema.KEY_COLUMN_USAGE t
  WHERE t.REFERENCED_TABLE_NAME IS NOT NULL AND t.TABLE_SCHEMA NOT IN ${SYSTEM} AND ${HERE}
  ORDER BY 1, 2, 3, t.ORDINAL_POSITION`

/**
 * Tables with fewer rows are counted, because InnoDB's estimates are inaccurate for small tables.
 */
const WORTH_COUNTING = 10_000
const MAX_TABLES_COUNTED = 200

export async function readMysqlCatalog(ask: Ask): Promise<Catalog> {
  const [session = {}] = await ask('SELECT DATABASE() AS `database`, CURRENT_USER() AS role')
  const tables = (await ask(TABLES)).map(tableOf)
  const index = new TableIndex(tables)
  for (const { schema, table, name, type, nullable, comment, privileges } of await ask(COLUMNS)) {
    const owner = index.at(schema, table)
    if (!/\bselect\b/i.test(String(privileges))) owner?.hidden.push(String(name))
    else
      owner?.columns.push({
        name: String(name),
        type: String(type),
        nullable: nullable === 'YES',
        comment: textIn(comment),
      })
  }
  for (const [name, { schema, table, columns }] of grouped(await ask(KEYS))) {
    const owner = index.at(schema, table)
    if (columns.includes('')) continue
    if (owner !== undefined && name === 'PRIMARY') owner.primaryKey = columns
    else owner?.uniqueKeys.push(columns)
  }
  for (const [, { schema, table, columns, first, toColumns }] of grouped(await ask(FOREIGN_KEYS))) {
    const to = { schema: String(first.to_schema), table: String(first.to_table), columns: toColumns }
    index.at(schema, table)?.foreignKeys.push({ columns, to })
  }
  const readable = tables.filter(({ columns }) => columns.length > 0)
  await countSmall(readable, ask)
  const schema = textIn(session.database) ?? ''
  return { dialect: 'mysql', database: schema, role: String(session.role), schema, tables: readable, unreadable: [] }
}

function tableOf({ schema, name, kind, estimate, comment }: Record<string, unknown>): CatalogTable {
  const isView = String(kind).includes('VIEW')
  return {
    schema: String(schema),
    name: String(name),
    kind: isView ? 'view' : 'table',
    rows: estimate === null || isView ? null : Number(estimate),
    isCounted: false,
    // The comment of a view is always VIEW.
    comment: isView ? null : textIn(comment),
    columns: [],
    hidden: [],
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    hidesRows: false,
  }
}

interface Group {
  schema: unknown
  table: unknown
  columns: string[]
  toColumns: string[]
  first: Record<string, unknown>
}

/** Groups rows, which have one column each, by their index or constraint. */
function grouped(rows: readonly Record<string, unknown>[]): [string, Group][] {
  const groups = Map.groupBy(rows, ({ schema, table, name }) => JSON.stringify([schema, table, name]))
  return [...groups.values()].flatMap((own): [string, Group][] => {
    const [first] = own
    if (first === undefined) return []
    const columns = textsIn(own.map(({ column }) => column ?? ''))
    const toColumns = textsIn(own.map(({ to_column: column }) => column ?? ''))
    return [[String(first.name), { schema: first.schema, table: first.table, columns, toColumns, first }]]
  })
}

async function countSmall(tables: readonly CatalogTable[], ask: Ask): Promise<void> {
  const small = tables.filter(({ rows, kind }) => kind === 'table' && (rows ?? 0) < WORTH_COUNTING)
  for (const table of small.slice(0, MAX_TABLES_COUNTED)) {
    const from = `(SELECT 1 FROM ${quotedTable(table, 'mysql')} LIMIT ${MAX_COUNTED + 1}) AS counted`
    const [counted] = await ask(`SELECT count(*) AS count FROM ${from}`)
    const count = Number(counted?.count ?? 0)
    table.isCounted = count <= MAX_COUNTED
    table.rows = count
  }
}
