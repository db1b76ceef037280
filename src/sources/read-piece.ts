/**
 * Extracts the records of a piece, in any thread. In: a piece from `Source.parts`. Out: its records
 * with their joined rows, or the rows of a joined stream by key, and what else was found. Each type
 * of source has a reader with its rules.
 */

import { RowReader } from './csv/rows.ts'
import { loadParser, splitCut } from './csv/split.ts'
import { JoinedRows } from './join/join-table.ts'
import { recordsInCut } from './json/lines.ts'
import { nothingFound } from './parts.ts'
import type { PieceReader } from './piece-reader.ts'
import type { JoinRow, Piece, PieceFound, PieceJoin, SourceRecord } from './source.ts'
import type { LineRecord } from './text/record-file.ts'

const readers: Readonly<Record<Piece['reader'], () => Promise<PieceReader>>> = {
  rows: async () => (await import('./csv/role-files.ts')).rowsReader,
  clerk: async () => (await import('./clerk/records/from-files.ts')).clerkReader,
  file: async () => (await import('./join/joined-stream.ts')).joinReader,
  auth0: async () => (await import('./auth0/records/from-files.ts')).auth0Reader,
}

/** Loads every reader at once: a thread that can end at any time must not load later. */
export async function loadReaders(): Promise<void> {
  await Promise.all([...Object.values(readers).map((load) => load()), loadParser()])
}

export async function readPiece(piece: Piece): Promise<{ records: SourceRecord[]; found: PieceFound }> {
  const { records, found } = await attached(piece, await readers[piece.reader]())
  const { stream, file, base } = piece
  return {
    records: records.map(({ line, data }) => ({ seq: base + line, stream, origin: { file, line }, data })),
    found,
  }
}

export async function readRows(piece: Piece): Promise<{ rows: JoinRow[]; found: PieceFound }> {
  const reader = await readers[piece.reader]()
  const { records, found } = await attached(piece, reader)
  return { rows: (await reader.rows?.(piece, records, found)) ?? [], found }
}

async function attached(piece: Piece, reader: PieceReader): Promise<{ records: LineRecord[]; found: PieceFound }> {
  const { table } = piece
  let nuls = 0
  const onNul = (count: number) => {
    nuls += count
  }
  const read =
    table === undefined
      ? recordsInCut(piece, onNul)
      : new RowReader(table, reader.rule?.(piece.stream)).read(await splitCut(piece, table, onNul))
  const found: PieceFound = { ...nothingFound(), ...read.found, nuls }
  const records = (await reader.attach?.(piece, read.records, find, found)) ?? read.records
  return { records, found }
}

/** Open tables per thread. */
const MAX_OPEN = 32

const open = new Map<string, JoinedRows>()

function find({ table }: PieceJoin): JoinedRows {
  const known = open.get(table.path)
  if (known !== undefined) return known
  const [oldest] = open
  if (open.size >= MAX_OPEN && oldest !== undefined) {
    oldest[1].close()
    open.delete(oldest[0])
  }
  const rows = JoinedRows.open(table)
  open.set(table.path, rows)
  return rows
}
