import { ROW_FILE, ROW_LINE, type Source } from '../sources/source.ts'
import type { PathInspection, StreamInspection } from './inspection.ts'
import type { Profile } from './profile.ts'

interface Seen {
  /** See InspectOptions. */
  columns: ReadonlyMap<string, readonly string[]> | undefined
  /** Of the streams whose records were read by themselves. */
  profiles: ReadonlyMap<string, Profile>
  /** Rejected records by stream. */
  rejected: ReadonlyMap<string, number>
}

/** What each stream holds: main streams as they were read, joined ones as far as their rows lie in the records of main ones. */
export function streamsOf(source: Source, { columns, profiles, rejected }: Seen): StreamInspection[] {
  const counts = source.counts()
  const describe = (stream: string) => ({
    stream,
    files: [...new Set(counts.flatMap((count) => (count.stream === stream ? count.file : [])))],
    rejected: rejected.get(stream) ?? 0,
  })
  const named = [...source.streams, ...counts.filter(({ role }) => role === 'joined').map(({ stream }) => stream)]
  const joined = new Map<string, PathInspection[]>(
    named.filter((stream) => !profiles.has(stream)).map((stream) => [stream, []]),
  )
  const main = [...profiles].map(([stream, profile]): StreamInspection => {
    const own: PathInspection[] = []
    for (const path of profile.paths()) {
      const place = joinedPlace(path.path, joined)
      if (place === undefined) own.push(path)
      else joined.get(place.stream)?.push({ ...path, path: place.rest, expression: withinRow(path.expression, place) })
    }
    const { records, morePaths } = profile
    const known = columns?.get(stream)
    return { ...describe(stream), role: 'main', records, paths: withColumns(own, known, records), morePaths }
  })
  // Some types of source have streams that the files at hand do not fill.
  const there = [...joined].filter(
    ([stream, paths]) => paths.length > 0 || counts.some((count) => count.stream === stream),
  )
  const others = there.map(([stream, paths]): StreamInspection => {
    const inside = paths.filter(({ path }) => path !== '')
    // Rows of files carry their line; of others the member that is most often there tells their number.
    const records = Math.max(0, ...inside.map(({ filled }) => filled))
    const shown = inside.filter(({ path }) => path !== ROW_FILE && path !== ROW_LINE)
    const known = columns?.get(stream)
    const role = counts.find((count) => count.stream === stream)?.role ?? 'joined'
    return { ...describe(stream), role, records, paths: withColumns(shown, known, records), morePaths: 0 }
  })
  return [...main, ...others]
}

/** Where a path leads to rows that were joined: the stream, and the path inside its rows. Rows may have rows joined to them. */
function joinedPlace(path: string, joined: ReadonlyMap<string, unknown>): JoinedPlace | undefined {
  const names = path.split('.')
  const beyond = names.findIndex((name) => !joined.has(name.replace(/\[\]$/, '')))
  const length = beyond === -1 ? names.length : beyond
  const stream = names[length - 1]?.replace(/\[\]$/, '')
  return stream === undefined ? undefined : { stream, depth: length, rest: names.slice(length).join('.') }
}

interface JoinedPlace {
  stream: string
  /** How many streams lead there: rows may have rows joined to them. */
  depth: number
  rest: string
}

/** An expression as a mapping writes it that goes through the rows one by one. Names of streams are plain names. */
function withinRow(expression: string | null, { depth }: JoinedPlace): string | null {
  return expression === null ? null : expression.split('.').slice(depth).join('.')
}

/** The paths in the order of the columns, and the columns of which no record has anything. */
function withColumns(
  paths: readonly PathInspection[],
  columns: readonly string[] | undefined,
  of: number,
): PathInspection[] {
  if (columns === undefined) return [...paths]
  const known = columns.map((column) => {
    const path = paths.find((candidate) => candidate.path === column)
    return path ?? { path: column, expression: null, filled: 0, of, types: [], secret: false, shapes: [] }
  })
  return [...known, ...paths.filter(({ path, filled }) => !columns.includes(path) && filled > 0)]
}
