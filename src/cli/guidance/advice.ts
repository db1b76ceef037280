/**
 * What to say of a word that no command or option is called. In: the words of a command line and
 * the program that reads them. Out: the same words where they mean help, or an error that names the
 * nearest word here, or the one that other tools use (other-words.ts).
 */

import type { CommandUnknownOpts, Option } from 'commander'
import { distance } from 'fastest-levenshtein'
import { nearest } from '../../config/nearest.ts'
import { UsageError } from '../../diagnostics/errors.ts'
import { type OtherWord, otherCommands, otherOptions } from './other-words.ts'

/** Has every command say of a word that it does not know what it may be called here. */
export function adviseOnUnknownWords(program: CommandUnknownOpts): void {
  for (const command of everyCommand(program)) {
    command.configureOutput({ outputError: (text, write) => write(advised(text, command, program)) })
  }
}

/** A command and all beneath it. */
export function everyCommand(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** The words that a command is called by, without the program's own name. */
export function pathOf(command: CommandUnknownOpts): string {
  const above = command.parent
  if (above === null) return ''
  return [pathOf(above), command.name()].filter((name) => name !== '').join(' ')
}

/**
 * What commander says of an error, with what would be right. A value after `=` is left out: it may
 * be a secret.
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
 * Options that overwrite, or leave out a question or a limit: what is spelt more than one letter
 * off was not meant to be one.
 */
const GUARDED: ReadonlySet<string> = new Set(['--yes', '--force', '--everybody', '--include-secrets', '--confirm'])

/** The option that a misspelt one was probably meant to be. */
function nearOption(flag: string, command: CommandUnknownOpts): string | undefined {
  const near = flag.startsWith('--') ? nearest(flag, longsOf(command)) : undefined
  return near !== undefined && GUARDED.has(near) && distance(flag, near) > 1 ? undefined : near
}

/**
 * As adviceOnOption, for a word of another tool that is spelt one letter off: `--yess`. Short words
 * are like too many others.
 */
function adviceOnMisspelt(flag: string, command: CommandUnknownOpts, program: CommandUnknownOpts): string | undefined {
  if (!flag.startsWith('--')) return undefined
  const known = otherOptions.flatMap(({ words }) => words).filter((word) => word.length >= 3)
  const meant = known.find((word) => distance(word, flag.slice(2)) === 1)
  const advice = meant && adviceOnOption(`--${meant}`, command, program)
  return advice && `there is no --${meant} either: ${advice}`
}

/**
 * Commands that delete, or forget. None of them is ever what a misspelt word was meant to be:
 * whoever follows a suggestion without reading it loses nothing.
 */
export const DELETING: ReadonlySet<string> = new Set(['destroy', 'state rm', 'purge'])

/** The command that a misspelt word was probably meant to be. */
function nearCommand(word: string, command: CommandUnknownOpts): string | undefined {
  const names = command.commands.filter((below) => !DELETING.has(pathOf(below))).map((below) => below.name())
  return nearest(word, names)
}

/** What a command of another tool is called here; undefined: nobody knows. */
export function adviceOnCommand(
  word: string,
  command: CommandUnknownOpts,
  program: CommandUnknownOpts,
): string | undefined {
  return otherWord(otherCommands, word, program, (on = ['']) => on.includes(pathOf(command)))?.say
}

/**
 * What an option of another tool, or of another command, is called here; undefined: nobody knows.
 */
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

/** Whether the program has a command, or an option on any command. */
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
  // Whoever does not know where an option belongs plans first, and applies then.
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
 * Refuses a long option with one dash, as other tools write it: `-out=plan` would be read as `-o`
 * with the value `ut=plan`.
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
      ? `write it with two: --${name}`
      : adviceOnOption(`--${name}`, command, program)
    if (hint === undefined) continue
    throw new UsageError({ code: 'one_dash', message: `-${name} has one dash, and is no option here`, hint })
  }
}

/** The command that a line calls, as far as its words are those of commands. */
function commandOf(line: readonly string[], program: CommandUnknownOpts): CommandUnknownOpts {
  let command = program
  for (const word of line) command = subcommand(command, word) ?? command
  return command
}

function subcommand(command: CommandUnknownOpts, word: string): CommandUnknownOpts | undefined {
  return command.commands.find((below) => below.name() === word)
}

/**
 * `help state mv` as `state mv --help`. A word that is no command is left to be refused as one,
 * with what it may be called here: the help of everything says nothing of it.
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
