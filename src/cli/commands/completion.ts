import type { Argument, CommandUnknownOpts, Option } from 'commander'
import { ExitCode } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import type { Context } from '../context.ts'
import { type Shell, scripts } from '../definitions/completion-scripts.ts'

export async function completion(shell: Shell, { stdout }: Pick<Context, 'stdout'>): Promise<ExitCode> {
  stdout.write(scripts[shell])
  return ExitCode.done
}

/** Prints the candidates for the last word, for the completion scripts. */
export async function completionWords(
  program: CommandUnknownOpts,
  words: readonly string[],
  { stdout, cwd, env }: Pick<Context, 'stdout' | 'cwd' | 'env'>,
): Promise<ExitCode> {
  const kinds = kindDefinitions.map(({ name }) => name)
  // Every press of Tab starts the program, so load the YAML parser only if it is needed.
  const environments = async (path: string | undefined) =>
    (await import('../../config/discover.ts')).environmentNames({ path, cwd, env })
  const { candidates, paths } = await complete(program, words, { kinds, environments })
  const lines = candidates.map(({ word, description }) => `${printable(word)}\t${printable(description)}`)
  stdout.write([...lines, ...(paths ? [`:${paths}`] : [])].map((line) => `${line}\n`).join(''))
  return ExitCode.done
}

interface Candidate {
  word: string
  description: string
}

interface Completion {
  candidates: Candidate[]
  /** Whether the shell adds file or folder names. */
  paths?: 'files' | 'folders'
}

interface Lookups {
  kinds: readonly string[]
  /** The environments of a manifest; undefined: of the nearest manifest. */
  environments(manifest: string | undefined): Promise<readonly string[]>
}

/** The command line typed so far. */
interface Line {
  command: CommandUnknownOpts
  operands: string[]
  /** Values of options by long name. */
  values: Map<string, string>
  used: Set<Option>
  /** The option that needs a value next. */
  open: Option | undefined
  /** Whether `--` ended the options. */
  ended: boolean
}

/** @param words the command line without the program name; the last word is incomplete */
async function complete(program: CommandUnknownOpts, words: readonly string[], lookups: Lookups): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const line = read(program, withoutEquals(words.slice(0, -1)))
  const assigned = /^(--[^=]+)=([\s\S]*)$/.exec(current)
  if (!line.ended && line.open === undefined && assigned !== null) {
    const [, long = '', begun = ''] = assigned
    const option = line.command.options.find((one) => one.long === long)
    if (option === undefined) return { candidates: [] }
    const { candidates, paths } = await valuesOf(option, line, lookups)
    const fitting = starting(candidates, begun).map(({ word, description }) => ({
      word: `${long}=${word}`,
      description,
    }))
    return { candidates: fitting, ...(paths && { paths }) }
  }
  const found = await standing(line, current, lookups)
  return { ...found, candidates: starting(found.candidates, current) }
}

async function standing(line: Line, current: string, lookups: Lookups): Promise<Completion> {
  const { command, open, ended, operands } = line
  if (open !== undefined && (open.required || !current.startsWith('-'))) return valuesOf(open, line, lookups)
  if (!ended && current.startsWith('-')) return { candidates: optionsOf(line) }
  const commands = operands.length === 0 ? commandsOf(command) : []
  const argument = argumentAt(command, operands.length)
  if (argument === undefined) return { candidates: commands }
  const { candidates, paths } = valuesOfArgument(argument, lookups)
  return { candidates: [...commands, ...candidates], ...(paths && { paths }) }
}

/** bash splits `--format=json` into three words. */
function withoutEquals(words: readonly string[]): string[] {
  return words.filter((word, index) => word !== '=' || !words[index - 1]?.startsWith('--'))
}

function read(program: CommandUnknownOpts, words: readonly string[]): Line {
  const line: Line = {
    command: program,
    operands: [],
    values: new Map(),
    used: new Set(),
    open: undefined,
    ended: false,
  }
  for (const word of words) take(line, word)
  return line
}

function take(line: Line, word: string): void {
  const { open } = line
  if (open !== undefined && (open.required || !word.startsWith('-'))) {
    line.values.set(open.long ?? '', word)
    line.open = undefined
    return
  }
  line.open = undefined
  if (line.ended || !word.startsWith('-') || word === '-') takeOperand(line, word)
  else if (word === '--') line.ended = true
  else takeOption(line, word)
}

function takeOption(line: Line, word: string): void {
  const [flag, value] = word.startsWith('--')
    ? word.split(/=([\s\S]*)/)
    : [word.slice(0, 2), word.slice(2) || undefined]
  const option = line.command.options.find(({ long, short }) => long === flag || short === flag)
  if (option === undefined) return
  line.used.add(option)
  if (value !== undefined) line.values.set(option.long ?? '', value)
  else if (option.required || option.optional) line.open = option
}

function takeOperand(line: Line, word: string): void {
  const below = line.operands.length === 0 ? line.command.commands.find((one) => one.name() === word) : undefined
  if (below === undefined) line.operands.push(word)
  else line.command = below
}

function starting(candidates: readonly Candidate[], begun: string): Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(begun))
}

function commandsOf(command: CommandUnknownOpts): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((below) => ({ word: below.name(), description: below.description() }))
}

/** Options not used yet, and those that take several values. */
function optionsOf({ command, used }: Line): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long && (option.variadic || !used.has(option)))
    .map(({ long, description }) => ({ word: long ?? '', description }))
}

/** The last argument of a command can take several words. */
function argumentAt({ registeredArguments }: CommandUnknownOpts, position: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[position] ?? (last?.variadic ? last : undefined)
}

async function valuesOf(option: Option, { values, operands, command }: Line, lookups: Lookups): Promise<Completion> {
  if (option.argChoices) return { candidates: named(option.argChoices) }
  if (option.long === '--kind') return { candidates: named(lookups.kinds) }
  const placeholder = /[<[](\S+?)[\]>]/.exec(option.flags)?.[1] ?? ''
  if (option.long === '--env' && placeholder === 'name') {
    const takesManifest = command.registeredArguments[0]?.name() === 'manifest'
    const manifest = values.get('--config') ?? (takesManifest ? operands[0] : undefined)
    return { candidates: named(await lookups.environments(manifest)) }
  }
  return { candidates: [], ...pathsOf(placeholder) }
}

function valuesOfArgument(argument: Argument, { kinds }: Lookups): Completion {
  if (argument.argChoices) return { candidates: named(argument.argChoices) }
  const name = argument.name()
  if (ADDRESSES.has(name)) return { candidates: named(kinds.map((kind) => `${kind}:`)) }
  return { candidates: [], ...pathsOf(name) }
}

/** Names of arguments that are resource addresses. */
const ADDRESSES: ReadonlySet<string> = new Set(['address', 'addresses', 'old', 'new'])

/** Names of arguments and option values that are files. */
const FILES: ReadonlySet<string> = new Set(['file', 'manifest', 'subject'])

function pathsOf(placeholder: string): Pick<Completion, 'paths'> {
  if (FILES.has(placeholder)) return { paths: 'files' }
  return placeholder === 'folder' ? { paths: 'folders' } : {}
}

function named(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word, description: '' }))
}
