/** Copies of the state: `known` for planning, `applied` for verifying. */

/** The tables that copies of the state are in, for planning and for verifying. */
export type StateCopy = 'known' | 'applied'

/** Whether a row `k` of the state is out of scope. */
export const BEYOND = 'EXISTS (SELECT 1 FROM beyond b WHERE b.kind = k.kind AND b.key = k.key)'
