import { type Command, InvalidArgumentError } from 'commander'
import { examples, type Start, sub } from './command-line.ts'
import type { Context } from './context.ts'

/** The commands that a migration begins with. */
export function addFirstSteps(program: Command, context: Context, start: Start): void {
  const inspect = sub(
    program,
    'inspect [subject]',
    'Show what a source holds: of a manifest, or of a data file without one',
  )
    .option('--file <file>', 'a data file, whatever its name')
    .option('--limit <records>', 'how many records to read (default: 10000)', parseLimit)
    .option('--all', 'read everything')
    .option('--json', 'print it as JSON')
    .action((subject, options) =>
      start(async () => (await import('./commands/inspect.ts')).inspect(subject, options, context)),
    )
  examples(inspect, [
    ['workos-migrate inspect users.csv', 'what is this file, and what is in it?'],
    ['workos-migrate inspect', 'the source of migrate.config.yaml, with what it joins'],
    ['workos-migrate inspect --all --json > inspection.json', 'all of it, for a script'],
  ])
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number of records is a whole number from 1.')
}
