import { join } from 'node:path'
import type { SourceConfig } from '../../src/config/manifest.ts'
import type { Problem } from '../../src/diagnostics/problem.ts'
import { InOrder } from '../../src/sources/in-order.ts'
import { JoinTable } from '../../src/sources/join/join-table.ts'
import { readPiece, readRows } from '../../src/sources/read-piece.ts'
import { openSource } from '../../src/sources/registry.ts'
import type { RejectedRecord, SourcePart, SourceRecord, Threads } from '../../src/sources/source.ts'
import type { Reading } from './reading.ts'

/** Reads the pieces of a source in this thread, and settles them as late as possible. */
export async function readInParts(config: SourceConfig, directory: string, size = 1000): Promise<Reading> {
  const rejected: RejectedRecord[] = []
  const warnings: Problem[] = []
  const source = await openSource(config, {
    directory,
    scratch: join(directory, 'scratch'),
    reject: (record) => rejected.push(record),
    warn: (problem) => warnings.push(problem),
    partsFrom: 0,
  })
  if (source.parts === undefined) throw new Error('the source has no parts')
  const records: SourceRecord[] = []
  const chunks: number[] = []
  const order = new InOrder()
  const late: (() => void)[] = []
  const settleAll = () => {
    for (const step of late.splice(0)) step()
  }
  const take = async (parts: AsyncIterable<SourcePart>): Promise<void> => {
    for await (const part of parts) {
      if ('records' in part) {
        records.push(...part.records)
        chunks.push(part.records.length)
      } else if ('step' in part) order.take()(() => part.step())
      else if ('piece' in part) {
        const settle = order.take()
        const read = await readPiece(structuredClone(part.piece))
        records.push(...read.records)
        chunks.push(read.records.length)
        late.unshift(() => settle(() => part.settle(structuredClone(read.found))))
        if (late.length === 3) settleAll()
      } else {
        settleAll()
        await take(part.afterwards())
      }
    }
  }
  try {
    await take(source.parts(size, threads))
  } finally {
    settleAll()
  }
  return { records, chunks, rejected, warnings, counts: source.counts(), digest: source.digest() }
}

const threads: Threads = {
  async load({ folder, name, file }, parts) {
    const table = new JoinTable(folder, name, file)
    for await (const part of parts) {
      if ('rows' in part) table.load(part.rows)
      else if ('step' in part) part.step()
      else {
        const { rows, found } = await readRows(structuredClone(part.piece))
        table.load(rows)
        part.settle(found)
      }
    }
    const rows = table.finish()
    table.close()
    return rows
  },
}
