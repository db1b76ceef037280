/**
 * Cuts a text into pieces of whole records without taking it apart. In: the text, and a scanner
 * that knows where records of its format end. Out: cuts, which any thread can take apart, and what
 * the scanner is not sure of.
 */

import { chain } from './bytes.ts'

/** Whole records of a file. */
export interface Cut {
  /** In memory of their own: they may be given to another thread. */
  bytes: Uint8Array<ArrayBuffer>
  /** Line on which they begin. */
  line: number
  /** How many records there are, blank lines left out. */
  rows: number
  /** Line on which the last of them begins; 0 where there are blank lines alone. */
  lastLine: number
}

/** Where it is unclear how records end: the parser tells. */
export interface Unsure {
  /** The text from the beginning of the record on that is unclear. */
  text: AsyncGenerator<Buffer>
  /** Line on which that is. */
  line: number
}

/** Looks for the ends of records, chunk after chunk. */
export interface Scanner {
  /**
   * Where the last record of the cut ended, and on which line: what comes after it may be unclear.
   */
  readonly sure: number
  readonly sureLine: number
  readonly isUnsure: boolean
  readonly isFull: boolean
  /**
   * Goes on until the cut has so many records, the bytes end or something is unclear.
   * @returns the position behind what was scanned
   */
  scan(chunk: Buffer, from: number, rows: number): number
  /** The text has ended. @returns whether its last record is clear */
  finish(): boolean
  /** What was scanned up to the last record is a cut; the next begins. */
  take(): Omit<Cut, 'bytes'>
}

/** Bytes after which a cut ends, however few records it has. */
export const MAX_CUT = 1024 * 1024

/**
 * Yields cuts in the order of the text; returns what it is not sure of, undefined when it came to
 * the end. What is sure before a text breaks off comes out first.
 * @param size records of the next cut
 */
export async function* cutRecords(
  text: AsyncGenerator<Buffer>,
  scanner: Scanner,
  size: () => number,
): AsyncGenerator<Cut, Unsure | undefined> {
  /** What the next cut is made of, up to the chunk that is scanned. */
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
