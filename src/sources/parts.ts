import type { Reason } from '../diagnostics/problem.ts'
import type { Piece, PieceFound, PieceJoin, SourcePart } from './source.ts'
import type { Numbering } from './text/numbering.ts'
import { type FilePart, type LineRecord, placedRecords } from './text/record-file.ts'

/** How the parts of a main stream relate to its source. */
export interface PartsOf extends Pick<Piece, 'reader' | 'stream' | 'file' | 'users'> {
  joined?: readonly PieceJoin[]
  /** Attaches joined rows to records that no other thread processes. Default: none. */
  attach?(records: LineRecord[], found: PieceFound): LineRecord[] | Promise<LineRecord[]>
  /** Rejects a record that `attach` has rejected. */
  reject?(line: number, problem: Reason): void
  /** Receives what `attach` found, and for pieces what was found next to their rows. */
  settle?(found: PieceFound): void
}

/** Turns the parts of a main stream's file into parts of its source. */
export async function* sourceParts(
  parts: AsyncIterable<FilePart> | Iterable<FilePart>,
  of: PartsOf,
  numbering: Numbering,
): AsyncGenerator<SourcePart> {
  const { stream, file } = of
  for await (const part of parts) {
    if ('step' in part) yield part
    else if ('records' in part) {
      const found = nothingFound()
      const records = (await of.attach?.(part.records, found)) ?? part.records
      yield {
        step() {
          for (const { line, problem } of found.refused) of.reject?.(line, problem)
          of.settle?.(found)
        },
      }
      if (records.length > 0) yield { records: placedRecords(records, { stream, file }, numbering) }
    } else {
      yield {
        piece: pieceOf(part, of, numbering.base),
        settle(found) {
          part.settle(found)
          of.settle?.(found)
        },
      }
    }
  }
}

/** The result of a piece without findings. */
export function nothingFound(): PieceFound {
  return { read: 0, blank: 0, refused: [], left: [], kinds: [], organizations: new Map() }
}

export function pieceOf(
  { cut, table }: Pick<Extract<FilePart, { cut: unknown }>, 'cut' | 'table'>,
  { reader, stream, file, users, joined = [] }: PartsOf,
  base: number,
): Piece {
  const { bytes, line, rows } = cut
  return { reader, stream, file, bytes, line, rows, base, table, joined, ...(users && { users }) }
}
