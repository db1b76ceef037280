/** Turns offsets in a text that comes in chunks into lines and columns. Offsets may only grow. */
export class Position {
  #chunk: Buffer = Buffer.alloc(0)
  /** Offset of the chunk in the text. */
  #base = 0
  #line = 1
  /** Where in the chunk the line starts that was counted last; characters of it that stand before the chunk. */
  #lineStart = 0
  #before = 0

  /** Offset behind the chunk. */
  get end(): number {
    return this.#base + this.#chunk.length
  }

  /** Goes on with the next chunk of the text. */
  next(chunk: Buffer): void {
    this.#count(this.#chunk.length)
    this.#before += this.#chunk.toString('utf8', this.#lineStart).length
    this.#base = this.end
    this.#chunk = chunk
    this.#lineStart = 0
  }

  /** Line of an offset in this chunk, from 1; of one before it, the line of the chunk's start. */
  line(offset: number): number {
    this.#count(offset - this.#base)
    return this.#line
  }

  /** Line and column of an offset in this chunk, in characters from 1. */
  at(offset: number): { line: number; column: number } {
    const line = this.line(offset)
    return {
      line,
      column: this.#before + this.#chunk.toString('utf8', this.#lineStart, offset - this.#base).length + 1,
    }
  }

  #count(to: number): void {
    for (;;) {
      const found = this.#chunk.indexOf(0x0a, this.#lineStart)
      if (found === -1 || found >= to) return
      this.#line++
      this.#lineStart = found + 1
      this.#before = 0
    }
  }
}
