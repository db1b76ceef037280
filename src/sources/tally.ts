import { ColumnsSeen, type StreamColumns } from './columns-seen.ts'
import type { SourceRecord } from './source.ts'
import { type NullsFound, WrittenNulls } from './text/written-nulls.ts'

/** The columns of each stream that the mapping reads. */
export type ColumnsRead = ReadonlyMap<string, ReadonlySet<string> | 'all'>

/** Counts over some records: plain data. */
export interface Tally {
  columns: ReadonlyMap<string, StreamColumns>
  nulls: NullsFound
}

/** Counts over the records of a source, in bounded memory. */
export class RecordTally {
  readonly columns: ColumnsSeen
  readonly nulls: WrittenNulls

  /**
   * @param isPart true for a part of the records, which `merge` adds later and which needs no limit
   */
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

  /** Adds the counts of the records that follow. */
  merge({ columns, nulls }: Tally): void {
    this.columns.merge(columns)
    this.nulls.merge(nulls)
  }
}

export function tallyOf(records: readonly SourceRecord[], read: ColumnsRead): Tally {
  const tally = new RecordTally(read, true)
  tally.add(records)
  return { columns: tally.columns.streams(), nulls: tally.nulls.counted() }
}

const NO_COLUMNS: ReadonlySet<string> = new Set()
