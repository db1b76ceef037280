import type { Kept } from './passwords/counts.ts'

/** The data of all desired users: plain data, since it can come from another thread. */
export interface GatheredUsers {
  passwords: Kept
  /** Absent: not needed. */
  names?: NamesOrder
  /** Absent: not needed. */
  alike?: Alike
}

/** Which name comes first in the addresses of the first users with both names. */
export interface NamesOrder {
  users: number
  /** Their addresses that show it. */
  straight: number
  swapped: number
  /** One whose names look swapped, for the warning. */
  example: string
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
