/**
 * Compares the values of files to find which columns match, and which roles are defined. In: the
 * files, recognized by column names.
 */
import { streamOf } from '../../inspecting/recognise.ts'
import type { JsonObject } from '../../json.ts'
import { compileExpression } from '../../mapping/expression.ts'
import { scratchAmongTemporary } from '../../running/scratch-place.ts'
import { firstRecords } from '../../sources/first-records.ts'
import { openSource } from '../../sources/registry.ts'
import type { Answers, FoundFile, SideFile, UnusedFile } from './answers.ts'
import { unused } from './folder.ts'

/** Rows to compare. */
const ROWS = 2000

interface Settled {
  sides: SideFile[]
  unused: UnusedFile[]
}

/** Finds the matching columns. Drops a file if no row matches a user. */
export async function settleKeys({ files, sides }: Pick<Answers, 'files' | 'sides'>): Promise<Settled> {
  if (sides.length === 0 || files.users === undefined) return { sides: [...sides], unused: [] }
  const scratch = scratchAmongTemporary()
  try {
    const look = new Look(scratch.path)
    const settled: Settled = { sides: [], unused: [] }
    for (const one of sides) {
      const found = await settleJoin(one, files.users, look)
      if ('why' in found) settled.unused.push(unused(one.file, found.why))
      else settled.sides.push(found)
    }
    return { ...settled, sides: await settleOrganizations(settled.sides, look) }
  } finally {
    scratch.remove()
  }
}

/** Finds the users column that contains the values of the file's column. */
async function settleJoin(one: SideFile, users: FoundFile, look: Look): Promise<SideFile | { why: string }> {
  const { file, side } = one
  if (side.join === undefined) return one
  const own = await look.values(file, side.join.key)
  if (own.texts.size === 0) return one
  for (const to of [side.join.to, ...(side.targets ?? [])]) {
    const there = await look.values(users, to)
    if (common(own.texts, there.texts) > 0) return { file, side: { ...side, join: { ...side.join, to } } }
    // Only the first rows of a large file were read, so the values can be further down.
    if (!there.complete) return one
  }
  return { why: `no ${side.join.key} in it matches a user in ${users.name}` }
}

/** Decides whether a column such as `team` contains names or IDs, by the organizations file. */
async function settleOrganizations(sides: readonly SideFile[], look: Look): Promise<SideFile[]> {
  const members = sides.find(({ side }) => side.part === 'memberships')
  const organizations = sides.find(({ side }) => side.part === 'organizations')
  const { organizationId, organizationName } = members?.side.columns ?? {}
  const told = organizationId ?? organizationName
  if (members === undefined || organizations === undefined || told === undefined) return [...sides]
  const { id = '', name = '' } = organizations.side.columns
  const own = await look.values(members.file, told)
  const byId = common(own.texts, (await look.values(organizations.file, id)).texts)
  const byName = common(own.texts, (await look.values(organizations.file, name)).texts)
  return sides.map((one) => {
    if (one === organizations) return withColumns(one, { id: byName > byId ? name : id })
    return one === members ? withColumns(one, { organizationId: told }) : one
  })
}

function common(own: ReadonlySet<string>, there: ReadonlySet<string>): number {
  return [...own].filter((value) => there.has(value)).length
}

/** The roles that files define; they need no definition in the manifest. */
export async function rolesDefinedIn({ files, sides }: Pick<Answers, 'files' | 'sides'>): Promise<string[]> {
  const columns = sides.flatMap(({ file, side }): (readonly [FoundFile, string])[] => {
    const { id, roleName } = side.columns
    if (side.part === 'definitions' && id !== undefined) return [[file, id]]
    return side.part === 'roleNames' && roleName !== undefined ? [[file, `$slug(${roleName})`]] : []
  })
  if (files.definitions !== undefined) columns.push([files.definitions, 'role_slug'])
  if (columns.length === 0) return []
  const scratch = scratchAmongTemporary()
  try {
    const look = new Look(scratch.path)
    const roles: string[] = []
    for (const [file, expression] of columns) roles.push(...(await look.values(file, expression)).texts)
    return roles
  } finally {
    scratch.remove()
  }
}

function withColumns({ file, side }: SideFile, columns: SideFile['side']['columns']): SideFile {
  return { file, side: { ...side, columns: { ...side.columns, ...columns } } }
}

/** The values of a column in the first rows of its file. */
interface Values {
  texts: Set<string>
  /** Whether all rows were read. */
  complete: boolean
}

/** Reads the first rows of files. */
class Look {
  readonly #scratch: string

  constructor(scratch: string) {
    this.#scratch = scratch
  }

  async values({ path, data, table }: FoundFile, expression: string): Promise<Values> {
    const compiled = compileExpression(expression)
    const texts = new Set<string>()
    if (!compiled.ok) return { texts, complete: false }
    const add = async (row: JsonObject) => {
      const value = await compiled.expression.evaluate(row, row)
      if (typeof value === 'string' || typeof value === 'number') texts.add(String(value))
    }
    if (table !== undefined) {
      for (const row of table.rows) await add(row)
      return { texts, complete: false }
    }
    const streams: JsonObject = { rows: streamOf(path, data.head, data.recognised) }
    const ignore = () => {}
    const place = { directory: '.', scratch: this.#scratch, reject: ignore, warn: ignore }
    const { source, isWhole } = firstRecords(await openSource({ type: 'file', streams }, place), ROWS)
    for await (const chunk of source.read(ROWS)) for (const { data: row } of chunk) await add(row)
    return { texts, complete: isWhole() }
  }
}
