import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { ReadContext } from '../source.ts'
import { FileWatch, type SourceFile } from './file.ts'
import type { RecordFile } from './record-file.ts'

/**
 * Bytes on disk of each file that a check reads: what a person waits for. Reading the source finds
 * what stands behind them.
 */
const CHECKED_BYTES = 64 * 1024 * 1024

/** Whether a check has read enough of a file. */
export class CheckedBytes {
  #read = 0
  readonly watch = new FileWatch((read) => {
    this.#read = read
  })

  get isEnough(): boolean {
    return this.#read >= CHECKED_BYTES
  }

  async begin(file: SourceFile): Promise<void> {
    await this.watch.begin([file])
  }
}

/**
 * What a reading of the beginning of a file finds: why it ends, and of what it refuses and warns of
 * the first in its first batch. A record that is too long may stand anywhere.
 */
export async function checkRecords(
  file: SourceFile,
  directory: string,
  open: (context: ReadContext) => RecordFile,
): Promise<Problem[]> {
  const bytes = new CheckedBytes()
  await bytes.begin(file)
  const found: Problem[] = []
  let isFirst = true
  const add = (problem: Problem) => {
    if ((isFirst && found.length === 0) || problem.code === 'line_too_long') found.push(problem)
  }
  const reader = open({
    directory,
    scratch: directory,
    watch: bytes.watch,
    warn: add,
    reject: ({ problem }) => add({ ...problem, severity: 'warning' }),
  })
  const records = reader.records()
  try {
    for (let next = await records.next(); !next.done && !bytes.isEnough; next = await records.next()) isFirst = false
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    found.push(...error.problems)
  } finally {
    await records.return(undefined)
  }
  return found.slice(0, MAX_FOUND)
}

/** Lines that are too long may be many. */
const MAX_FOUND = 5
