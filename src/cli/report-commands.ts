import { type Command, InvalidArgumentError, Option } from 'commander'
import { eventful, examples, reading, type Start, sub, telling } from './command-line.ts'
import type { Context } from './context.ts'
import { addExplain } from './explain-command.ts'
import { scoped } from './scope.ts'
import { withEvents } from './with-events.ts'
import { withManifest } from './with-manifest.ts'

/** The commands that tell what became of a migration. */
export function addReports(program: Command, context: Context, start: Start): void {
  const read = sub(program, 'verify [manifest]', 'Read WorkOS back and compare it with the source and the state')
  const verify = scoped(eventful(telling(reading(read))))
    .option('--strict', 'fail on differences and warnings as well, not only on what is missing')
    .option('--full', 'show every finding')
    .option('--html <file>', 'write a report for a browser')
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(() =>
        withEvents('verify', options, context, async (world) =>
          (await import('./commands/verify.ts')).verify(withManifest(manifest, options), world),
        ),
      ),
    )
  examples(verify, [
    ['workos-migrate verify', 'is everything there? Exit code 7 if not'],
    ['workos-migrate verify --strict --json --full > verified.json', 'every difference, for the record'],
  ])
  addExplain(program, context, start)
  const errors = sub(program, 'errors', 'Show what a run could not do, by cause, and what would help')
    .option('--run <number>', 'the run (default: the last one)', parseRun)
    .option('--full', 'show every one instead of five of each cause')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json', 'ndjson']).default('text'))
    .option('--json', 'the same as --format json')
    .option('--ndjson', 'the same as --format ndjson: every one, a line each')
    .option('--csv <file>', 'write the rows of all of them, with the reasons, to be corrected')
    .option('--snapshot <folder>', 'with --csv: take the rows from the snapshot in this folder')
    .action(({ json, ndjson, ...options }) =>
      start(async () => {
        const format = ndjson ? 'ndjson' : json ? 'json' : options.format
        return (await import('./commands/errors.ts')).errors({ ...options, format }, context)
      }),
    )
  examples(errors, [
    ['workos-migrate errors', 'what the last run could not do'],
    ['workos-migrate errors --csv correct.csv', 'the rows concerned, with the reasons, to be corrected and used again'],
    ['workos-migrate errors --run 3 --ndjson > errors.ndjson', 'everything of run 3, for a script'],
  ])
}

function parseRun(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A run is a whole number from 1; workos-migrate state show lists them.')
}
