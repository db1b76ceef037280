import type { SnapshotWriter } from '../../../src/sources/snapshot/snapshot.ts'

export const OF = { source: 'directory', identity: { tenant: 'one.example' } }

/**
 * Reads a paged source of two streams, from the writer's cursor. Every row contains the version.
 */
export async function readPages(writer: SnapshotWriter, version: string): Promise<void> {
  for (const [step, pages] of [
    ['people', 2],
    ['groups', 1],
  ] as const) {
    for (let page = Number(writer.cursor(step) ?? 0); page < pages; page++) {
      const rows = Array.from({ length: 3 }, (_, index) => ({ id: `${step}-${page}-${index}`, version }))
      await writer.append(step, rows, { step, cursor: page + 1, done: page === pages - 1 })
    }
  }
}
