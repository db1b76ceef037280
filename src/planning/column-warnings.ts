import type { LoadedManifest } from '../config/load.ts'
import { expressionsOf, isExpressionPath, type Manifest } from '../config/manifest.ts'
import { nearest } from '../config/nearest.ts'
import { recipeAt } from '../config/recipes.ts'
import { figure, someOf } from '../diagnostics/printable.ts'
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
 * Warnings about the columns of the source and the fields that they fill. In: what the source was
 * found to hold, what the mapping reads of it, and how full the fields of the desired resources
 * are. Out: columns that are missing or unread, fields that are empty or hold a text for nothing.
 */

/**
 * From so many resources on, a field that the manifest maps and none of them has is a slip rather
 * than chance.
 */
const NOBODY = 3
/** Empty fields that are told one by one. */
const EMPTY_TOLD = 10

/**
 * What of a rule steers it, or is what a resource is known by, and cannot be empty. References are
 * no fields either.
 */
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
 * Warnings about fields that are mapped and that nobody has. Of a recipe's only those count whose
 * column the source lacks, and has one nobody reads under nearly the same name: recipes map what
 * some exports have.
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

/**
 * What the expression reads, as far as it are plain columns of the records or of rows joined to
 * them.
 */
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

/** The columns that the value of the expression at a path may come from. */
export function columnsFlowing({ manifest }: LoadedManifest, path: readonly string[]): string[] {
  const [found] = expressionsOf(manifest).filter((one) => one.path.join('.') === path.join('.'))
  const compiled = found && compileAtPath(found.path, found.text, manifest)
  if (compiled === undefined || !compiled.ok) return []
  const names = compiled.expression.flows.filter(({ of }) => of !== 'other').map((flow) => flow.names.join('.'))
  return [...new Set(names)]
}

/**
 * Nearer than a hint for a misspelt word has to be: two columns of one table are often called
 * nearly alike.
 */
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

/**
 * The tables without the empty columns that nothing maps: they are empty as everybody meant them to
 * be.
 */
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
 * Metadata gets other names where its own are reserved or too long: one that ends or begins like it
 * counts. Of fields that exclude each other any counts: what is mapped as the one may become the
 * other.
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
 * Texts like NULL in fields that an expression made: where the column itself holds them, the
 * warning about it says so already.
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
      message: `texts that stand for nothing become values: ${someOf(list, { limit: 5 })}`,
      hint: 'let the expression yield nothing there: a ? b leaves the field out where a is missing',
      at: loaded.locate(path),
      path: path.join('.'),
    },
  ]
}

/** Missing columns that are told one by one. */
const MISSING_TOLD = 10
/** Columns of a stream that nothing reads and that are named, the fullest first. */
const UNREAD_TOLD = 8

/** What the source was found to hold, and what the mapping reads of it. */
export interface SourceColumns {
  /**
   * By stream: of every name, how many records have a value under it. Headers of files that no
   * record fills are among them.
   */
  streams: ReadonlyMap<string, StreamColumns>
  /** By main stream. */
  read: ReadonlyMap<string, ReadonlySet<string> | 'all'>
  /** What a stream is called: by its file where it has one. */
  nameOf(stream: string): string
}

/**
 * What was seen while the source was read, with the headers of its files: cells that are empty in
 * every row are in no record.
 * @param snapshot the records come from a snapshot; the files at hand do not describe them
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

/** Warnings about columns that the operator's own expressions read and the source does not have. */
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
      message: `${figure(more)} more expressions read columns that the source does not have`,
      hint: 'workos-migrate validate lists them',
    })
  }
  return told
}

/** Whether a path of the manifest was written by its operator, and is not a shipped recipe's. */
function isOwn({ originOf }: LoadedManifest, path: readonly string[]): boolean {
  const place = originOf(path)
  return place !== undefined && recipeAt(place) === undefined
}

/**
 * Remarks, one a stream, on columns that no expression reads. Most sources have some, so they are
 * no warnings: it is for a person to say whether something of value stays behind.
 */
export function unreadColumns(loaded: LoadedManifest, { streams, read, nameOf }: SourceColumns): Problem[] {
  const joins = joinColumns(loaded)
  return [...streams].flatMap(([stream, { records, filled, within }]): Problem[] => {
    // Which columns other sources join by is known to their own code alone.
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
        message: `${nameOf(stream)}: ${what} nobody reads: ${list}`,
        hint: 'to keep one, map it, as metadata for instance: map.user.metadata; else do nothing',
        at: loaded.locate(['source']),
        path: 'source',
      },
    ]
  })
}

/**
 * A share in words: `98 %`; nothing that is there is 0, and nothing that lacks something is 100.
 */
function share(part: number, whole: number): string {
  const percent = Math.round((part / whole) * 100)
  if (part > 0 && percent === 0) return '< 1 %'
  if (part < whole && percent === 100) return '> 99 %'
  return `${percent} %`
}

/**
 * The columns by which streams of files are joined, which the source reads itself; undefined where
 * the manifest does not say them.
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
