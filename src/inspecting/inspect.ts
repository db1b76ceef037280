import type { Step } from '../diagnostics/step.ts'
import type { RejectedRecord, Source, SourceRecord } from '../sources/source.ts'
import { type WrittenNull, WrittenNulls } from '../sources/text/written-nulls.ts'
import { Findings } from './findings.ts'
import type { Inspection } from './inspection.ts'
import { shownName } from './mask.ts'
import { Profile } from './profile.ts'
import { streamsOf } from './streams.ts'
import { Tally } from './tally.ts'

const NO_COLUMNS: ReadonlySet<string> = new Set()

/** How many records are asked for at once. */
const CHUNK = 1000

export interface InspectOptions {
  /** `source.type`. */
  type: string
  /** Opens the source; what it rejects goes to the function. */
  open(reject: (record: RejectedRecord) => void): Promise<Source>
  /** Records of the main stream to read at most; of other streams as many are looked into. Infinity: all. */
  limit: number
  /** A private folder that is removed afterwards. */
  scratch: string
  /** Columns by stream in the order of their file, where that is known: those that are empty throughout are not in the records. */
  columns?: ReadonlyMap<string, readonly string[]>
  /** Names of the columns that the mapping reads, where there is one, for the streams of the source. */
  columnsRead?: (streams: readonly string[]) => ReadonlyMap<string, ReadonlySet<string> | 'all'>
  onProgress?: (step: Step) => void
}

/**
 * Reads the head of a source, or all of it, and tells what is there. The memory it takes does not grow with what it reads.
 * @throws as the source does
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
      // One more than asked for, to know whether that was all.
      const chunkSize = Math.min(CHUNK, limit + 1)
      complete = true
      reading: for await (const chunk of source.read(chunkSize)) {
        for (const record of chunk) {
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

/** A name of a column that looks like data is masked: a file may lack its header. */
function shown(found: WrittenNull): WrittenNull {
  return { ...found, column: found.column.split('.').map(shownName).join('.') }
}
