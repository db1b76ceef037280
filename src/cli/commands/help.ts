import type { Argument, CommandUnknownOpts, Option } from 'commander'
import { EXIT_CODES, ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { jsonText } from '../../json.ts'
import { toolVersion } from '../../version.ts'
import type { Context } from '../context.ts'
import { type Effect, FACTS, type Output } from '../definitions/outputs.ts'
import { everyCommand, pathOf } from '../guidance/advice.ts'

/**
 * `help`: prints the help of a command. With --json it prints all commands, options, arguments and
 * exit codes as schemas/commands.schema.json describes them, without hidden commands.
 */

export interface ProgramDescription {
  format: 'workos-migrate-commands'
  version: 1
  /** The version of the program. */
  tool: string
  /** Options before the command. */
  options: OptionDescription[]
  commands: CommandDescription[]
  exitCodes: { code: number; name: string; meaning: string; next: string }[]
  /** Environment variables that the program itself reads. A manifest can refer to others. */
  variables: { name: string; meaning: string }[]
}

export interface CommandDescription {
  /** Its words: `state show`. */
  name: string
  summary: string
  /** What it changes. */
  effect: Effect
  arguments: ArgumentDescription[]
  options: OptionDescription[]
  /** Outputs for programs, with their schemas. */
  outputs: Output[]
}

export interface ArgumentDescription {
  name: string
  description: string
  kind: ValueKind
  required: boolean
  repeatable: boolean
  choices: string[] | null
  default: string | null
}

export interface OptionDescription {
  /** `--env`. */
  long: string
  /** `-e`. */
  short: string | null
  description: string
  /** Null if the option takes no value. */
  value: { name: string; kind: ValueKind; required: boolean; choices: string[] | null } | null
  required: boolean
  /** Whether it takes several values and can be repeated. */
  repeatable: boolean
  default: string | boolean | null
  /** The environment variable that can replace it. */
  env: string | null
}

export type ValueKind = 'text' | 'choice' | 'file' | 'folder' | 'integer' | 'time' | 'duration' | 'address'

/** `help [command...]`. @throws UsageError for an unknown command */
export async function help(
  words: readonly string[],
  { json = false }: { json?: boolean | undefined },
  program: CommandUnknownOpts,
  { stdout, unmasked }: Context,
): Promise<ExitCode> {
  const asked = words.join(' ')
  const command = everyCommand(program).find((one) => pathOf(one) === asked && isShown(one))
  if (command === undefined) {
    throw new UsageError({
      code: 'unknown_command',
      message: `unknown command ${asked}`,
      hint: 'run workos-migrate help for a list of commands',
    })
  }
  // Not masked: addresses in the program's own words are examples.
  if (json) (unmasked?.stdout ?? stdout).write(`${jsonText(describeProgram(program, command), 2)}\n`)
  else command.outputHelp()
  return ExitCode.done
}

/** Describes a command and its subcommands. */
export function describeProgram(program: CommandUnknownOpts, from: CommandUnknownOpts = program): ProgramDescription {
  return {
    format: 'workos-migrate-commands',
    version: 1,
    tool: toolVersion,
    options: program.options.filter(({ hidden }) => !hidden).map(describeOption),
    commands: everyCommand(from)
      .filter((command) => command !== program && isShown(command))
      .map(describeCommand),
    exitCodes: Object.entries(EXIT_CODES).map(([name, { code, meaning, next }]) => ({ code, name, meaning, next })),
    variables: Object.entries(VARIABLES).map(([name, meaning]) => ({ name, meaning })),
  }
}

function isShown(command: CommandUnknownOpts): boolean {
  const { parent } = command
  return parent === null || (parent.createHelp().visibleCommands(parent).includes(command) && isShown(parent))
}

function describeCommand(command: CommandUnknownOpts): CommandDescription {
  const name = pathOf(command)
  const facts = FACTS[name]
  if (facts === undefined) throw new RangeError(`definitions/outputs.ts does not list the command ${name}`)
  return {
    name,
    summary: command.description(),
    effect: facts.effect,
    arguments: command.registeredArguments.map(describeArgument),
    options: command.options.filter(({ hidden }) => !hidden).map(describeOption),
    outputs: [...(facts.outputs ?? [])],
  }
}

function describeArgument(argument: Argument): ArgumentDescription {
  const { description, required, variadic, argChoices, defaultValue } = argument
  return {
    name: argument.name(),
    description,
    kind: argChoices === undefined ? kindOf(argument.name()) : 'choice',
    required,
    repeatable: variadic,
    choices: argChoices ?? null,
    default: defaultValue === undefined ? null : String(defaultValue),
  }
}

function describeOption(option: Option): OptionDescription {
  const { long, short, flags, description, mandatory, variadic, argChoices, defaultValue, envVar } = option
  const [, brackets, name = ''] = /(<|\[)([^.>\]]+)/.exec(flags) ?? []
  const kind = argChoices === undefined ? kindOf(name) : 'choice'
  const known: unknown = defaultValue
  return {
    long: long ?? flags,
    short: short ?? null,
    description,
    value: brackets === undefined ? null : { name, kind, required: brackets === '<', choices: argChoices ?? null },
    required: mandatory,
    repeatable: variadic,
    default: typeof known === 'string' || typeof known === 'boolean' ? known : null,
    env: envVar ?? null,
  }
}

/** @param placeholder the name of the value in the help: `file` of `<file>` */
function kindOf(placeholder: string): ValueKind {
  return KINDS[placeholder] ?? 'text'
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  file: 'file',
  manifest: 'file',
  subject: 'file',
  folder: 'folder',
  number: 'integer',
  records: 'integer',
  port: 'integer',
  time: 'time',
  duration: 'duration',
  address: 'address',
  addresses: 'address',
  old: 'address',
  new: 'address',
}

const VARIABLES: Readonly<Record<string, string>> = {
  HTTPS_PROXY: 'the proxy for WorkOS and for a live source',
  HTTP_PROXY: 'the proxy for http URLs, and for all URLs if HTTPS_PROXY is not set',
  NO_PROXY: 'hosts to connect to without a proxy',
  NODE_EXTRA_CA_CERTS: 'a file of certificate authorities to trust as well as those of Node.js',
  CI: 'set: email addresses are masked in outputs',
  NO_COLOR: 'set: no colors',
  FORCE_COLOR: 'set: colors even if the output is not a terminal',
  XDG_CACHE_HOME: 'the folder for compiled code, instead of ~/.cache',
  NODE_DISABLE_COMPILE_CACHE: 'set: no compiled code is kept',
  WORKOS_MIGRATE_DEBUG: 'set: an unexpected error shows its stack trace',
}
