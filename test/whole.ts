/**
 * Whether matrices run whole, as `npm run test:all` runs them, or in the short form of `npm test`.
 */
export const WHOLE = process.env.TESTS === 'all'

/** The cases of a matrix, and of a short form of it those at these positions. */
export function cases<Case>(all: readonly Case[], short: readonly number[]): readonly Case[] {
  return WHOLE ? all : all.filter((_, position) => short.includes(position))
}
