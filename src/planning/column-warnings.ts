import type { LoadedManifest } from '../config/load.ts'
import { expressionsOf, isExpressionPath, type Manifest } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import { recipeAt } from '../config/recipes.ts'
import { counted, figure, someOf } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { shownName } from '../inspecting/sensitivity.ts'
import { isObject } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { checkColumnNames, columnsRead } from '../mapping/check.ts'
import { compileAtPath, compileExpression } from '../mapping/expression.ts'
import { type ColumnsSeen, isPlace, type StreamColumns } from '../sources/columns-seen.ts'
import { sourceDefinitions } from '../sources/registry.ts'
import type { Source } from '../sources/source.ts'
import type { FieldTable } from './field-table.ts'

/**
 * Warnings about the columns of the source and the fields that they fill. In: the columns of the
 * source, what the mapping reads, and how full the fields are. Out: warnings about missing or
 * unread columns, empty fields, and texts such as NULL.
 */

/** From this many resources on, a mapped field that none of them has is reported. */
const NOBODY = 3
/** Empty fields that are listed one by one. */
const EMPTY_TOLD = 10

/** Parts of a rule that are not fields of the resource. References are not fields either. */
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
 * Warnings about mapped fields that no resource has. Recipes map columns that only some exports
 * have, so a recipe's field counts only if its column is missing and an unread column has nearly
 * the same name.
 */
export function emptyFields(tables: readonly FieldTable[], loaded: LoadedManifest, columns: SourceColumns): Problem[] {
  const found = mappedFields(loaded).flatMap((mapped): Problem[] => {
    const table = tables.find(({ kind }) => kind === mapped.definition.name)
    if (table === undefined || table.resources < NOBODY || table.cut || hasValue(table, mapped)) return []
    const compiled = compileAtPath(mapped.path, mapped.text, loaded.manifest)
    // An expression that reads nothing is empty on purpose.
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
  const message = `${counted(more, 'more mapped field is', 'more mapped fields are')} empty in all resources`
  return [...found.slice(0, EMPTY_TOLD), { code: 'field_empty', severity: 'warning', message, hint: LOOK }]
}

const LOOK = 'compare the expression with the columns that workos-migrate inspect lists'

interface ReadColumn {
  name: string
  /** Undefined: the source has no such column. */
  filled: number | undefined
  records: number
  /** An unread column with nearly this name. */
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
  const what = read.length === 0 ? 'returns no value' : `reads ${someOf(read)}`
  const where = path.join('.')
  const correct = own ? `did you mean ${meant}?` : `did you mean ${meant}? set ${where}: ${meant} in the manifest`
  return {
    code: 'field_empty',
    severity: 'warning',
    message: `${review?.main ? field : `${kind} ${field}`} is empty for all ${figure(resources)} ${plural}: ${where} ${what}`,
    hint: meant === undefined ? LOOK : correct,
    at: loaded.locate(path),
    path: where,
  }
}

/** The plain columns, of records or of rows joined to them, that the expression reads. */
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

/** The columns that the value of the expression at a path can come from. */
export function columnsFlowing({ manifest }: LoadedManifest, path: readonly string[]): string[] {
  const [found] = expressionsOf(manifest).filter((one) => one.path.join('.') === path.join('.'))
  const compiled = found && compileAtPath(found.path, found.text, manifest)
  if (compiled === undefined || !compiled.ok) return []
  const names = compiled.expression.flows.filter(({ of }) => of !== 'other').map((flow) => flow.names.join('.'))
  return [...new Set(names)]
}

/** Stricter than the hint for a misspelled word: columns of one table often have similar names. */
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

/** Whether two names share their beginning or their end for two thirds of the longer one. */
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

/** The tables without empty columns that nothing maps. */
export function withoutUnmapped(tables: readonly FieldTable[], loaded: LoadedManifest): FieldTable[] {
  const mapped = new Set(
    mappedFields(loaded).map(({ definition, field }) => `${definition.name} ${field.split('.', 1)[0]}`),
  )
  return tables.map((table) => ({
    ...table,
    fields: table.fields.filter(({ field, filled }) => filled > 0 || mapped.has(`${table.kind} ${field}`)),
  }))
}

/** All mapped fields, those of the main kind first. */
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
 * Reserved or long metadata names are changed, so a name that begins or ends like the field counts.
 * Of fields that exclude each other any one counts, because one can become the other.
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

/**
 * Texts like NULL in fields that an expression made. If the column itself contains them, another
 * warning already reports it.
 */
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
      message: `texts that mean "no value" become values: ${someOf(list, { limit: 5 })}`,
      hint: 'let the expression return no value there: a ? b omits the field if a is missing',
      at: loaded.locate(path),
      path: path.join('.'),
    },
  ]
}

/** Missing columns that are listed one by one. */
const MISSING_TOLD = 10
/** Unread columns of a stream that are named, the fullest first. */
const UNREAD_TOLD = 8

/** The columns of the source, and which of them the mapping reads. */
export interface SourceColumns {
  /**
   * By stream: the number of records with a value under each name. Includes headers of files that
   * no record fills.
   */
  streams: ReadonlyMap<string, StreamColumns>
  /** By main stream. */
  read: ReadonlyMap<string, ReadonlySet<string> | 'all'>
  /** The name of a stream: its file if it has one. */
  nameOf(stream: string): string
}

/**
 * The columns seen while the source was read, and the headers of its files: a column that is empty
 * in every row is in no record.
 * @param snapshot the records come from a snapshot, so the files at hand do not describe them
 */
export async function sourceColumns(
  loaded: LoadedManifest,
  source: Source,
  seen: ColumnsSeen,
  snapshot: boolean,
): Promise<SourceColumns> {
  const streams = new Map(seen.streams())
  const { type, ...settings } = loaded.manifest.source
  const definition = snapshot ? undefined : await sourceDefinitions.get(type)?.()
  const headers = source.columns?.() ?? (await definition?.columns?.(settings, loaded.directory))
  for (const [stream, names] of headers ?? []) {
    const known = streams.get(stream)
    if (known === undefined) continue
    const filled = new Map(names.map((name) => [name, 0]))
    for (const [name, count] of known.filled) filled.set(name, count)
    streams.set(stream, { ...known, filled })
  }
  const files = Map.groupBy(source.counts(), ({ stream }) => stream)
  const nameOf = (stream: string) => {
    const [first, ...others] = files.get(stream) ?? []
    return first === undefined || others.length > 0 ? stream : first.file.replace(/^\.\//, '')
  }
  return { streams, read: columnsRead(loaded.manifest, source.streams), nameOf }
}

/** Warnings about missing columns that expressions of the manifest, not of recipes, read. */
export function missingColumns(loaded: LoadedManifest, source: Source, { streams }: SourceColumns): Problem[] {
  const columns = new Map(
    [...streams].flatMap(([stream, { filled, cut }]) => (cut ? [] : [[stream, [...filled.keys()]]])),
  )
  const problems = checkColumnNames(loaded, source.streams, columns, (path) => isOwn(loaded, path))
  const told = problems.slice(0, MISSING_TOLD)
  const more = problems.length - told.length
  if (more > 0) {
    told.push({
      code: 'column_not_in_file',
      severity: 'warning',
      message: `${counted(more, 'more expression reads', 'more expressions read')} columns that the source does not have`,
      hint: 'list them with: workos-migrate validate',
    })
  }
  return told
}

/** Whether the user wrote a path of the manifest, and not a shipped recipe. */
function isOwn({ originOf }: LoadedManifest, path: readonly string[]): boolean {
  const place = originOf(path)
  return place !== undefined && recipeAt(place) === undefined
}

/**
 * One notice per stream about columns that no expression reads. Most sources have some, so these
 * are not warnings.
 */
export function unreadColumns(loaded: LoadedManifest, { streams, read, nameOf }: SourceColumns): Problem[] {
  const joins = joinColumns(loaded)
  return [...streams].flatMap(([stream, { records, filled, within }]): Problem[] => {
    // Other sources know only themselves which columns they join by.
    if (records === 0 || (within !== undefined && joins === undefined)) return []
    const names = read.get(within ?? stream)
    if (names === undefined || names === 'all') return []
    const unread = [...filled].filter(([name]) => {
      return !names.has(name) && !isPlace(name) && !streams.get(name)?.within && !joins?.has(name)
    })
    if (unread.length === 0) return []
    const fullest = unread.toSorted(([, a], [, b]) => b - a)
    const shown = fullest.slice(0, UNREAD_TOLD).map(([name, count]) => `${shownName(name)} (${share(count, records)})`)
    const more = unread.length - shown.length
    const list = `${shown.join(', ')}${more > 0 ? ` and ${figure(more)} more` : ''}`
    const what = unread.length === 1 ? '1 column' : `${figure(unread.length)} columns`
    return [
      {
        code: 'columns_unread',
        message: `${nameOf(stream)}: ${what} that no expression reads: ${list}`,
        hint: 'map the columns to keep, for example to map.user.metadata; ignore the others',
        at: loaded.locate(['source']),
        path: 'source',
      },
    ]
  })
}

/** A share in words: `98 %`. Only none is 0 %, and only all are 100 %. */
function share(part: number, whole: number): string {
  const percent = Math.round((part / whole) * 100)
  if (part > 0 && percent === 0) return '< 1 %'
  if (part < whole && percent === 100) return '> 99 %'
  return `${percent} %`
}

/**
 * The columns that join streams of files, which the source reads itself. Undefined if the manifest
 * does not name them.
 */
function joinColumns({ manifest }: LoadedManifest): ReadonlySet<string> | undefined {
  if (manifest.source.type !== 'file') return undefined
  const names = new Set<string>()
  for (const [stream, { join }] of Object.entries(manifest.source.streams)) {
    for (const [key, text] of Object.entries(join ?? {})) {
      if (!isExpressionPath(['source', 'streams', stream, 'join', key])) continue
      const compiled = compileExpression(text)
      if (compiled.ok) for (const name of compiled.expression.fields) names.add(name)
    }
  }
  return names
}
