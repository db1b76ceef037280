/**
 * Advice for unknown commands and options. In: the words of a command line and the program. Out:
 * the words, rewritten if they ask for help; or an error that names the nearest word, or what
 * another tool's word is called here (other-words.ts).
 */

import type { CommandUnknownOpts, Option } from 'commander'
import { distance } from 'fastest-levenshtein'
import { nearest } from '../../config/nearest.ts'
import { UsageError } from '../../diagnostics/errors.ts'
import { type OtherWord, otherCommands, otherOptions } from './other-words.ts'

/** Adds advice to the error that each command reports for an unknown word. */
export function adviseOnUnknownWords(program: CommandUnknownOpts): void {
  for (const command of everyCommand(program)) {
    command.configureOutput({ outputError: (text, write) => write(advised(text, command, program)) })
  }
}

/** The command and all its subcommands. */
export function everyCommand(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** The command's words without the program name: `state show`. */
export function pathOf(command: CommandUnknownOpts): string {
  const above = command.parent
  if (above === null) return ''
  return [pathOf(above), command.name()].filter((name) => name !== '').join(' ')
}

/**
 * The error of commander with advice. Omits a value after `=`, because it can be a secret.
 */
function advised(text: string, command: CommandUnknownOpts, program: CommandUnknownOpts): string {
  const [, what, quoted] = /^error: unknown (command|option) '([\s\S]*?)'(?:\n\(|\n$)/.exec(text) ?? []
  if (quoted === undefined) return text
  if (what === 'command') {
    const hint = adviceOnCommand(quoted, command, program)
    const near = hint === undefined ? nearCommand(quoted, command) : undefined
    const told = hint === undefined ? near && `(Did you mean ${near}?)\n` : `  hint: ${hint}\n`
    return `error: unknown command '${quoted}'\n${told ?? ''}`
  }
  const [flag = quoted] = quoted.split('=')
  const hint = adviceOnOption(flag, command, program)
  const near = hint === undefined ? nearOption(flag, command) : undefined
  const told = hint ?? adviceOnMisspelt(flag, command, program)
  if (near !== undefined) return `error: unknown option '${flag}'\n(Did you mean ${near}?)\n`
  return `error: unknown option '${flag}'\n${told === undefined ? '' : `  hint: ${told}\n`}`
}

/**
 * Options that overwrite or skip a question or a limit. Suggested only for a word that differs by
 * one letter.
 */
const GUARDED: ReadonlySet<string> = new Set(['--yes', '--force', '--everybody', '--include-secrets', '--confirm'])

/** The option that a misspelled one probably means. */
function nearOption(flag: string, command: CommandUnknownOpts): string | undefined {
  const near = flag.startsWith('--') ? nearest(flag, longsOf(command)) : undefined
  return near !== undefined && GUARDED.has(near) && distance(flag, near) > 1 ? undefined : near
}

/**
 * Like adviceOnOption, for another tool's word with one wrong letter: `--yess`. Skips short words,
 * which resemble too many others.
 */
function adviceOnMisspelt(flag: string, command: CommandUnknownOpts, program: CommandUnknownOpts): string | undefined {
  if (!flag.startsWith('--')) return undefined
  const known = otherOptions.flatMap(({ words }) => words).filter((word) => word.length >= 3)
  const meant = known.find((word) => distance(word, flag.slice(2)) === 1)
  const advice = meant && adviceOnOption(`--${meant}`, command, program)
  return advice && `there is no --${meant} either: ${advice}`
}

/**
 * Commands that delete or forget. They are never suggested for a misspelled word, so that a user
 * who follows a suggestion without reading it loses nothing.
 */
export const DELETING: ReadonlySet<string> = new Set(['destroy', 'state rm', 'purge'])

/** The command that a misspelled word probably means. */
function nearCommand(word: string, command: CommandUnknownOpts): string | undefined {
  const names = command.commands.filter((below) => !DELETING.has(pathOf(below))).map((below) => below.name())
  return nearest(word, names)
}

/** What another tool's command is called here; undefined if unknown. */
export function adviceOnCommand(
  word: string,
  command: CommandUnknownOpts,
  program: CommandUnknownOpts,
): string | undefined {
  return otherWord(otherCommands, word, program, (on = ['']) => on.includes(pathOf(command)))?.say
}

/** What an option of another tool or command is called here; undefined if unknown. */
export function adviceOnOption(
  flag: string,
  command: CommandUnknownOpts,
  program: CommandUnknownOpts,
): string | undefined {
  const path = pathOf(command)
  const other = otherWord(otherOptions, flag, program, (on) => on === undefined || on.includes(path))
  return other?.say ?? belonging(flag, program)
}

function otherWord(
  table: readonly OtherWord[],
  word: string,
  program: CommandUnknownOpts,
  fits: (on: OtherWord['on']) => boolean,
): OtherWord | undefined {
  const plain = plainWord(word)
  return table.find(
    ({ words, on, needs }) =>
      fits(on) && words.some((other) => plainWord(other) === plain) && (needs === undefined || has(program, needs)),
  )
}

function plainWord(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '')
}

/** Whether the program has this command, or any command has this option. */
function has(program: CommandUnknownOpts, needed: string): boolean {
  const commands = everyCommand(program)
  if (needed.startsWith('--')) return commands.some((command) => longsOf(command).includes(needed))
  return commands.some((command) => pathOf(command) === needed)
}

function belonging(flag: string, program: CommandUnknownOpts): string | undefined {
  const owners = everyCommand(program).flatMap((command) => {
    const option = command.options.find(({ long, short }) => long === flag || (short === flag && long !== undefined))
    return option === undefined ? [] : [{ path: pathOf(command), option }]
  })
  // Suggest plan before apply: it changes nothing.
  const place = (path: string) => ['apply', 'plan'].indexOf(path)
  owners.sort((a, b) => place(b.path) - place(a.path))
  const [first] = owners
  if (first === undefined || first.path === '') return undefined
  const names = owners.map(({ path }) => path)
  const others = names.length > 2 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join(' and ')
  return `${flag} belongs to ${others}: workos-migrate ${first.path} ${usage(first.option, flag)}`
}

function usage({ flags }: Option, flag: string): string {
  const value = /[<[].*/.exec(flags)?.[0]
  return value === undefined ? flag : `${flag} ${value}`
}

function longsOf(command: CommandUnknownOpts): string[] {
  return command.options.flatMap(({ long }) => long ?? [])
}

/**
 * Rejects a long option with one dash, as other tools write it: commander would read `-out=plan` as
 * `-o` with the value `ut=plan`.
 * @throws UsageError, which quotes no value
 */
export function refuseOneDash(args: readonly string[], program: CommandUnknownOpts): void {
  const end = args.indexOf('--')
  const line = end === -1 ? args : args.slice(0, end)
  const command = commandOf(line, program)
  const own = [...longsOf(command), ...longsOf(program)]
  for (const arg of line) {
    const name = /^-([a-z][a-z-]+)(?:=|$)/.exec(arg)?.[1]
    if (name === undefined) continue
    const hint = own.includes(`--${name}`)
      ? `write it with two dashes: --${name}`
      : adviceOnOption(`--${name}`, command, program)
    if (hint === undefined) continue
    throw new UsageError({ code: 'one_dash', message: `-${name} has one dash and is not an option`, hint })
  }
}

/** The command that the line calls. */
function commandOf(line: readonly string[], program: CommandUnknownOpts): CommandUnknownOpts {
  let command = program
  for (const word of line) command = subcommand(command, word) ?? command
  return command
}

function subcommand(command: CommandUnknownOpts, word: string): CommandUnknownOpts | undefined {
  return command.commands.find((below) => below.name() === word)
}

/**
 * Turns `help state mv` into `state mv --help`. Leaves an unknown word in place, so that commander
 * rejects it and the error gives advice.
 */
export function helpAsOption(args: readonly string[], program: CommandUnknownOpts): readonly string[] {
  const at = args.indexOf('help')
  const [before, words] = [args.slice(0, at), args.slice(at + 1)]
  if (at === -1 || words.length === 0 || words.some((word) => word.startsWith('-'))) return args
  let command = program
  for (const word of before) {
    const below = subcommand(command, word)
    if (below === undefined) return args
    command = below
  }
  for (const word of words) {
    const below = subcommand(command, word)
    if (below === undefined) return command.commands.length > 0 ? [...before, ...words] : args
    command = below
  }
  return [...before, ...words, '--help']
}
