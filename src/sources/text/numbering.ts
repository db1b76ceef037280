/**
 * Assigns the positions of records: see SourceRecord.seq. In files that are cut, the position
 * follows from the line, so that any thread can compute it. Other records have the next position.
 */
export class Numbering {
  #base = NO_FILE
  #next = 0

  /** The position of a record on line 0 of the current file. */
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
   * Begins a file whose records have the positions of their lines. @param line first possible line
   * of a record
   */
  beginFile(line: number): void {
    this.#base = this.#next - line
  }

  /** Ends the file. @param line on which its last record begins, good or bad */
  endFile(line: number): void {
    this.past(this.#base + line)
    this.#base = NO_FILE
  }

  /** Marks all positions up to this one as used. */
  past(seq: number): void {
    this.#next = Math.max(this.#next, seq + 1)
  }
}

const NO_FILE = Number.NEGATIVE_INFINITY
