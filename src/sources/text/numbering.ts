/**
 * The positions of records: see SourceRecord.seq. One of a file of CSV follows from its line, so
 * that whoever takes records out of a part of the file can tell it. Any other has the next.
 */
export class Numbering {
  #base = NO_FILE
  #next = 0

  /** The position of a record on line 0 of the file that is read: those on the others follow. */
  get base(): number {
    return this.#base
  }

  /** The position of the next record. */
  of(line: number): number {
    const seq = Math.max(this.#next, this.#base + line)
    this.#next = seq + 1
    return seq
  }

  /**
   * A file begins whose records have the positions of their lines. @param line where the first of
   * them may be
   */
  beginFile(line: number): void {
    this.#base = this.#next - line
  }

  /** It ends. @param line on which its last record begins, good or bad */
  endFile(line: number): void {
    this.past(this.#base + line)
    this.#base = NO_FILE
  }

  /** Everything up to this position is taken. */
  past(seq: number): void {
    this.#next = Math.max(this.#next, seq + 1)
  }
}

const NO_FILE = Number.NEGATIVE_INFINITY
