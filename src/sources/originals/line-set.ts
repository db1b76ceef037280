/** Lines of files: one bit for each line up to the last one, however many there are. */
export class LineSet {
  readonly #files = new Map<string, Uint8Array>()

  add(file: string, line: number): void {
    let bits = this.#files.get(file) ?? new Uint8Array(64)
    const byte = line >> 3
    if (byte >= bits.length) {
      const longer = new Uint8Array(Math.max(byte + 1, bits.length * 2))
      longer.set(bits)
      bits = longer
    }
    bits[byte] = (bits[byte] ?? 0) | (1 << (line & 7))
    this.#files.set(file, bits)
  }

  has(file: string, line: number): boolean {
    const byte = this.#files.get(file)?.[line >> 3]
    return byte !== undefined && (byte & (1 << (line & 7))) !== 0
  }
}
