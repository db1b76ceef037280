import type { SourceConfig } from '../../config/manifest.ts'
import { OperatorError } from '../../diagnostics/errors.ts'
import { sourceFile } from '../csv/file.ts'
import { readText } from '../csv/utf8.ts'
import { linesOf } from '../json/lines.ts'
import { openSource } from '../registry.ts'
import { isRecorded } from '../snapshot/recorded.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Originals } from './originals.ts'

export interface ReadOriginalsOptions {
  directory: string
  /** A private folder that is removed afterwards. */
  scratch: string
  snapshot?: Snapshot
  signal?: AbortSignal
  /** What was read at first: rows of a source that has changed since are not those that are meant. Undefined: nobody knows. */
  digest: string | undefined
}

/** Records that are read at once. */
const CHUNK = 1000

/** A line that is longer is no row, but a document. */
const MAX_LINE_BYTES = 1024 * 1024

/**
 * Reads the source once more for the rows that are wanted.
 * @returns whether it is the source that was read at first; if not, no row is kept
 * @throws as reading a source does
 */
export async function readOriginals<T extends object>(
  config: SourceConfig,
  originals: Originals<T>,
  { digest, ...context }: ReadOriginalsOptions,
): Promise<boolean> {
  const source = await openSource(config, { ...context, reject: () => {}, warn: () => {}, tap: originals })
  for await (const records of source.read(CHUNK)) for (const record of records) originals.meet(record)
  if (source.digest() !== digest) {
    originals.forgetRows()
    return false
  }
  originals.settle()
  // The files of a recording may be others by now.
  if (context.snapshot !== undefined && isRecorded(context.snapshot)) return true
  for (const [file, lines] of originals.unsettled()) await readLines(file, lines, context.directory, originals)
  return true
}

/** Lines that cannot be taken apart, as far as they are there: the places of what an API answered are no files. */
async function readLines<T extends object>(
  name: string,
  wanted: readonly number[],
  directory: string,
  originals: Originals<T>,
): Promise<void> {
  const lines = new Set(wanted.filter((line) => line > 0))
  try {
    const text = readText(sourceFile(name, directory), { onNul: () => {} })
    for await (const batch of linesOf(text, MAX_LINE_BYTES)) {
      for (const { line, content } of batch) {
        if (content !== undefined && lines.delete(line)) originals.takeText(name, line, content)
      }
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
  }
}
