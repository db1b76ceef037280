import { type Command, Option } from 'commander'
import { command, examples, type Start, sub } from './command-line.ts'
import type { Context } from './context.ts'

/** The commands under `state`. */
export function addState(program: Command, context: Context, start: Start): void {
  const state = command(program, 'state', 'Look at what earlier runs did: resources, ids, runs')
  examples(state, [
    ['workos-migrate state show', 'what it holds, what it is bound to, its runs'],
    ['workos-migrate state export > ids.csv', 'the map from source keys to WorkOS ids'],
  ])
  const list = sub(state, 'list', 'List the resources with their WorkOS ids')
    .option('--kind <kind>', 'only this kind')
    .option('--json', 'one JSON object a line')
    .action((options) => start(async () => (await import('./commands/state.ts')).stateList(options, context)))
  examples(list, [['workos-migrate state list --kind user', 'the users']])
  const show = sub(state, 'show [address]', 'Show one resource, or the state as a whole and its runs')
    .option('--json', 'print it as JSON')
    .action((address, options) =>
      start(async () => (await import('./commands/state.ts')).stateShow(address, options, context)),
    )
  examples(show, [['workos-migrate state show user:user_123', 'one resource']])
  const exporting = sub(state, 'export', 'Print the map from source keys to WorkOS ids')
    .addOption(new Option('--format <format>', 'how to print it').choices(['csv', 'ndjson']).default('csv'))
    .option('--kind <kind>', 'only this kind')
    .action((options) => start(async () => (await import('./commands/state.ts')).stateExport(options, context)))
  examples(exporting, [['workos-migrate state export --kind user > ids.csv', 'for the systems that keep the old ids']])
}
