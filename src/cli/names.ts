import { basename } from 'node:path'

/**
 * The names that the package installs the program under. The package @workos/migrations installs
 * another program as `workos-migrate`: the second name is for machines that have both.
 */
export const PROGRAM_NAMES = ['workos-migrate', 'workos-declare'] as const
export type ProgramName = (typeof PROGRAM_NAMES)[number]

const [FIRST] = PROGRAM_NAMES

/**
 * The first name in a command line or by itself. No part of a path, of a file name or of another
 * word is meant.
 */
const MENTIONED = new RegExp(`(?<![\\w@./-])${FIRST}(?=[\\s\`'")]|$)`, 'g')

/**
 * The name that the program was called by. @param script what Node.js runs: a link of that name, or
 * the program's own file
 */
export function calledAs(script: string | undefined): ProgramName {
  const called = script === undefined ? undefined : basename(script)
  return PROGRAM_NAMES.find((name) => name === called) ?? FIRST
}

/** The program's own words, with the command lines in them under the name that it was called by. */
export function underName(name: ProgramName, text: string): string {
  return name === FIRST ? text : text.replaceAll(MENTIONED, name)
}
