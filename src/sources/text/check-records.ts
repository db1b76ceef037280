import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { ReadContext } from '../source.ts'
import { FileWatch, type SourceFile } from './file.ts'
import type { RecordFile } from './record-file.ts'

/**
 * Bytes on disk that a check reads of each file, so that it ends in acceptable time. Reading the
 * source finds later problems.
 */
const CHECKED_BYTES = 64 * 1024 * 1024

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
 * Checks the beginning of a file: the error that ends its reading, and the first rejection or
 * warning in the first batch. Lines that are too long can be anywhere.
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

/** Limit on reported lines that are too long. */
const MAX_FOUND = 5
