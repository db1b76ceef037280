/**
 * What only the values of files tell that lie beside the users. In: the files, by the names of their columns. Out: which columns lead to each
 * other, and which roles are defined.
 */
import { streamOf } from '../../inspecting/recognise.ts'
import type { JsonObject } from '../../json.ts'
import { compileExpression } from '../../mapping/expression.ts'
import { openSource } from '../../sources/registry.ts'
import { scratchAmongTemporary } from '../scratch-place.ts'
import type { Answers, FoundFile, SideFile } from './answers.ts'

/** Rows that are compared. */
const ROWS = 2000

/**
 * A column like `team` may hold what a team is called or what it is known by: the values of the file of organizations tell. Returns the files
 * with the columns that lead to each other.
 */
export async function settleKeys(sides: readonly SideFile[]): Promise<SideFile[]> {
  const members = sides.find(({ side }) => side.part === 'memberships')
  const organizations = sides.find(({ side }) => side.part === 'organizations')
  const { organizationId, organizationName } = members?.side.columns ?? {}
  const told = organizationId ?? organizationName
  if (members === undefined || organizations === undefined || told === undefined) return [...sides]
  const { id = '', name = '' } = organizations.side.columns
  const [own, byId, byName] = await valuesOf([
    [members.file, told],
    [organizations.file, id],
    [organizations.file, name],
  ])
  const common = (values: ReadonlySet<string> | undefined) =>
    [...(own ?? [])].filter((value) => values?.has(value)).length
  const key = common(byName) > common(byId) ? name : id
  return sides.map((one) => {
    if (one === organizations) return withColumns(one, { id: key })
    return one === members ? withColumns(one, { organizationId: told }) : one
  })
}

/** The roles that a file says there are: they need no definition in the manifest. */
export async function rolesDefinedIn({ files, sides }: Pick<Answers, 'files' | 'sides'>): Promise<string[]> {
  const columns = sides.flatMap(({ file, side }): (readonly [FoundFile, string])[] => {
    const { id, roleName } = side.columns
    if (side.part === 'definitions' && id !== undefined) return [[file, id]]
    return side.part === 'roleNames' && roleName !== undefined ? [[file, `$slug(${roleName})`]] : []
  })
  if (files.definitions !== undefined) columns.push([files.definitions, 'role_slug'])
  const found = columns.length === 0 ? [] : await valuesOf(columns)
  return found.flatMap((values) => [...values])
}

function withColumns({ file, side }: SideFile, columns: SideFile['side']['columns']): SideFile {
  return { file, side: { ...side, columns: { ...side.columns, ...columns } } }
}

/** What columns hold in the first rows of their files, as text. */
async function valuesOf(columns: readonly (readonly [FoundFile, string])[]): Promise<Set<string>[]> {
  const scratch = scratchAmongTemporary()
  try {
    const found: Set<string>[] = []
    for (const [file, expression] of columns) found.push(await valuesIn(file, expression, scratch.path))
    return found
  } finally {
    scratch.remove()
  }
}

async function valuesIn({ path, data }: FoundFile, expression: string, scratch: string): Promise<Set<string>> {
  const streams: JsonObject = { rows: streamOf(path, data.head, data.recognised) }
  const ignore = () => {}
  const place = { directory: '.', scratch, reject: ignore, warn: ignore, partsFrom: Number.POSITIVE_INFINITY }
  const source = await openSource({ type: 'file', streams }, place)
  const compiled = compileExpression(expression)
  const values = new Set<string>()
  if (!compiled.ok) return values
  for await (const chunk of source.read(ROWS)) {
    for (const { data: row } of chunk) {
      const value = await compiled.expression.evaluate(row, row)
      if (typeof value === 'string' || typeof value === 'number') values.add(String(value))
    }
    break
  }
  return values
}
