/**
 * Uses values to complete the tables that belong to users. In: tables by part. Out: the same tables
 * with working joins, conditions that exclude inactive rows, and their streams.
 */

import type { PathInspection } from '../inspection.ts'
import { lockedOutBy } from '../locked-out.ts'
import { nameInExpression, Profile } from '../profile.ts'
import { wordsOf } from '../sensitivity.ts'
import type { Side } from '../side-files.ts'
import { type Catalog, type CatalogTable, literal, nameOf } from './catalog.ts'
import type { Candidate, RelationOptions, Relations, SideTable, UnusedTable } from './side-tables.ts'
import { isNumber, plainName, plainTable, streamOfTable } from './streams.ts'

export async function settleSides(chosen: readonly Candidate[], options: RelationOptions): Promise<Relations> {
  const sides: SideTable[] = []
  const unused: UnusedTable[] = []
  const leave = (table: CatalogTable, why: string) => unused.push({ table, why, matters: true })
  for (const candidate of chosen) {
    const linked = await settleLink(candidate, options)
    if ('why' in linked) {
      leave(candidate.table, linked.why)
      continue
    }
    const { catalog } = options
    const stream = streamOfTable(candidate.table, catalog, { otherwise: guessedKey(linked.side), where: linked.where })
    const { side, numbers } = withoutNumbers(candidate.table, linked.side)
    if (stream === undefined) leave(candidate.table, 'it has neither a primary key nor a unique key')
    else sides.push({ table: candidate.table, side, stream, ...(numbers !== undefined && { numbers }) })
  }
  const settled = await settleOrganizations(sides, options)
  const conditioned: SideTable[] = []
  for (const one of settled) conditioned.push(await withConditions(one, options))
  return { sides: await withOwners(conditioned, options), unused }
}

/** Removes roles that are numbers, such as a Rails enum: a wrong role is worse than no role. */
function withoutNumbers({ columns }: CatalogTable, side: Side): { side: Side; numbers?: string } {
  const role = columnOf(side.columns.role ?? '')
  const type = columns.find(({ name }) => name === role)?.type ?? ''
  if (!/^(bigint|numeric|decimal)\b/.test(type) && !isNumber(type)) return { side }
  return { side: { ...side, columns: { ...side.columns, role: undefined } }, numbers: role }
}

/** The column name of an expression, without quotes. */
function columnOf(expression: string): string {
  return expression.replace(/^\$\w+\((.*)\)$/, '$1').replace(/^`(.*)`$/, '$1')
}

/** The key of a table between two others consists of both references. */
function guessedKey({ join, columns }: Side): string[] | undefined {
  const other = columns.organizationId ?? columns.roleId ?? columns.role ?? columns.metaKey
  return join === undefined || other === undefined ? undefined : [columnOf(other), columnOf(join.key)]
}

interface Linked {
  side: Side
  where?: string
}

/**
 * Finds the column of the users that a table refers to. Of several candidates, the one with
 * matching values.
 */
async function settleLink(candidate: Candidate, options: RelationOptions): Promise<Linked | { why: string }> {
  const { table, side, isLinked } = candidate
  const { join } = side
  if (join === undefined) return { side }
  const typed = polymorphic(table, columnOf(join.key))
  const type = typed === undefined ? undefined : await typeOfPeople(table, typed, options)
  if (typed !== undefined && type === undefined) {
    return {
      why: `${columnOf(join.key)} refers to several tables, and ${typed} does not show which rows belong to users`,
    }
  }
  const where = typed === undefined || type === undefined ? undefined : await equals(table, typed, type, options)
  const to = isLinked ? columnOf(join.to) : await targetWithValues(candidate, options)
  if (to === undefined) {
    return { why: `its ${columnOf(join.key)} matches no row of ${nameOf(options.people, options.catalog)}` }
  }
  const [key, target] = sameType(table, join.key, options.people, isLinked ? join.to : to)
  return { side: { ...side, join: { ...join, key, to: target } }, ...(where !== undefined && { where }) }
}

/** `model_id` with `model_type`: a polymorphic reference. */
function polymorphic({ columns }: CatalogTable, link: string): string | undefined {
  const type = link.replace(/_?id$/i, '_type')
  return type === link ? undefined : columns.find(({ name }) => name === type)?.name
}

/** The value of the type column that means users: `App\Models\User`. */
async function typeOfPeople(
  table: CatalogTable,
  column: string,
  { samples, people }: RelationOptions,
): Promise<string | undefined> {
  const found = new Set((await samples.rows(table)).map((row) => row[column]))
  const isOfPeople = (text: string) => {
    const words = wordsOf(text).split(' ').at(-1) ?? ''
    return words === 'user' || words === wordsOf(people.name).replace(/s$/, '')
  }
  const fitting = [...found].filter((text) => typeof text === 'string').filter(isOfPeople)
  return fitting.length === 1 ? fitting[0] : undefined
}

/**
 * MySQL's backslash rules depend on sql_mode. Uses the readable literal if it matches rows;
 * otherwise hex.
 */
async function equals(
  table: CatalogTable,
  column: string,
  text: string,
  { catalog, samples }: RelationOptions,
): Promise<string> {
  const name = plainName(column, catalog.dialect)
  if (catalog.dialect === 'mysql' && text.includes('\\')) {
    const readable = `${name} = '${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    if ((await samples.count(`FROM ${plainTable(table, catalog)} WHERE ${readable}`)) > 0) return readable
  }
  return `${name} = ${literal(text, catalog.dialect)}`
}

async function targetWithValues(
  { table, side }: Candidate,
  { people, samples }: RelationOptions,
): Promise<string | undefined> {
  const { join, targets = [] } = side
  if (join === undefined) return undefined
  for (const to of [...new Set([join.to, ...targets])]) {
    if (!people.columns.some(({ name }) => name === columnOf(to))) continue
    const { found, of } = await samples.shared(
      { table, column: columnOf(join.key) },
      { table: people, column: columnOf(to) },
    )
    if (of === 0 || found > 0) return to
  }
  return undefined
}

/** Joins compare values with their types, so a number does not match its digits as text. */
function sameType(table: CatalogTable, key: string, people: CatalogTable, to: string): [string, string] {
  const typeOf = (owner: CatalogTable, expression: string) =>
    owner.columns.find(({ name }) => name === columnOf(expression))?.type ?? ''
  const [isKey, isTo] = [isNumber(typeOf(table, key)), isNumber(typeOf(people, to))]
  if (isKey === isTo) return [key, to]
  return isKey ? [`$string(${key})`, to] : [key, `$string(${to})`]
}

/**
 * Finds the column of the organizations that memberships refer to: by foreign key; otherwise by
 * matching values.
 */
async function settleOrganizations(sides: readonly SideTable[], { samples }: RelationOptions): Promise<SideTable[]> {
  const organizations = sides.find(({ side }) => side.part === 'organizations')
  const members = sides.find(({ side }) => side.part === 'memberships')
  if (organizations === undefined) return [...sides]
  const { organizationId, organizationName } = members?.side.columns ?? {}
  const told = organizationId ?? organizationName
  const from =
    members === undefined || told === undefined ? undefined : { table: members.table, column: columnOf(told) }
  const { id = '', name = '' } = organizations.side.columns
  const key = from?.table.foreignKeys.find(
    ({ columns, to }) => columns[0] === from.column && to.table === organizations.table.name,
  )
  const named = key?.to.columns[0]
  if (named !== undefined) return withId(sides, organizations, named)
  if (from === undefined) return [...sides]
  const shared = (column: string) => samples.shared(from, { table: organizations.table, column: columnOf(column) })
  const [byId, byName] = [await shared(id), name === '' ? { found: 0 } : await shared(name)]
  return byName.found > byId.found ? withId(sides, organizations, name) : [...sides]
}

function withId(sides: readonly SideTable[], organizations: SideTable, id: string): SideTable[] {
  return sides.map((one) => {
    if (one !== organizations) return one
    return { ...one, side: { ...one.side, columns: { ...one.side.columns, id } } }
  })
}

/** Columns that show that an organization was removed. A blocked organization keeps its members. */
const GONE = /\b(deleted|archived|removed|discarded)\b/

/** Excludes rows that were soft-deleted or have ended. */
async function withConditions(one: SideTable, { samples, today }: RelationOptions): Promise<SideTable> {
  const profile = new Profile()
  for (const row of await samples.rows(one.table)) profile.add(row)
  const seen = profile.paths()
  const unseen = one.table.columns
    .filter(({ name }) => !seen.some(({ path }) => path === name))
    .map(({ name }) => emptyPath(name))
  const isMeant = ({ path }: { path: string }) => one.side.part !== 'organizations' || GONE.test(wordsOf(path))
  const out = lockedOutBy([...seen, ...unseen].filter(isMeant), today, false, 'row')
  if (out.length === 0) return one
  return { ...one, side: { ...one.side, conditions: out.map(({ condition }) => condition) } }
}

/** A column without values in the sample. */
function emptyPath(path: string): PathInspection {
  return { path, expression: nameInExpression(path), filled: 0, of: 0, types: [], secret: false, shapes: [] }
}

/** Columns of organizations that name their owner. */
const OWNER = /^(owner|user|account owner)( id)?$/

/** Adds owners of organizations, who often have no row among the members. */
async function withOwners(sides: readonly SideTable[], options: RelationOptions): Promise<SideTable[]> {
  const organizations = sides.find(({ side }) => side.part === 'organizations')
  const members = sides.find(({ side }) => side.part === 'memberships')
  const owned = organizations && members && ownership(organizations, members, options.people)
  if (members === undefined || owned === undefined) return [...sides]
  if ((await options.samples.count(ownersWithout(owned, options.catalog))) === 0) return [...sides]
  const query = membersWithOwners(owned, members, options.catalog)
  const key = [columnOf(members.side.columns.organizationId ?? ''), owned.user]
  return sides.map((one) => (one === members ? { ...one, stream: { ...one.stream, options: { query, key } } } : one))
}

interface Ownership {
  members: CatalogTable
  organizations: CatalogTable
  /** Columns of the membership table. */
  organization: string
  user: string
  /** Columns of the organization table. */
  id: string
  owner: string
}

/** Undefined if no column names an owner, or if the types do not match. */
function ownership(organizations: SideTable, members: SideTable, people: CatalogTable): Ownership | undefined {
  const { organizationId } = members.side.columns
  const { id } = organizations.side.columns
  const { join } = members.side
  if (
    organizationId === undefined ||
    id === undefined ||
    join === undefined ||
    members.stream.options.query !== undefined
  )
    return undefined
  const found: Omit<Ownership, 'owner'> = {
    members: members.table,
    organizations: organizations.table,
    organization: columnOf(organizationId),
    user: columnOf(join.key),
    id: columnOf(id),
  }
  const keys = organizations.table.foreignKeys.filter(
    ({ to }) => to.table === people.name && to.schema === people.schema,
  )
  const isOwner = (name: string) =>
    OWNER.test(wordsOf(name)) && (keys.length === 0 || keys.some(({ columns }) => columns[0] === name))
  const owner = organizations.table.columns.find(({ name }) => isOwner(name))
  const typeOf = ({ columns }: CatalogTable, name: string) => columns.find((column) => column.name === name)?.type
  const isSame =
    owner?.type === typeOf(members.table, found.user) &&
    typeOf(organizations.table, found.id) === typeOf(members.table, found.organization)
  return owner === undefined || !isSame ? undefined : { ...found, owner: owner.name }
}

/** SQL from `from` on that selects owners who are not members. */
function ownersWithout({ members, organizations, organization, user, id, owner }: Ownership, catalog: Catalog): string {
  const plain = (name: string) => plainName(name, catalog.dialect)
  const same = `m.${plain(organization)} = o.${plain(id)} and m.${plain(user)} = o.${plain(owner)}`
  const isMember = `exists (select 1 from ${plainTable(members, catalog)} m where ${same})`
  return `from ${plainTable(organizations, catalog)} o\nwhere o.${plain(owner)} is not null and not ${isMember}`
}

/** A query for all members, plus each owner who is not a member. */
function membersWithOwners(owned: Ownership, { side }: SideTable, catalog: Catalog): string {
  const plain = (name: string) => plainName(name, catalog.dialect)
  const { organization, user, id, owner, members } = owned
  const { role, roleId } = side.columns
  const used = (side.conditions ?? []).join(' ')
  const isUsed = (name: string) =>
    name === columnOf(roleId ?? '') || new RegExp(`\\b${RegExp.escape(name)}\\b`).test(used)
  const others = members.columns.map(({ name }) => name).filter((name) => name !== columnOf(role ?? '') && isUsed(name))
  const text = catalog.dialect === 'postgres' ? 'text' : 'char'
  const own = [
    `m.${plain(organization)}`,
    `m.${plain(user)}`,
    ...(role === undefined ? [] : [`cast(m.${plain(columnOf(role))} as ${text}) as ${plain(columnOf(role))}`]),
    ...others.map((name) => `m.${plain(name)}`),
  ]
  const more = [
    `o.${plain(id)}`,
    `o.${plain(owner)}`,
    ...(role === undefined ? [] : ["'owner'"]),
    ...others.map(() => 'null'),
  ]
  return `select ${own.join(', ')}\nfrom ${plainTable(members, catalog)} m\nunion all\nselect ${more.join(', ')}\n${ownersWithout(owned, catalog)}`
}
