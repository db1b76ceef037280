/**
 * Inspects a source. In: a source, and how much of it to read. Out: an Inspection with the paths of
 * each stream (profile.ts) and facts about users (findings.ts, person.ts). It contains no personal
 * or secret value (sensitivity.ts).
 */
import type { Step } from '../diagnostics/step.ts'
import type { JsonObject } from '../json.ts'
import { type RejectedRecord, ROW_FILE, ROW_LINE, type Source, type SourceRecord } from '../sources/source.ts'
import { type WrittenNull, WrittenNulls } from '../sources/text/written-nulls.ts'
import { Findings, Tally } from './findings.ts'
import type { Inspection, PathInspection, StreamInspection } from './inspection.ts'
import { Profile } from './profile.ts'
import { shownName } from './sensitivity.ts'

const NO_COLUMNS: ReadonlySet<string> = new Set()

/** Records per read. */
const CHUNK = 1000

export interface InspectOptions {
  /** `source.type`. */
  type: string
  /** Opens the source. Rejected records go to the callback. */
  open(reject: (record: RejectedRecord) => void): Promise<Source>
  /**
   * Maximum number of records to read from the main stream, and to profile from other streams.
   * Infinity: all.
   */
  limit: number
  /** A private temporary folder. */
  scratch: string
  /** Selects records of the main stream. Default: all. */
  isMeant?: (record: JsonObject) => boolean
  /** Known columns by stream, in file order. Records omit columns that are always empty. */
  columns?: ReadonlyMap<string, readonly string[]>
  /** Column names that the mapping reads, if there is a mapping. */
  columnsRead?: (streams: readonly string[]) => ReadonlyMap<string, ReadonlySet<string> | 'all'>
  onProgress?: (step: Step) => void
}

/**
 * Reads the beginning of a source, or all of it. Memory use does not grow with the number of
 * records.
 * @throws the errors of the source
 */
export async function inspectSource(options: InspectOptions): Promise<Inspection> {
  const { type, limit, scratch, onProgress = () => {} } = options
  const rejected = new Map<string, number>()
  const source = await options.open(({ stream }) => rejected.set(stream, (rejected.get(stream) ?? 0) + 1))
  const main = source.streams[0] ?? ''
  const profiles = new Map<string, Profile>()
  const tally = new Tally(scratch)
  const findings = new Findings(tally)
  const read = options.columnsRead?.(source.streams)
  const nulls = new WrittenNulls(read && ((stream) => read.get(stream) ?? NO_COLUMNS))
  let records = 0
  let complete = false

  const add = (record: SourceRecord) => {
    const profile = profiles.get(record.stream) ?? new Profile()
    profiles.set(record.stream, profile)
    if (profile.records < limit) profile.add(record.data)
    if (record.stream === main) findings.add(record.data)
    nulls.add(record)
  }

  onProgress({ phase: 'reading the source' })
  try {
    if (limit > 0) {
      // Reads one more record than the limit, to find out whether there are more.
      const chunkSize = Math.min(CHUNK, limit + 1)
      complete = true
      reading: for await (const chunk of source.read(chunkSize)) {
        for (const record of chunk) {
          if (record.stream === main && options.isMeant?.(record.data) === false) continue
          if (record.stream === main && profiles.get(main)?.records === limit) {
            complete = false
            break reading
          }
          records++
          add(record)
        }
        onProgress({ phase: 'reading the source', done: records, unit: 'records' })
      }
    }
    const streams = streamsOf(source, { columns: options.columns, profiles, rejected })
    return { type, complete, records, streams, people: findings.result(), writtenNulls: nulls.found().map(shown) }
  } finally {
    tally.close()
  }
}

/** Masks column names that look like data, because a file can lack its header. */
function shown(found: WrittenNull): WrittenNull {
  return { ...found, column: found.column.split('.').map(shownName).join('.') }
}

interface Seen {
  /** See InspectOptions. */
  columns: ReadonlyMap<string, readonly string[]> | undefined
  /** By main stream. */
  profiles: ReadonlyMap<string, Profile>
  /** Rejected records by stream. */
  rejected: ReadonlyMap<string, number>
}

/** Describes each stream. Joined streams are known only from the rows in main records. */
function streamsOf(source: Source, { columns, profiles, rejected }: Seen): StreamInspection[] {
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
  // Omits streams without rows that the source's files do not contain.
  const there = [...joined].filter(
    ([stream, paths]) => paths.length > 0 || counts.some((count) => count.stream === stream),
  )
  const others = there.map(([stream, paths]): StreamInspection => {
    const inside = paths.filter(({ path }) => path !== '')
    // Rows of files have a line number. For other rows, the most frequent member gives the count.
    const records = Math.max(0, ...inside.map(({ filled }) => filled))
    const shown = inside.filter(({ path }) => path !== ROW_FILE && path !== ROW_LINE)
    const known = columns?.get(stream)
    const role = counts.find((count) => count.stream === stream)?.role ?? 'joined'
    return { ...describe(stream), role, records, paths: withColumns(shown, known, records), morePaths: 0 }
  })
  return [...main, ...others]
}

/**
 * The stream of joined rows that a path leads to, and the path inside those rows. Joined rows can
 * contain joined rows.
 */
function joinedPlace(path: string, joined: ReadonlyMap<string, unknown>): JoinedPlace | undefined {
  const names = path.split('.')
  const beyond = names.findIndex((name) => !joined.has(name.replace(/\[\]$/, '')))
  const length = beyond === -1 ? names.length : beyond
  const stream = names[length - 1]?.replace(/\[\]$/, '')
  return stream === undefined ? undefined : { stream, depth: length, rest: names.slice(length).join('.') }
}

interface JoinedPlace {
  stream: string
  /** Number of nested streams. */
  depth: number
  rest: string
}

/** The expression relative to one row, for a mapping with `each`. Stream names need no quotes. */
function withinRow(expression: string | null, { depth }: JoinedPlace): string | null {
  return expression === null ? null : expression.split('.').slice(depth).join('.')
}

/** The paths in column order, including columns that are always empty. */
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
