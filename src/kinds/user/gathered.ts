import type { Kept } from './passwords/counts.ts'

/** What is gathered of all desired users: plain data, since it may come from another thread. */
export interface GatheredUsers {
  /** How their passwords are hashed. */
  passwords: Kept
  /** The first ones with both names. Absent: nobody asks. */
  named?: Named[]
  /** Absent: nobody asks. */
  alike?: Alike
}

export interface Named {
  email: string
  first: string
  last: string
}

/** Which addresses of all users may look alike. */
export interface Alike {
  /** Some may look like another one. */
  someAlike: boolean
  /** Some have letters of two alphabets in one word. */
  someMixed: boolean
  /** The filter of those that may look like another one: the others do not. */
  again: Uint32Array
}
