import type { Kept } from './passwords/counts.ts'

/** The data of all desired users: plain data, since it can come from another thread. */
export interface GatheredUsers {
  passwords: Kept
  /** The first users with both names. Absent: not needed. */
  named?: Named[]
  /** Absent: not needed. */
  alike?: Alike
}

export interface Named {
  email: string
  first: string
  last: string
}

/** Which addresses of all users can look alike. */
export interface Alike {
  /** Some can look like another one. */
  someAlike: boolean
  /** Some mix letters of two alphabets in one word. */
  someMixed: boolean
  /** A filter of the addresses that can look like another one; all others do not. */
  again: Uint32Array
}
