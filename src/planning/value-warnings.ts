import type { LoadedManifest } from '../config/load.ts'
import type { Manifest } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { someOf } from '../diagnostics/some-of.ts'
import { isObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { compileAtPath } from '../mapping/expression.ts'
import type { FieldTable } from './field-table.ts'
import { isOwn, type SourceColumns, share } from './source-columns.ts'

/** From so many resources on, a field that the manifest maps and none of them has is a slip rather than chance. */
const NOBODY = 3
/** Empty fields that are told one by one. */
const EMPTY_TOLD = 10

/** What of a rule steers it, or is what a resource is known by, and cannot be empty. References are no fields either. */
const NO_FIELDS: ReadonlySet<string> = new Set(['each', 'when', 'from', 'key'])

interface MappedField {
  definition: KindDefinition
  rule: keyof Manifest['map']
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
    const table = tables.find(({ kind }) => kind === mapped.definition.name)
    if (table === undefined || table.resources < NOBODY || table.cut || hasValue(table, mapped)) return []
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
  { definition: { name: kind, review }, field, path }: MappedField,
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
    message: `${review?.main ? field : `${kind} ${field}`} is empty for all ${figure(resources)} ${plural}: ${where} ${what}`,
    hint: meant === undefined ? LOOK : correct,
    at: loaded.locate(path),
    path: where,
  }
}

/** What the expression reads, as far as it are plain columns of the records or of rows joined to them. */
function columnsBehind(
  { rule }: MappedField,
  names: readonly string[],
  { manifest }: LoadedManifest,
  { streams, read }: SourceColumns,
): ReadColumn[] {
  const { from } = manifest.map[rule] ?? {}
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
  const mapped = new Set(
    mappedFields(loaded).map(({ definition, field }) => `${definition.name} ${field.split('.', 1)[0]}`),
  )
  return tables.map((table) => ({
    ...table,
    fields: table.fields.filter(({ field, filled }) => filled > 0 || mapped.has(`${table.kind} ${field}`)),
  }))
}

/** Those of the main kind come first, then the others in their order. */
function mappedFields({ manifest }: LoadedManifest): MappedField[] {
  const mainFirst = kindDefinitions.toSorted((a, b) => Number(b.review?.main ?? 0) - Number(a.review?.main ?? 0))
  return mainFirst.flatMap((definition) => {
    const { rule, refs, review } = definition
    if (rule === undefined || review?.mapsFields === undefined) return []
    const skipped = new Set([...NO_FIELDS, ...Object.keys(refs), ...review.mapsFields.except])
    return Object.entries(manifest.map[rule] ?? {}).flatMap(([field, value]): MappedField[] => {
      if (skipped.has(field)) return []
      const path = ['map', rule, field]
      if (typeof value === 'string') return [{ definition, rule, field, path, text: value }]
      if (!isObject(value)) return []
      return Object.entries(value).flatMap(([member, text]) => {
        const whole = { definition, rule, field: `${field}.${member}`, path: [...path, member] }
        return typeof text === 'string' ? [{ ...whole, text }] : []
      })
    })
  })
}

/** Whether a path of the manifest maps a secret field: `map.user.passwordHash`. */
export function mapsSecret(path: string): boolean {
  return kindDefinitions.some(({ rule, fields, review }) =>
    Object.keys(review?.mapsFields ? fields : {}).some(
      (field) => fields[field]?.secret && path === `map.${rule}.${field}`,
    ),
  )
}

/**
 * Metadata gets other names where its own are reserved or too long: one that ends or begins like it counts. Of fields that exclude each other
 * any counts: what is mapped as the one may become the other.
 */
function hasValue({ fields }: FieldTable, { definition, field }: MappedField): boolean {
  const filled = fields.filter((column) => column.filled > 0).map((column) => column.field)
  const alternatives = definition.exclusive?.find((group) => group.includes(field))
  if (alternatives !== undefined) return filled.some((name) => alternatives.includes(name))
  const member = field.slice(field.indexOf('.') + 1)
  return filled.some((name) => {
    if (name === field || name.startsWith(`${field}.`)) return true
    return (
      field.includes('.') && name.startsWith('metadata.') && (name.includes(member) || member.startsWith(name.slice(9)))
    )
  })
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
