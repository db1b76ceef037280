/** How far a piece of work is, as whoever does it tells. */
export interface Step {
  /** What is being done: `reading the source`. */
  phase: string
  /** How much of it is done. */
  done?: number
  /** How much there is, where that is known. */
  total?: number
  /** What is counted: `records`. */
  unit?: string
  /**
   * The part that is done, from 0 to 1, where it is known by something else than the count: by the
   * size of files.
   */
  share?: number
}
