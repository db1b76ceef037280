import { type Command, type CommandUnknownOpts, InvalidArgumentError, Option } from 'commander'
import { readDeadline } from '../../applying/deadline.ts'
import { readDuration } from '../../clock.ts'
import { UsageError } from '../../diagnostics/errors.ts'
import { wrapped } from '../../reporting/table.ts'

/**
 * Parts of command definitions: the options that several commands share, and examples. Each
 * function takes a command of commander and returns it with the added options in its type.
 */

/** A command with subcommands: the program, or `state`. */
export type Parent = CommandUnknownOpts

/** The options that a definition passes to its command. Other callers can also pass false. */
export type OptionsOf<Define extends (...given: never[]) => { opts(): unknown }> = Widened<
  ReturnType<ReturnType<Define>['opts']>
>
type Widened<Given> = {
  [Name in keyof Given]: Given[Name] extends true | undefined ? boolean | undefined : Given[Name]
}

// biome-ignore lint/suspicious/noExplicitAny: the bound that commander itself has for a command's arguments
type Arguments = any[]
type Options = Record<string, unknown>

/** A command that refers to its help after an error. */
export function command<const Usage extends string>(parent: Parent, usage: Usage, description: string) {
  const added = parent.command(usage).description(description)
  const names = parent.parent === null ? added.name() : `${parent.name()} ${added.name()}`
  return added.showHelpAfterError(`(workos-migrate ${names} --help shows its options)`)
}

/** A command that works on a manifest. */
export function sub<const Usage extends string>(parent: Parent, usage: Usage, description: string) {
  return command(parent, usage, description)
    .option('-c, --config <file>', 'the manifest (default: the nearest migrate.config.yaml)')
    .option('-e, --env <name>', 'the environment in the manifest')
}

/** The options of a command that reads the source. */
export function reading<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option('--fresh', 'read a live source again even if there is a snapshot')
    .option('--snapshot <folder>', 'use the snapshot in this folder instead of the source')
}

/** The options of a command that reports its progress on standard error. */
export function telling<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .addOption(
      new Option('-q, --quiet', 'print only warnings, errors and questions on standard error').conflicts('verbose'),
    )
    .option('-v, --verbose', 'also report phases with their times, waits, failed requests and request counts')
}

/** The option of a command that writes events. */
export function eventful<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command.option('--events <file>', 'write events as NDJSON; - writes to standard output')
}

/** The options of a command that can be limited to some users. */
export function scoped<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option(
      '--only <selector...>',
      'only these: organization:KEY, user:KEY, email:ADDRESS, domain:NAME, invitation:ADDRESS; * matches any text',
    )
    .option('--everybody', 'ignore the pilot in the manifest and include every user')
}

/** As `scoped`, with a number of users, for a command that reads the source. */
export function limited<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return scoped(command).option(
    '--limit <number>',
    'only this many users, the first in the order of their keys',
    parseLimit,
  )
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A limit must be a whole number of users, 1 or more.')
}

/** The options of a command that can stop at a time. */
export function timed<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option('--deadline <time>', 'stop cleanly at this time: 05:30, or 2030-01-31T05:30:00Z', parseTime)
    .option('--max-duration <duration>', 'stop cleanly after this time: 4h, 90m or 1h30m', parseDuration)
}

function parseTime(text: string): string {
  if (readDuration(text) === undefined && readDeadline(text, Date.now()) !== undefined) return text
  throw new InvalidArgumentError(
    'A deadline must be a time of day such as 05:30, or a date and time such as 2030-01-31T05:30:00Z.',
  )
}

function parseDuration(text: string): string {
  if (readDuration(text) !== undefined) return text
  throw new InvalidArgumentError('A duration must look like 4h, 90m or 1h30m.')
}

/** Columns of the help, and the least that an explanation needs next to its example. */
const COLUMNS = 80
const BESIDE = 24

/** Puts examples at the start of the help. */
export function examples<Defined extends { addHelpText(position: 'before', text: string): unknown }>(
  command: Defined,
  lines: readonly (readonly [string, string])[],
): Defined {
  const beside = 2 + Math.max(...lines.map(([line]) => line.length)) + 3
  const text = lines.map(([line, what]) => {
    if (COLUMNS - beside < BESIDE) return `  ${line}\n      ${wrapped(what, COLUMNS - 6).join('\n      ')}\n`
    const meaning = wrapped(what, COLUMNS - beside).join(`\n${' '.repeat(beside)}`)
    return `  ${line.padEnd(beside - 5)}   ${meaning}\n`
  })
  command.addHelpText('before', `Examples:\n${text.join('')}`)
  return command
}

/**
 * The options, with the manifest from the argument. @throws UsageError if --config names one too
 */
export function withManifest<Options extends { config?: string }>(
  manifest: string | undefined,
  options: Options,
): Options {
  if (manifest === undefined) return options
  if (options.config === undefined) return { ...options, config: manifest }
  throw new UsageError({
    code: 'manifest_twice',
    message: `two manifests are named: ${manifest} and ${options.config}`,
    hint: 'name one manifest, as the argument or with --config',
  })
}
