import { type Command, type CommandUnknownOpts, InvalidArgumentError, Option } from 'commander'
import { readDeadline } from '../../applying/deadline.ts'
import { readDuration } from '../../clock.ts'
import { UsageError } from '../../diagnostics/errors.ts'
import { wrapped } from '../../reporting/table.ts'

/**
 * What the definitions of commands are made of: a name with its advice after an error, the options
 * that several commands have, and examples. In: a command of commander. Out: the same one, whose
 * type knows the options and arguments that were added.
 */

/** A command that others are defined under: the program, or `state`. */
export type Parent = CommandUnknownOpts

/**
 * The options that a definition gives to what it runs. A flag is absent or true; whoever calls from
 * elsewhere may say false.
 */
export type OptionsOf<Define extends (...given: never[]) => { opts(): unknown }> = Widened<
  ReturnType<ReturnType<Define>['opts']>
>
type Widened<Given> = {
  [Name in keyof Given]: Given[Name] extends true | undefined ? boolean | undefined : Given[Name]
}

// biome-ignore lint/suspicious/noExplicitAny: the bound that commander itself has for a command's arguments
type Arguments = any[]
type Options = Record<string, unknown>

/** A command, with its name in the advice after an error. */
export function command<const Usage extends string>(parent: Parent, usage: Usage, description: string) {
  const added = parent.command(usage).description(description)
  const names = parent.parent === null ? added.name() : `${parent.name()} ${added.name()}`
  return added.showHelpAfterError(`(workos-migrate ${names} --help shows its options)`)
}

/** A command that works on a manifest. */
export function sub<const Usage extends string>(parent: Parent, usage: Usage, description: string) {
  return command(parent, usage, description)
    .option('-c, --config <file>', 'the manifest (default: the nearest migrate.config.yaml)')
    .option('-e, --env <name>', 'the environment of the manifest')
}

/** The options of a command that reads the source. */
export function reading<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option('--fresh', 'read a live source again although there is a snapshot of it')
    .option('--snapshot <folder>', 'work from the snapshot in this folder, without asking the source')
}

/** The options of a command that reports on standard error what it is doing. */
export function telling<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .addOption(
      new Option(
        '-q, --quiet',
        'only warnings, errors and questions on standard error: no progress, no remarks',
      ).conflicts('verbose'),
    )
    .option('-v, --verbose', 'tell each phase with its time, each wait, each request that fails, and count requests')
}

/** The option of a command that writes events. */
export function eventful<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command.option('--events <file>', 'write what happens as NDJSON, line by line; - is standard output')
}

/** The options of a command that may be limited to some users. */
export function scoped<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option(
      '--only <selector...>',
      'speak of these alone: organization:KEY, user:KEY, email:ADDRESS, domain:NAME, invitation:ADDRESS; * stands for any text',
    )
    .option('--everybody', "speak of everybody, whatever the manifest's pilot says")
}

/** As `scoped`, and for a command that reads the source also the number of users. */
export function limited<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return scoped(command).option('--limit <number>', 'speak of so many users, the first by their keys', parseLimit)
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A limit is a whole number of users, from 1.')
}

/** The options of a command that may have to stop at some time. */
export function timed<A extends Arguments, O extends Options, G extends Options>(command: Command<A, O, G>) {
  return command
    .option('--deadline <time>', 'stop in order at this time: 05:30, or 2030-01-31T05:30:00Z', parseTime)
    .option('--max-duration <duration>', 'stop in order after so long: 4h, 90m or 1h30m', parseDuration)
}

function parseTime(text: string): string {
  if (readDuration(text) === undefined && readDeadline(text, Date.now()) !== undefined) return text
  throw new InvalidArgumentError('A deadline is a time of day such as 05:30, or a moment such as 2030-01-31T05:30:00Z.')
}

function parseDuration(text: string): string {
  if (readDuration(text) !== undefined) return text
  throw new InvalidArgumentError('A duration is written like 4h, 90m or 1h30m.')
}

/** Columns of help, and of them those that a meaning needs to stand beside its example. */
const COLUMNS = 80
const BESIDE = 24

/** Help starts with examples. */
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
 * The options with the manifest that is named as an argument. @throws UsageError when --config
 * names another
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
    hint: 'name it once, as the argument or with --config',
  })
}
