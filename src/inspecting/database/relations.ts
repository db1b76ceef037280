/**
 * Finds tables that belong to users: memberships, organizations, roles, second factors. In: the
 * catalog, the table of users, samples. Out: tables by part, each with the column that identifies
 * the user, and unused tables with a reason. Foreign keys take precedence. Without them, names
 * suggest the column and values must match.
 */
import { rankOf } from '../names.ts'
import type { Part } from '../recognise.ts'
import { wordsOf } from '../sensitivity.ts'
import { type KnownKeys, organizationsOf, sideOf } from '../side-files.ts'
import type { Head } from '../sniff.ts'
import { type Catalog, type CatalogTable, nameOf } from './catalog.ts'
import { emailColumn, hashColumn, isForeign, leadsTo } from './people.ts'
import { settleSides } from './settle-sides.ts'
import type { Candidate, RelationOptions, Relations, UnusedTable } from './side-tables.ts'

/** Words of columns for the user who did something to a row, not its owner. */
const BY = /\b(by|creator|inviter|invited|author|assignee|reviewer|approver|modifier|editor)\b/
const LINK = /^(user|member|person|people|account|customer|profile|owner|uid|model)( id| uuid)?$/
const ORGANIZATIONS =
  /\b(org|orgs|organi[sz]ations?|compan(y|ies)|tenants?|teams?|workspaces?|clubs?|schools?|agenc(y|ies)|firms?|stores?|practices?|clinics?|institutions?|businesses|business)\b/
const MEMBERS = /\b(members?|memberships?|users?|people|staff|employees?)\b/
const ROLES = /\b(roles?|permissions?|groups?|abilities)\b/

export async function relationsOf(options: RelationOptions): Promise<Relations> {
  const { catalog, people, taken, parts } = options
  const others = catalog.tables.filter((table) => table !== people && !taken.includes(table) && !isForeign(table))
  const found: Candidate[] = []
  const unused: UnusedTable[] = []
  for (const table of others) {
    const candidate = candidateOf(table, options)
    if ('why' in candidate) unused.push({ table, ...candidate })
    else found.push(candidate)
  }
  const chosen = new Choice(found, options)
  chosen.choose(parts)
  const settled = await settleSides(chosen.sides, options)
  const isRead = (table: CatalogTable) => settled.sides.some((one) => one.table === table)
  const left = [...settled.unused, ...chosen.unused, ...unused].filter(({ table }) => !isRead(table))
  return { sides: settled.sides, unused: left }
}

function candidateOf(
  table: CatalogTable,
  { catalog, people }: RelationOptions,
): Candidate | Omit<UnusedTable, 'table'> {
  const user = userKey(table, people)
  if (user === undefined && emailColumn(table) !== undefined && hashColumn(table) !== undefined) {
    return { why: 'it also contains users, but only one table of users is read', matters: true }
  }
  const organization = organizationKey(table, people, catalog)
  const keys: KnownKeys = {
    ...(user !== undefined && { user }),
    ...(organization !== undefined && { organization: organization.column }),
  }
  const own =
    user === undefined && leadsTo(table, people)
      ? { ...headOf(table), paths: withoutPeople(table, people) }
      : headOf(table)
  const side = sideOf(headOf(people), own, table.name, keys)
  if ('why' in side) return { why: side.why, matters: leadsTo(table, people) }
  const roles = targetOf(table, side.columns.roleId, catalog)
  return { table, side, isLinked: user !== undefined, organization: organization?.table, roles }
}

/** The table that a column's foreign key refers to. */
function targetOf(table: CatalogTable, column: string | undefined, { tables }: Catalog): CatalogTable | undefined {
  const key = table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column)
  return key && tables.find(({ schema, name }) => schema === key.to.schema && name === key.to.table)
}

/** Columns that name the creator of a row do not name its owner. */
function withoutPeople({ columns, foreignKeys }: CatalogTable, people: CatalogTable): string[] {
  const leading = foreignKeys.filter(({ to }) => to.schema === people.schema && to.table === people.name)
  const left = new Set(leading.flatMap((key) => key.columns))
  return columns.map(({ name }) => name).filter((name) => !left.has(name))
}

/** The columns of a table, in the form of a file's head. */
export function headOf({ columns }: CatalogTable): Head {
  return { format: 'csv', paths: columns.map(({ name }) => name) }
}

/** The column with the foreign key to the row's user. */
function userKey(table: CatalogTable, people: CatalogTable): KnownKeys['user'] {
  const keys = table.foreignKeys
    .filter(({ columns, to }) => columns.length === 1 && to.schema === people.schema && to.table === people.name)
    .map(({ columns: [column = ''], to }) => ({ column, to: to.columns[0] ?? '' }))
    .filter(({ column }) => !BY.test(wordsOf(column)))
  return keys.sort((a, b) => Number(LINK.test(wordsOf(b.column))) - Number(LINK.test(wordsOf(a.column))))[0]
}

interface OrganizationKey {
  column: string
  table: CatalogTable
  /** The referenced column of the organizations. */
  to: string
}

/** The foreign keys to tables other than the users. */
function keysBeside(table: CatalogTable, people: CatalogTable, { tables }: Catalog): OrganizationKey[] {
  return table.foreignKeys.flatMap(({ columns: [column = '', ...more], to }): OrganizationKey[] => {
    const target = tables.find(({ schema, name }) => schema === to.schema && name === to.table)
    if (target === undefined || target === people || target === table || more.length > 0) return []
    return [{ column, table: target, to: to.columns[0] ?? '' }]
  })
}

/** The column with the foreign key to an organization. */
function organizationKey(table: CatalogTable, people: CatalogTable, catalog: Catalog): OrganizationKey | undefined {
  const keys = keysBeside(table, people, catalog)
  const isOne = ({ column, table: target }: { column: string; table: CatalogTable }) =>
    ORGANIZATIONS.test(wordsOf(target.name)) || rankOf(column, 'organizationId') === 0
  return (
    keys.find(isOne) ?? (MEMBERS.test(wordsOf(table.name)) ? keys.find((key) => isGathering(key.table)) : undefined)
  )
}

/** Whether a table has a name column and can have members. */
function isGathering({ name, columns }: CatalogTable): boolean {
  return !ROLES.test(wordsOf(name)) && columns.some((column) => /^(name|title)$/.test(wordsOf(column.name)))
}

/** Selects one table per part. The user decides between equally likely ones. */
class Choice {
  readonly sides: Candidate[] = []
  readonly unused: UnusedTable[] = []
  readonly #found: readonly Candidate[]
  readonly #catalog: Catalog
  readonly #people: CatalogTable
  readonly #named: ReadonlyMap<Part, CatalogTable>

  constructor(found: readonly Candidate[], { catalog, people, named }: RelationOptions) {
    this.#found = found
    this.#catalog = catalog
    this.#people = people
    this.#named = named
  }

  choose(parts: ReadonlySet<Part>): void {
    const byPart = Map.groupBy(this.#found, ({ side }) => side.part)
    const choose = (part: Part) => {
      const candidates = byPart.get(part) ?? []
      if (parts.has(part)) this.#leave(candidates, 'the recipe reads another table for this purpose')
      else this.#chooseFor(part, candidates)
    }
    for (const part of byPart.keys()) if (!isTarget(part)) choose(part)
    // Memberships determine which organizations and roles matter.
    const target = parts.has('organizations') || this.#named.has('organizations') ? undefined : this.#organizations()
    if (target !== undefined) this.sides.push(target)
    for (const part of byPart.keys()) {
      if (!isTarget(part)) continue
      if (part !== 'organizations' || target === undefined) choose(part)
      else this.#leave(byPart.get(part) ?? [], `${nameOf(target.table, this.#catalog)} is used as the table of ${part}`)
    }
    this.#withoutHalves()
  }

  /**
   * The table of organizations that a foreign key of the memberships or users refers to. Its own
   * columns do not matter.
   */
  #organizations(): Candidate | undefined {
    const members = this.sides.find(({ side }) => side.part === 'memberships')
    const column = members?.side.columns.organizationId
    const owner = members === undefined ? this.#people : members.table
    const named = keysBeside(owner, this.#people, this.#catalog).find((each) => each.column === column)
    const key = named ?? organizationKey(owner, this.#people, this.#catalog)
    const side = key && organizationsOf(headOf(key.table), key.to)
    return key && side && { table: key.table, side, isLinked: false, organization: undefined, roles: undefined }
  }

  #chooseFor(part: Part, candidates: readonly Candidate[]): void {
    const given = this.#named.get(part)
    const ranked = candidates
      .map((candidate) => ({ candidate, score: candidate.table === given ? 100 : this.#score(candidate) }))
      .sort((a, b) => b.score - a.score)
    const [first, second] = ranked
    if (first === undefined) return
    const isTied = second !== undefined && second.score === first.score
    const tied = ranked.filter(({ score }) => score === first.score).map(({ candidate }) => candidate)
    if (isTied) {
      const names = tied.map(({ table }) => nameOf(table, this.#catalog)).join(' and ')
      const flag = NAMED.has(part) ? `: select one with --${part}` : ''
      this.#leave(tied, `${names} could both be the table of ${part}${flag}`)
    } else this.sides.push(first.candidate)
    const others = ranked.filter(({ candidate }) => candidate !== first.candidate && !tied.includes(candidate))
    const name = isTied ? '' : nameOf(first.candidate.table, this.#catalog)
    this.#leave(
      others.map(({ candidate }) => candidate),
      isTied ? `it is less likely the table of ${part}` : `${name} is used as the table of ${part}`,
    )
  }

  #score({ table, side, isLinked, organization }: Candidate): number {
    const words = wordsOf(table.name)
    const { columns } = side
    const targets = this.sides.flatMap((one) => targetsOf(one))
    return (
      (isLinked ? 2 : 0) +
      (organization === undefined ? 0 : 2) +
      (columns.role !== undefined || columns.roleId !== undefined ? 1 : 0) +
      (MEMBERS.test(words) ? 1 : 0) -
      (/\b(invit\w*|requests?|logs?|history|audits?|old|backup|archived?|deleted|settings)\b/.test(words) ? 4 : 0) +
      (targets.some((target) => target === table) ? 10 : 0) +
      (this.#isNamedByColumn(table) ? 5 : 0)
    )
  }

  /** Without foreign keys, `team_id` refers to `teams`. */
  #isNamedByColumn({ name }: CatalogTable): boolean {
    const columns = this.sides.flatMap(({ side }) => [side.columns.organizationId, side.columns.roleId])
    return columns.some(
      (column) =>
        column !== undefined && singular(wordsOf(column).replace(/ (id|uuid)$/, '')) === singular(wordsOf(name)),
    )
  }

  /** Drops numbered roles without names, and names of roles that no user has. */
  #withoutHalves(): void {
    const names = this.sides.find(({ side }) => side.part === 'roleNames')
    const numbered = this.sides.filter(
      ({ side }) => side.columns.roleId !== undefined && side.columns.role === undefined,
    )
    for (const one of numbered.filter(({ side }) => names === undefined && side.part === 'roles')) {
      this.#giveUp(one, 'it lists roles by number, but no table has their names')
    }
    if (names !== undefined && numbered.length === 0)
      this.#giveUp(names, 'it contains names of roles, but no table refers to its numbers')
  }

  #giveUp(one: Candidate, why: string): void {
    this.sides.splice(this.sides.indexOf(one), 1)
    this.#leave([one], why)
  }

  #leave(candidates: readonly Candidate[], why: string): void {
    for (const { table } of candidates) this.unused.push({ table, why, matters: true })
  }
}

/** Parts with a command-line option for their table. */
const NAMED: ReadonlySet<Part> = new Set([
  'memberships',
  'roles',
  'organizations',
  'passwords',
  'factors',
  'definitions',
])

function isTarget(part: Part): boolean {
  return part === 'organizations' || part === 'roleNames' || part === 'definitions'
}

function targetsOf({ organization, roles }: Candidate): CatalogTable[] {
  return [organization, roles].filter((table) => table !== undefined)
}

/** The singular form: `companies` and `company` are equal. */
function singular(words: string): string {
  return words
    .replace(/ies$/, 'y')
    .replace(/(s|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1')
}
