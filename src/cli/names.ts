import { basename } from 'node:path'

/**
 * The names of the installed program. The package @workos/migrations also installs a
 * `workos-migrate`; use the second name on machines with both.
 */
export const PROGRAM_NAMES = ['workos-migrate', 'workos-declare'] as const
export type ProgramName = (typeof PROGRAM_NAMES)[number]

const [FIRST] = PROGRAM_NAMES

/** The first name as a separate word, not as part of a path, a file name or another word. */
const MENTIONED = new RegExp(`(?<![\\w@./-])${FIRST}(?=[\\s\`'")]|$)`, 'g')

/**
 * The name that the program was called by. @param script the link or file that Node.js runs
 */
export function calledAs(script: string | undefined): ProgramName {
  const called = script === undefined ? undefined : basename(script)
  return PROGRAM_NAMES.find((name) => name === called) ?? FIRST
}

/** The text, with the program called by this name in its command lines. */
export function underName(name: ProgramName, text: string): string {
  return name === FIRST ? text : text.replaceAll(MENTIONED, name)
}
