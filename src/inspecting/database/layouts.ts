/**
 * Recognizes table layouts that a recipe reads. In: a catalog. Out: the layout, and its tables by
 * their names in the recipe.
 */
import type { OriginName, Part } from '../recognise.ts'
import type { Catalog, CatalogTable } from './catalog.ts'

export interface Layout {
  origin: OriginName
  /** Its name in the wizard. */
  title: string
  people: CatalogTable
  /** Further tables that the recipe reads. */
  parts: LayoutPart[]
  /** Tables of the layout that the recipe does not read. */
  others: CatalogTable[]
  /** A value that the recipe reads from a variable: one of the names in a table. */
  choice: { variable: string; title: string; table: CatalogTable; column: string } | undefined
  /** Whether columns are in snake case and the recipe expects camel case. */
  inCamelCase: boolean
}

export interface LayoutPart {
  part: Part
  table: CatalogTable
  /** The name of the stream in the recipe. */
  stream: string
  /** The join to users, with the recipe's column names. */
  join: { key: string; to: string } | undefined
}

interface LayoutTable {
  part: Part
  /** Default: the part. */
  stream?: string
  join?: { key: string; to: string }
  name: RegExp
  /** In camel case if the layout uses it. */
  columns: readonly string[]
  isOptional?: true
}

interface KnownLayout {
  origin: OriginName
  title: string
  tables: readonly LayoutTable[]
  /** A schema that contains no tables of the application. */
  schema?: string
  others?: RegExp
  camelCase?: true
  /** Some databases have the names in capitals. */
  anyCase?: true
  choice?: { variable: string; title: string; table: RegExp; column: RegExp }
}

const OF_USER = { key: 'userId', to: 'id' }

const KNOWN: readonly KnownLayout[] = [
  {
    origin: 'supabase',
    title: 'Supabase',
    schema: 'auth',
    tables: [
      { part: 'users', name: /^users$/, columns: ['id', 'email', 'encrypted_password', 'raw_app_meta_data'] },
      {
        part: 'accounts',
        stream: 'identities',
        join: { key: 'user_id', to: 'id' },
        name: /^identities$/,
        columns: ['id', 'user_id', 'provider'],
        isOptional: true,
      },
      {
        part: 'factors',
        join: { key: 'user_id', to: 'id' },
        name: /^mfa_factors$/,
        columns: ['user_id', 'factor_type', 'secret', 'status'],
        isOptional: true,
      },
    ],
  },
  {
    origin: 'keycloak',
    title: 'Keycloak',
    anyCase: true,
    others: /^/,
    choice: { variable: 'KEYCLOAK_REALM', title: 'realm', table: /^realm$/i, column: /^name$/i },
    tables: [
      { part: 'users', name: /^user_entity$/i, columns: ['id', 'username', 'email', 'email_verified', 'realm_id'] },
      { part: 'passwords', name: /^credential$/i, columns: ['user_id', 'credential_data', 'secret_data'] },
    ],
  },
  {
    origin: 'better-auth',
    title: 'Better Auth',
    camelCase: true,
    others: /^(sessions?|verifications?|invitations?|two_?factors?|passkeys?|jwks|api_?keys?|teams?|team_?members?)$/i,
    tables: [
      { part: 'users', name: /^users?$/i, columns: ['id', 'name', 'email', 'emailVerified'] },
      {
        part: 'accounts',
        join: OF_USER,
        name: /^accounts?$/i,
        columns: ['accountId', 'providerId', 'userId', 'password'],
      },
      {
        part: 'memberships',
        stream: 'members',
        join: OF_USER,
        name: /^members?$/i,
        columns: ['organizationId', 'userId', 'role'],
        isOptional: true,
      },
      { part: 'organizations', name: /^organizations?$/i, columns: ['id', 'name', 'slug'], isOptional: true },
    ],
  },
  {
    origin: 'authjs',
    title: 'Auth.js',
    camelCase: true,
    others: /^(sessions?|verification_?tokens?|authenticators?)$/i,
    tables: [
      { part: 'users', name: /^users?$/i, columns: ['id', 'name', 'email', 'emailVerified'] },
      { part: 'accounts', join: OF_USER, name: /^accounts?$/i, columns: ['userId', 'provider', 'providerAccountId'] },
    ],
  },
]

/** The layout of a database; undefined if no recipe fits. */
export function layoutOf(catalog: Catalog): Layout | undefined {
  for (const known of KNOWN) {
    const layout = fitted(known, catalog)
    if (layout !== undefined) return layout
  }
  return undefined
}

function fitted(known: KnownLayout, catalog: Catalog): Layout | undefined {
  const { origin, title, schema, tables, others } = known
  const camelCase = known.camelCase === true
  const from = catalog.tables.filter((table) => table.schema === (schema ?? table.schema))
  const found: LayoutPart[] = []
  for (const wanted of tables) {
    const { part, stream = part, join } = wanted
    const table = from.find((each) => fits(each, wanted, known))
    if (table === undefined && wanted.isOptional !== true) return undefined
    if (table !== undefined) found.push({ part, table, stream, join })
  }
  const people = found.find(({ part }) => part === 'users')?.table
  if (people === undefined) return undefined
  const own = found.map(({ table }) => table)
  const isOther = (table: CatalogTable) =>
    schema !== undefined || (others?.test(table.name) === true && table.schema === people.schema)
  return {
    origin,
    title,
    people,
    parts: found.filter(({ part }) => part !== 'users'),
    choice: choiceOf(known, from),
    others: from.filter((table) => !own.includes(table) && isOther(table)),
    inCamelCase: camelCase && own.some(({ columns }) => columns.some(({ name }) => camelCased(name) !== name)),
  }
}

function choiceOf({ choice }: KnownLayout, tables: readonly CatalogTable[]): Layout['choice'] {
  const table = choice && tables.find(({ name }) => choice.table.test(name))
  const column = table?.columns.find(({ name }) => choice?.column.test(name))?.name
  if (choice === undefined || table === undefined || column === undefined) return undefined
  return { variable: choice.variable, title: choice.title, table, column }
}

function fits({ name, columns }: CatalogTable, wanted: LayoutTable, { camelCase, anyCase }: KnownLayout): boolean {
  const written = (column: string) => (camelCase ? camelCased(column) : anyCase ? column.toLowerCase() : column)
  const has = new Set(columns.map((column) => written(column.name)))
  return wanted.name.test(name) && wanted.columns.every((column) => has.has(column))
}

/** `email_verified` → `emailVerified`. */
export function camelCased(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
