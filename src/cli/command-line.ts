import { type Command, Option } from 'commander'
import type { ExitCode } from '../diagnostics/errors.ts'
import { wrapped } from '../reporting/table.ts'

/** Runs a command; what it returns becomes the exit code. */
export type Start = (run: () => Promise<ExitCode>) => Promise<void>

/** A command, with its name in the advice after an error. */
export function command(parent: Command, usage: string, description: string): Command {
  const added = parent.command(usage).description(description)
  const names = parent.parent === null ? added.name() : `${parent.name()} ${added.name()}`
  return added.showHelpAfterError(`(workos-migrate ${names} --help shows its options)`)
}

/** A subcommand that works on a manifest. */
export function sub(parent: Command, usage: string, description: string): Command {
  return command(parent, usage, description)
    .option('-c, --config <file>', 'the manifest (default: the nearest migrate.config.yaml)')
    .option('-e, --env <name>', 'the environment of the manifest')
}

/** The options of a command that reads the source. */
export function reading(command: Command): Command {
  return command
    .option('--fresh', 'read a live source again although there is a snapshot of it')
    .option('--snapshot <folder>', 'work from the snapshot in this folder, without asking the source')
}

/** The options of a command that tells on standard error what it is doing. */
export function telling(command: Command): Command {
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
export function eventful(command: Command): Command {
  return command.option('--events <file>', 'write what happens as NDJSON, line by line; - is standard output')
}

/** Columns of help, and of them those that a meaning needs to stand beside its example. */
const COLUMNS = 80
const BESIDE = 24

/** Help starts with examples. */
export function examples(command: Command, lines: readonly (readonly [string, string])[]): void {
  const beside = 2 + Math.max(...lines.map(([line]) => line.length)) + 3
  const text = lines.map(([line, what]) => {
    if (COLUMNS - beside < BESIDE) return `  ${line}\n      ${wrapped(what, COLUMNS - 6).join('\n      ')}\n`
    const meaning = wrapped(what, COLUMNS - beside).join(`\n${' '.repeat(beside)}`)
    return `  ${line.padEnd(beside - 5)}   ${meaning}\n`
  })
  command.addHelpText('before', `Examples:\n${text.join('')}`)
}
