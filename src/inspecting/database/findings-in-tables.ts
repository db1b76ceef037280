/**
 * Suspicious facts about a database, as counts and names of tables. No finding contains a value of
 * a user.
 */
import { counted } from '../../diagnostics/printable.ts'
import type { Inspection, PasswordFormat } from '../inspection.ts'
import { wordsOf } from '../sensitivity.ts'
import { type Catalog, type CatalogTable, nameOf } from './catalog.ts'
import { emailColumn } from './people.ts'
import type { NoTables, TableProposal } from './propose-tables.ts'
import type { Samples } from './sample.ts'

export interface Finding {
  code:
    | 'no_people'
    | 'several_tables_of_people'
    | 'no_key'
    | 'rows_hidden'
    | 'columns_hidden'
    | 'unreadable_table'
    | 'empty_table'
    | 'duplicate_emails'
    | 'leads_nowhere'
    | 'numbered_roles'
    | 'passwords_reset'
    | 'unknown_hashes'
  /** Null for the whole database. */
  table: string | null
  message: string
  hint: string | null
}

interface Seen {
  catalog: Catalog
  samples: Samples
  tables: TableProposal | NoTables
  inspection: Inspection | undefined
}

/** Most serious findings first. */
export async function findingsIn(seen: Seen): Promise<Finding[]> {
  const { catalog, tables } = seen
  if ('why' in tables) return [nobody(tables, catalog), ...unreadable(catalog)]
  const read = [tables.people, ...tables.parts.map((one) => one.read), ...tables.sides.map((one) => one.stream)]
  return [
    ...tables.sides.flatMap(({ table, numbers }) =>
      numbers === undefined ? [] : numberedRoles(table, numbers, catalog),
    ),
    ...read.flatMap(({ table, isGuessed }) => aboutTable(table, isGuessed, catalog)),
    ...unreadable(catalog),
    ...(await aboutPeople(seen, tables)),
    ...(await aboutLinks(seen, tables)),
  ]
}

function nobody({ why, candidates }: NoTables, catalog: Catalog): Finding {
  const names = candidates.map((table) => nameOf(table, catalog)).join(', ')
  if (why === 'several') {
    return {
      code: 'several_tables_of_people',
      table: null,
      message: `several tables could be the table of users: ${names}`,
      hint: 'select one with --users',
    }
  }
  if (why === 'no-key') {
    return { code: 'no_key', table: names, message: `${names} has no key that identifies its rows`, hint: ADD_KEY }
  }
  return {
    code: 'no_people',
    table: null,
    message: 'no readable table has a column of email addresses',
    hint: 'check the database name and the privileges of the role, or name the table with --users',
  }
}

const ADD_KEY = 'add a primary key, or read a view or query with a unique column'

function aboutTable(table: CatalogTable, isGuessed: boolean, catalog: Catalog): Finding[] {
  const name = nameOf(table, catalog)
  const findings: Finding[] = []
  if (isGuessed) {
    const message = `${name} has neither a primary key nor a unique key without NULL, so its key in the manifest is a guess`
    findings.push({ code: 'no_key', table: name, message, hint: ADD_KEY })
  }
  if (table.hidesRows) {
    findings.push({
      code: 'rows_hidden',
      table: name,
      message: `row-level security can hide rows of ${name} from the role ${catalog.role}`,
      hint: `use the owner of the table, or run ALTER ROLE ${catalog.role} BYPASSRLS`,
    })
  }
  if (table.hidden.length > 0) {
    findings.push({
      code: 'columns_hidden',
      table: name,
      message: `the role ${catalog.role} cannot read ${table.hidden.length} of the columns of ${name}: ${table.hidden.join(', ')}`,
      hint: `run GRANT SELECT ON ${name} TO ${catalog.role} if you need them`,
    })
  }
  return findings
}

function numberedRoles(table: CatalogTable, column: string, catalog: Catalog): Finding[] {
  const name = nameOf(table, catalog)
  return [
    {
      code: 'numbered_roles',
      table: name,
      message: `${name}.${column} contains numbers that only the application can translate, so it assigns no roles`,
      hint: `map roles: $string(${column}), and assign a role to each number under roles.map`,
    },
  ]
}

/** Names of tables that a migration might need. */
const WANTED =
  /\b(users?|accounts?|members?|memberships?|people|persons?|teams?|org\w*|tenants?|roles?|identities|credentials?|factors?)\b/

function unreadable({ unreadable: names, role }: Catalog): Finding[] {
  return names
    .filter((name) => WANTED.test(wordsOf(name.split('.').at(-1) ?? '')))
    .map((table) => ({
      code: 'unreadable_table',
      table,
      message: `the role ${role} cannot read ${table}`,
      hint: `run GRANT SELECT ON ${table} TO ${role} if you need it`,
    }))
}

async function aboutPeople({ catalog, samples, inspection }: Seen, { people }: TableProposal): Promise<Finding[]> {
  const { table } = people
  const name = nameOf(table, catalog)
  const findings: Finding[] = []
  if ((await samples.rows(table)).length === 0) {
    return [{ code: 'empty_table', table: name, message: `${name} has no readable rows`, hint: null }]
  }
  const email = emailColumn(table)
  const isLarge = (table.rows ?? 0) > MAX_COMPARED
  const duplicates = email === undefined || isLarge ? 0 : await samples.duplicates(table, email)
  if (duplicates > 0) {
    findings.push({
      code: 'duplicate_emails',
      table: name,
      message: `${duplicates} email ${duplicates === 1 ? 'address is' : 'addresses are'} in several rows of ${name}`,
      hint: 'merge or separate these rows: see docs/how-to/duplicates.md',
    })
  }
  const formats = inspection?.people.passwords.formats ?? []
  const formatsOf = (fate: PasswordFormat['fate']) => formats.filter((format) => format.fate === fate)
  const [unknown, reset] = [formatsOf('malformed'), formatsOf('reset')]
  if (unknown.length > 0) findings.push(aboutHashes('unknown_hashes', unknown, 'cannot be read as hashes'))
  if (reset.length > 0)
    findings.push(aboutHashes('passwords_reset', reset, 'have a format that WorkOS does not accept'))
  return findings
}

/** Maximum number of rows in a comparison of addresses. */
const MAX_COMPARED = 2_000_000

function aboutHashes(code: Finding['code'], formats: readonly PasswordFormat[], why: string): Finding {
  const count = formats.reduce((sum, format) => sum + format.count, 0)
  const named = formats.map(({ format }) => format).join(', ')
  const message = `${count} of the sampled passwords ${why}: ${named}`
  return {
    code,
    table: null,
    message,
    hint: 'notify these users that they must reset their password; see docs/how-to/passwords.md',
  }
}

/** Rows without a user. A foreign key would prevent them, so such tables are not checked. */
async function aboutLinks({ catalog, samples }: Seen, { people, sides }: TableProposal): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { table, side } of sides) {
    if (side.join === undefined || side.join.unmatched === 'ignore') continue
    const key = plain(side.join.key)
    if (table.foreignKeys.some(({ columns }) => columns[0] === key)) continue
    const to = plain(side.join.to)
    const { found, of } = await samples.shared({ table, column: key }, { table: people.table, column: to })
    if (found >= of) continue
    const name = nameOf(table, catalog)
    const unmatched = of - found
    findings.push({
      code: 'leads_nowhere',
      table: name,
      message: `${unmatched} of ${counted(of, 'value')} of ${name}.${key} ${unmatched === 1 ? 'matches' : 'match'} no row of ${nameOf(people.table, catalog)}`,
      hint: 'set `unmatched: ignore` in the join to skip these rows; otherwise they are rejected',
    })
  }
  return findings
}

function plain(expression: string): string {
  return expression.replace(/^\$\w+\((.*)\)$/, '$1').replace(/^`(.*)`$/, '$1')
}
