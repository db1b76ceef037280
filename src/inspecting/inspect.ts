import { type RejectedRecord, ROW_FILE, ROW_LINE, type Source, type SourceRecord } from '../sources/source.ts'
import { Findings } from './findings.ts'
import type { Inspection, PathInspection, StreamInspection } from './inspection.ts'
import { Profile } from './profile.ts'
import { Tally } from './tally.ts'

/** How many records are asked for at once. */
const CHUNK = 1000

export interface InspectOptions {
  /** `source.type`. */
  type: string
  /** Opens the source; what it rejects goes to the function. */
  open(reject: (record: RejectedRecord) => void): Source
  /** Main records to read at most. Infinity: all. */
  limit: number
  /** A private folder that is removed afterwards. */
  scratch: string
  /** Columns by stream in the order of their file, where that is known: those that are empty throughout are not in the records. */
  columns?: ReadonlyMap<string, readonly string[]>
  onProgress?: (message: string) => void
}

/**
 * Reads the head of a source, or all of it, and tells what is there. The memory it takes does not grow with what it reads.
 * @throws as the source does
 */
export async function inspectSource(options: InspectOptions): Promise<Inspection> {
  const { type, limit, scratch, onProgress = () => {} } = options
  const rejected = new Map<string, number>()
  const source = options.open(({ stream }) => rejected.set(stream, (rejected.get(stream) ?? 0) + 1))
  const main = source.streams[0] ?? ''
  const profiles = new Map<string, Profile>()
  const tally = new Tally(scratch)
  const findings = new Findings(tally)
  let records = 0
  let complete = false

  const add = (record: SourceRecord) => {
    const profile = profiles.get(record.stream) ?? new Profile()
    profiles.set(record.stream, profile)
    profile.add(record.data)
    if (record.stream === main) findings.add(record.data)
  }

  try {
    if (limit > 0) {
      // One more than asked for, to know whether that was all.
      const chunkSize = Math.min(CHUNK, limit + 1)
      complete = true
      reading: for await (const chunk of source.read(chunkSize)) {
        for (const record of chunk) {
          if (records >= limit) {
            complete = false
            break reading
          }
          records++
          add(record)
        }
        onProgress(`reading the source: ${records} records`)
      }
    }
    const streams = streamsOf(source, options, profiles, rejected)
    return { type, complete, records, streams, people: findings.result() }
  } finally {
    tally.close()
  }
}

function streamsOf(
  source: Source,
  options: InspectOptions,
  profiles: ReadonlyMap<string, Profile>,
  rejected: ReadonlyMap<string, number>,
): StreamInspection[] {
  const counts = source.counts()
  const describe = (stream: string) => ({
    stream,
    files: [...new Set(counts.flatMap((count) => (count.stream === stream ? count.file : [])))],
    rejected: rejected.get(stream) ?? 0,
  })
  const joined = new Map<string, PathInspection[]>(
    source.streams.filter((stream) => !profiles.has(stream)).map((stream) => [stream, []]),
  )
  const main = [...profiles].map(([stream, profile]): StreamInspection => {
    const own: PathInspection[] = []
    for (const path of profile.paths()) {
      const place = joinedPlace(path.path, joined)
      if (place === undefined) own.push(path)
      else joined.get(place.stream)?.push({ ...path, path: place.rest, expression: withinRow(path.expression, place) })
    }
    const { records, morePaths } = profile
    const known = options.columns?.get(stream)
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
    const known = options.columns?.get(stream)
    return { ...describe(stream), role: 'joined', records, paths: withColumns(shown, known, records), morePaths: 0 }
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
