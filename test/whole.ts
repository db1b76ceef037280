/** Whether matrices run in full (`npm run test:all`) or in short form (`npm test`). */
export const WHOLE = process.env.TESTS === 'all'

/** All cases of a matrix, or those at the positions `short` in the short form. */
export function cases<Case>(all: readonly Case[], short: readonly number[]): readonly Case[] {
  return WHOLE ? all : all.filter((_, position) => short.includes(position))
}
