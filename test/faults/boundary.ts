/** The places at which a write can be cut off, in order. */
export const WRITE_BOUNDARIES = [
  'before intent',
  'after intent',
  'after send',
  'after answer',
  'before commit',
  'after commit',
] as const

/** Where a process kills itself, and at which visit. */
export interface Boundary {
  at:
    | (typeof WRITE_BOUNDARIES)[number]
    /**
     * Before any call of SQLite: opening and migrating the state, joining, staging, planning, the
     * journal.
     */
    | 'statement'
    | 'half of a file'
    | 'before a rename'
    | 'after a rename'
  count: number
  /** At the boundaries of a write: only writes of this kind count. */
  kind?: 'user'
}
