import { dirname } from 'node:path'
import type { LoadedManifest } from '../config/load.ts'
import { isExpressionPath } from '../config/manifest.ts'
import { shippedRecipes } from '../config/recipes.ts'
import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { shownName } from '../inspecting/sensitivity.ts'
import { checkColumnNames, columnsRead } from '../mapping/check.ts'
import { compileExpression } from '../mapping/expression.ts'
import { type ColumnsSeen, isPlace, type StreamColumns } from '../sources/columns-seen.ts'
import { sourceDefinitions } from '../sources/registry.ts'
import type { Source } from '../sources/source.ts'

/** Missing columns that are told one by one. */
const MISSING_TOLD = 10
/** Columns of a stream that nothing reads and that are named, the fullest first. */
const UNREAD_TOLD = 8

/** What the source was found to hold, and what the mapping reads of it. */
export interface SourceColumns {
  /** By stream: of every name, how many records have a value under it. Headers of files that no record fills are among them. */
  streams: ReadonlyMap<string, StreamColumns>
  /** By main stream. */
  read: ReadonlyMap<string, ReadonlySet<string> | 'all'>
  /** What a stream is called: by its file where it has one. */
  nameOf(stream: string): string
}

/**
 * What was seen while the source was read, with the headers of its files: cells that are empty in every row are in no record.
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
  const headers = await definition?.columns?.(settings, loaded.directory)
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
export function isOwn({ originOf }: LoadedManifest, path: readonly string[]): boolean {
  const file = originOf(path)?.file
  return file !== undefined && dirname(file) !== shippedRecipes
}

/**
 * Remarks, one a stream, on columns that no expression reads. Most sources have some, so they are no warnings: it is for a person to say
 * whether something of value stays behind.
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

/** A share in words: `98 %`; nothing that is there is 0, and nothing that lacks something is 100. */
export function share(part: number, whole: number): string {
  const percent = Math.round((part / whole) * 100)
  if (part > 0 && percent === 0) return '< 1 %'
  if (part < whole && percent === 100) return '> 99 %'
  return `${percent} %`
}

/** The columns by which streams of files are joined, which the source reads itself; undefined where the manifest does not say them. */
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
