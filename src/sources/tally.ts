import { ColumnsSeen, type StreamColumns } from './columns-seen.ts'
import type { SourceRecord } from './source.ts'
import { type NullsFound, WrittenNulls } from './text/written-nulls.ts'

/** Names of the columns of each stream that the mapping reads. */
export type ColumnsRead = ReadonlyMap<string, ReadonlySet<string> | 'all'>

/** What some records hold: plain data. */
export interface Tally {
  columns: ReadonlyMap<string, StreamColumns>
  nulls: NullsFound
}

/** Counts what the records of a source hold, over any number of them in the same memory. */
export class RecordTally {
  readonly columns: ColumnsSeen
  readonly nulls: WrittenNulls

  /** @param isPart it counts a part of the records, for `merge`: such a part has an end */
  constructor(read: ColumnsRead, isPart = false) {
    const max = isPart ? Number.POSITIVE_INFINITY : undefined
    this.columns = new ColumnsSeen(max)
    this.nulls = new WrittenNulls((stream) => read.get(stream) ?? NO_COLUMNS, max)
  }

  add(records: readonly SourceRecord[]): void {
    for (const record of records) {
      this.nulls.add(record)
      this.columns.add(record)
    }
  }

  /** Adds what was counted in the records that come next. */
  merge({ columns, nulls }: Tally): void {
    this.columns.merge(columns)
    this.nulls.merge(nulls)
  }
}

/** Counts what a part of the records holds. */
export function tallyOf(records: readonly SourceRecord[], read: ColumnsRead): Tally {
  const tally = new RecordTally(read, true)
  tally.add(records)
  return { columns: tally.columns.streams(), nulls: tally.nulls.counted() }
}

const NO_COLUMNS: ReadonlySet<string> = new Set()
