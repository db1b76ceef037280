import type { LoadedManifest } from '../config/loaded-manifest.ts'
import { nearest } from '../config/nearest.ts'
import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { someOf } from '../diagnostics/some-of.ts'
import { isObject } from '../json.ts'
import { compileAtPath } from '../mapping/expression.ts'
import type { FieldTable } from './field-table.ts'
import { isOwn, type SourceColumns, share } from './source-columns.ts'

/** From so many resources on, a field that the manifest maps and none of them has is a slip rather than chance. */
const NOBODY = 3
/** Empty fields that are told one by one. */
const EMPTY_TOLD = 10

/** From so many memberships on, one role for all of them is worth a look. */
const SAME_ROLE = 10
/** The share of the memberships that have a role at all: ten administrators among a thousand members are no slip. */
const WITH_ROLE = 0.9
/** What everybody may well be. */
const ORDINARY: ReadonlySet<string> = new Set(['member', 'user', 'basic-member'])

/** Fields by which a kind is known, which cannot be empty, and what is no field. */
const NO_FIELDS: ReadonlySet<string> = new Set([
  'each',
  'when',
  'from',
  'key',
  'user',
  'organization',
  'group',
  'email',
])

/** Rules whose resources have the fields that the rule maps. */
const RULES = ['user', 'organization', 'membership', 'group'] as const

interface MappedField {
  kind: (typeof RULES)[number]
  /** `firstName`, `metadata.plan` */
  field: string
  path: string[]
  text: string
}

/**
 * Warnings about fields that are mapped and that nobody has. Of a recipe's only those count whose column the source lacks, and has one nobody reads
 * under nearly the same name: recipes map what some exports have.
 */
export function emptyFields(tables: readonly FieldTable[], loaded: LoadedManifest, columns: SourceColumns): Problem[] {
  const found = mappedFields(loaded).flatMap((mapped): Problem[] => {
    const table = tables.find(({ kind }) => kind === mapped.kind)
    if (table === undefined || table.resources < NOBODY || table.cut || hasValue(table, mapped.field)) return []
    const compiled = compileAtPath(mapped.path, mapped.text, loaded.manifest)
    // What reads nothing was written to yield nothing.
    if (!compiled.ok || compiled.expression.fields.length === 0 || compiled.expression.whole) return []
    const own = isOwn(loaded, mapped.path)
    const { reads: certain, fields } = compiled.expression
    const names = certain.length > 0 ? certain.map(({ name }) => name) : fields
    const reads = columnsBehind(mapped, names, loaded, columns)
    const meant = reads.map(({ meant }) => meant).find((name) => name !== undefined)
    if (!own && meant === undefined) return []
    return [emptyField(mapped, table, reads, meant, own, loaded)]
  })
  const more = found.length - EMPTY_TOLD
  if (more <= 0) return found
  const message = `${figure(more)} more fields are mapped and empty for everybody`
  return [...found.slice(0, EMPTY_TOLD), { code: 'field_empty', severity: 'warning', message, hint: LOOK }]
}

const LOOK = 'compare the expression with the columns of the source: workos-migrate inspect shows them'

interface ReadColumn {
  name: string
  /** Undefined: the source has no such column. */
  filled: number | undefined
  records: number
  /** A column that nothing reads, and that has nearly this name. */
  meant: string | undefined
}

function emptyField(
  { kind, field, path }: MappedField,
  { resources, plural }: FieldTable,
  reads: readonly ReadColumn[],
  meant: string | undefined,
  own: boolean,
  loaded: LoadedManifest,
): Problem {
  const read = reads.map(({ name, filled, records }) => {
    if (filled === undefined) return `${name}, which the source does not have`
    return filled === 0 ? `${name}, which is empty in all records` : `${name} (filled in ${share(filled, records)})`
  })
  const what = read.length === 0 ? 'yields nothing' : `reads ${someOf(read)}`
  const where = path.join('.')
  const correct = own
    ? `did you mean ${meant}?`
    : `did you mean ${meant}? write it into the manifest: ${where}: ${meant}`
  return {
    code: 'field_empty',
    severity: 'warning',
    message: `${kind === 'user' ? field : `${kind} ${field}`} is empty for all ${figure(resources)} ${plural}: ${where} ${what}`,
    hint: meant === undefined ? LOOK : correct,
    at: loaded.locate(path),
    path: where,
  }
}

/** What the expression reads, as far as it are plain columns of the records or of rows joined to them. */
function columnsBehind(
  { kind }: MappedField,
  names: readonly string[],
  { manifest }: LoadedManifest,
  { streams, read }: SourceColumns,
): ReadColumn[] {
  const { from } = manifest.map[kind] ?? {}
  const mains = from === undefined ? [...read.keys()].slice(0, 1) : [from].flat()
  const found = [...streams].filter(([stream, { within }]) => mains.includes(within ?? stream))
  if (found.length === 0) return []
  const readNames = mains.flatMap((stream) => {
    const columns = read.get(stream)
    return columns === undefined || columns === 'all' ? [] : [...columns]
  })
  const open = found.flatMap(([, { filled }]) => {
    return [...filled].filter(([name, count]) => count > 0 && !readNames.includes(name)).map(([name]) => name)
  })
  return [...new Set(names)].map((name) => {
    const holder = found.find(([, { filled }]) => filled.has(name))?.[1]
    const filled = holder?.filled.get(name)
    return { name, filled, records: holder?.records ?? 0, meant: filled ? undefined : close(name, open) }
  })
}

/** Nearer than a hint for a misspelt word has to be: two columns of one table are often called nearly alike. */
function close(name: string, candidates: readonly string[]): string | undefined {
  const found = nearest(name, candidates)
  if (found === undefined) return undefined
  const [a, b] = [plain(name), plain(found)]
  return a === b || (Math.min(a.length, b.length) >= 5 && nearest(a, [b]) !== undefined && sharesMost(a, b))
    ? found
    : undefined
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** Whether they begin alike for two thirds of the longer one, or end so. */
function sharesMost(a: string, b: string): boolean {
  const longest = Math.max(a.length, b.length)
  const alike = (x: string, y: string) => {
    let length = 0
    while (length < Math.min(x.length, y.length) && x[length] === y[length]) length += 1
    return length
  }
  const reversed = (text: string) => [...text].reverse().join('')
  return alike(a, b) + alike(reversed(a), reversed(b)) >= (longest * 2) / 3
}

/** The tables without the empty columns that nothing maps: they are empty as everybody meant them to be. */
export function withoutUnmapped(tables: readonly FieldTable[], loaded: LoadedManifest): FieldTable[] {
  const mapped = new Set(mappedFields(loaded).map(({ kind, field }) => `${kind} ${field.split('.', 1)[0]}`))
  return tables.map((table) => ({
    ...table,
    fields: table.fields.filter(({ field, filled }) => filled > 0 || mapped.has(`${table.kind} ${field}`)),
  }))
}

function mappedFields({ manifest }: LoadedManifest): MappedField[] {
  return RULES.flatMap((kind) =>
    Object.entries(manifest.map[kind] ?? {}).flatMap(([field, value]): MappedField[] => {
      if (NO_FIELDS.has(field) || field === 'passwordHashType') return []
      const path = ['map', kind, field]
      if (typeof value === 'string') return [{ kind, field, path, text: value }]
      if (!isObject(value)) return []
      return Object.entries(value).flatMap(([member, text]) => {
        return typeof text === 'string' ? [{ kind, field: `${field}.${member}`, path: [...path, member], text }] : []
      })
    }),
  )
}

/** Metadata gets other names where its own are reserved or too long: one that ends or begins like it counts. */
function hasValue({ fields }: FieldTable, field: string): boolean {
  const filled = fields.filter((column) => column.filled > 0).map((column) => column.field)
  if (field === 'totpSecret') return true
  if (field === 'password' || field === 'passwordHash') return filled.some((name) => name.startsWith('password'))
  const member = field.slice(field.indexOf('.') + 1)
  return filled.some((name) => {
    if (name === field || name.startsWith(`${field}.`)) return true
    return (
      field.includes('.') && name.startsWith('metadata.') && (name.includes(member) || member.startsWith(name.slice(9)))
    )
  })
}

/** A warning where nearly all memberships have a role, and all of these the same one. */
export function oneRole(tables: readonly FieldTable[], { manifest, locate }: LoadedManifest): Problem[] {
  const table = tables.find(({ kind }) => kind === 'membership')
  const roles = table?.fields.find(({ field }) => field === 'roles')
  if (table === undefined || roles === undefined || roles.filled < SAME_ROLE || roles.distinct !== 1) return []
  const slugs = Array.isArray(roles.example) ? roles.example.map(String) : []
  if (slugs.length !== 1 || roles.filled < table.resources * WITH_ROLE) return []
  const [slug = ''] = slugs
  if (ORDINARY.has(slug) || slug === manifest.roles.default) return []
  const path = manifest.map.membership?.roles !== undefined ? ['map', 'membership', 'roles'] : ['map', 'roleAssignment']
  const whom = roles.filled === table.resources ? 'all' : `${figure(roles.filled)} of`
  return [
    {
      code: 'one_role_for_all',
      severity: 'warning',
      message: `${whom} ${figure(table.resources)} memberships get the same role: ${slug}`,
      hint: 'if that is right, do nothing; else look at the column that says the role, and at roles.map',
      at: locate(path),
      path: path.join('.'),
    },
  ]
}

/** Texts like NULL in fields that an expression made: where the column itself holds them, the warning about it says so already. */
export function nullsInFields(tables: readonly FieldTable[], loaded: LoadedManifest, told: boolean): Problem[] {
  if (told) return []
  const found = tables.flatMap(({ kind, plural, fields }) =>
    fields.flatMap(({ field, writtenNulls }) =>
      writtenNulls === undefined ? [] : [{ kind, plural, field, ...writtenNulls }],
    ),
  )
  const [first] = found
  if (first === undefined) return []
  const list = found.map(
    ({ kind, plural, field, count, example }) =>
      `${field} of ${figure(count)} ${count === 1 ? kind : plural} (${example})`,
  )
  const path = ['map', first.kind, ...first.field.split('.')]
  return [
    {
      code: 'written_null',
      severity: 'warning',
      message: `texts that stand for nothing become values: ${someOf(list, { limit: 5 })}`,
      hint: 'let the expression yield nothing there: a ? b leaves the field out where a is missing',
      at: loaded.locate(path),
      path: path.join('.'),
    },
  ]
}
