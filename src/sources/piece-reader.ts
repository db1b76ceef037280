import type { RowRule } from './csv/rows.ts'
import type { JoinedRows } from './join/join-table.ts'
import type { JoinRow, Piece, PieceFound, PieceJoin } from './source.ts'
import type { LineRecord } from './text/record-file.ts'

/** The rules of one type of source for the records of its pieces. */
export interface PieceReader {
  rule?(stream: string): RowRule | undefined
  /**
   * Attaches joined rows to records.
   * @param find the rows of a join
   * @param found collects rejected records
   * @returns the other records
   */
  attach?(piece: Piece, records: LineRecord[], find: FindRows, found: PieceFound): LineRecord[] | Promise<LineRecord[]>
  rows?(piece: Piece, records: LineRecord[], found: PieceFound): JoinRow[] | Promise<JoinRow[]>
}

export type FindRows = (join: PieceJoin) => JoinedRows
