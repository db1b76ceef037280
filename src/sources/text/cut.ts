/**
 * Cuts a text into pieces of whole records without parsing it. In: the text, and a scanner that
 * knows where records of its format end. Out: cuts, which any thread can parse, and the rest where
 * the scanner is not sure.
 */

import { chain } from './bytes.ts'

/** Whole records of a file. */
export interface Cut {
  /** Has its own memory, so that another thread can take it. */
  bytes: Uint8Array<ArrayBuffer>
  /** Line on which they begin. */
  line: number
  /** Number of records, without blank lines. */
  rows: number
  /** First line of the last record. 0: only blank lines. */
  lastLine: number
}

/** The rest of a text, if the ends of records are unclear. It goes to the parser. */
export interface Unsure {
  /** The text from the beginning of the unclear record. */
  text: AsyncGenerator<Buffer>
  /** First line of the unclear record. */
  line: number
}

/** Finds the ends of records, chunk after chunk. */
export interface Scanner {
  /** End and line of the last certain record of the cut. */
  readonly sure: number
  readonly sureLine: number
  readonly isUnsure: boolean
  readonly isFull: boolean
  /**
   * Continues until the cut has enough records, the bytes end or something is unclear.
   * @returns the position after the scanned bytes
   */
  scan(chunk: Buffer, from: number, rows: number): number
  /** Ends the text. @returns whether its last record is clear */
  finish(): boolean
  /** Ends the cut after the last certain record, and begins the next. */
  take(): Omit<Cut, 'bytes'>
}

/** Maximum size of a cut in bytes, for any number of records. */
export const MAX_CUT = 1024 * 1024

/**
 * Yields cuts in the order of the text. Yields certain cuts even if the text ends with an error.
 * @param size maximum number of records in the next cut
 * @returns the unclear rest; undefined at the end of the text
 */
export async function* cutRecords(
  text: AsyncGenerator<Buffer>,
  scanner: Scanner,
  size: () => number,
): AsyncGenerator<Cut, Unsure | undefined> {
  /** Scanned bytes of the next cut. */
  let held: Buffer[] = []
  let rows = size()
  for (;;) {
    const next = await text.next().catch((error: unknown) => ({ error }))
    if ('error' in next) {
      const { whole } = divide(held, scanner.sure)
      if (whole.length > 0) yield cutOf(scanner, whole)
      throw next.error
    }
    if (next.done) break
    const chunk = next.value
    let from = 0
    while (from < chunk.length) {
      const end = scanner.scan(chunk, from, rows)
      held.push(chunk.subarray(from, end))
      from = end
      if (scanner.isUnsure) {
        const { whole, broken } = divide(held, scanner.sure)
        if (whole.length > 0) yield cutOf(scanner, whole)
        return { text: chain(Buffer.concat([broken, chunk.subarray(from)]), text), line: scanner.sureLine }
      }
      if (!scanner.isFull) continue
      yield cutOf(scanner, held)
      held = []
      rows = size()
    }
  }
  if (scanner.finish()) {
    if (held.length > 0) yield cutOf(scanner, held)
    return undefined
  }
  const { whole, broken } = divide(held, scanner.sure)
  if (whole.length > 0) yield cutOf(scanner, whole)
  return { text: chain(broken, text), line: scanner.sureLine }
}

function cutOf(scanner: Scanner, parts: readonly Buffer[]): Cut {
  return { bytes: joined(parts), ...scanner.take() }
}

function divide(held: readonly Buffer[], at: number): { whole: Buffer[]; broken: Buffer } {
  const bytes = Buffer.concat(held)
  return { whole: at === 0 ? [] : [bytes.subarray(0, at)], broken: bytes.subarray(at) }
}

function joined(parts: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
