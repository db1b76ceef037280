/** The progress of a piece of work. */
export interface Step {
  /** The activity: `reading the source`. */
  phase: string
  done?: number
  /** Undefined if not known. */
  total?: number
  /** The unit of the count: `records`. */
  unit?: string
  /** The completed share, from 0 to 1, if it is known by something else, such as file sizes. */
  share?: number
}
