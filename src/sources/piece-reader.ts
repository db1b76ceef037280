import type { RowRule } from './csv/rows.ts'
import type { JoinedRows } from './join/join-table.ts'
import type { JoinRow, Piece, PieceFound, PieceJoin } from './source.ts'
import type { LineRecord } from './text/record-file.ts'

/** What a kind of source knows about the records of its pieces. */
export interface PieceReader {
  /** The rule for the rows of a stream. */
  rule?(stream: string): RowRule | undefined
  /**
   * Puts to records what is joined to them.
   * @param find the rows of a join
   * @param found told of records that are refused
   * @returns the records without those
   */
  attach?(piece: Piece, records: LineRecord[], find: FindRows, found: PieceFound): LineRecord[] | Promise<LineRecord[]>
  /** The rows of a joined stream with their keys. */
  rows?(piece: Piece, records: LineRecord[], found: PieceFound): JoinRow[] | Promise<JoinRow[]>
}

/** The rows that are joined, ready to be looked up. */
export type FindRows = (join: PieceJoin) => JoinedRows
