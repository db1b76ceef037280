import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ExitCode } from '../diagnostics/errors.ts'
import { MASK_MODES, type MaskMode } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import { toolVersion } from '../version.ts'
import { command, eventful, examples, reading, type Start, sub, telling } from './command-line.ts'
import type { Context } from './context.ts'
import { addFirstSteps } from './first-commands.ts'
import { adviseOnUnknownWords, helpAsOption, refuseOneDash } from './guidance/advice.ts'
import { addCompletion } from './guidance/completion-command.ts'
import { addDoctor } from './guidance/doctor-command.ts'
import { addHandoff } from './handoff-command.ts'
import { addReports } from './report-commands.ts'
import { DEFAULT_DATA, DEFAULT_PORT } from './sandbox-defaults.ts'
import { scoped } from './scope.ts'
import { addState } from './state-commands.ts'
import { withEvents } from './with-events.ts'
import { withManifest } from './with-manifest.ts'
import { addWords } from './words-command.ts'

/** Runs one command line (without the program's own name) and returns its exit code. OperatorErrors are thrown. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = ExitCode.done
  const program = buildProgram(context, async (run) => {
    code = await run()
  })
  refuseOneDash(args, program)
  try {
    await program.parseAsync(helpAsOption(args, program), { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage
    throw error
  }
}

/** Every command with its options. */
export function buildProgram(context: Context, start: Start): Command {
  const redact = (text: string) => context.redactor?.redact(text) ?? text
  const program = new Command('workos-migrate')
    .description('Moves users, organizations, memberships and roles into WorkOS, as a manifest declares them.')
    .version(toolVersion)
    .exitOverride()
    .configureOutput({
      // The program's own words: addresses in them are examples.
      writeOut: (text) => (context.unmasked ?? context).stdout.write(text),
      // What was typed is quoted here; it may have been pasted, and a key may be in it.
      writeErr: (text) => context.stderr.write(redact(text).split('\n').map(printable).join('\n')),
    })
    .showHelpAfterError('(workos-migrate --help shows the commands)')
    .addOption(new Option('--mask <mode>', 'what outputs show of people (default: output.mask)').choices(MASK_MODES))
    .hook('preAction', () => {
      const { mask } = program.opts<{ mask?: MaskMode }>()
      if (mask !== undefined) context.mask?.settle(mask)
    })
  examples(program, [
    ['workos-migrate init', 'write the manifest of a first migration'],
    ['workos-migrate validate', 'check the manifest, the files and the expressions'],
    ['workos-migrate plan', 'show what would be done'],
    ['workos-migrate apply', 'show it, ask, and do it'],
    ['workos-migrate plan -e production --out plan.ndjson', 'save a plan for review'],
    ['workos-migrate apply plan.ndjson', 'carry out exactly that plan'],
  ])
  addFirstSteps(program, context, start)
  addManifestCommands(program, context, start)
  addExport(program, context, start)
  addPlan(program, context, start)
  addApply(program, context, start)
  addHandoff(program, context, start)
  addReports(program, context, start)
  addState(program, context, start)
  addDestroy(program, context, start)
  addSandbox(program, context, start)
  addDoctor(program, context, start)
  addCompletion(program, context, start)
  addWords(program, context, start)
  adviseOnUnknownWords(program)
  return program
}

function addManifestCommands(program: Command, context: Context, start: Start): void {
  const validate = sub(program, 'validate [manifest]', 'Check the manifest, the files it names and its expressions')
    .option('--offline', 'take unset references as unknown instead of as problems')
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(async () => (await import('./commands/validate.ts')).validate(withManifest(manifest, options), context)),
    )
  examples(validate, [
    ['workos-migrate validate', 'in the folder of migrate.config.yaml'],
    ['workos-migrate validate -e production --offline', 'in CI, where no secret is set'],
  ])
  const config = sub(program, 'config [manifest]', 'Print the effective manifest: recipe, file and environment merged')
    .option('--offline', 'take unset references as unknown instead of as problems')
    .option('--origins', 'add where each value comes from')
    .option('--json', 'print it as JSON')
    .action((manifest, options) =>
      start(async () => (await import('./commands/config.ts')).config(withManifest(manifest, options), context)),
    )
  examples(config, [['workos-migrate config -e staging --origins', 'what holds in staging, and why']])
  const test = sub(
    program,
    'test [manifest]',
    "Run the manifest's tests of its mapping; needs neither source nor target",
  )
    .option('--recipe <name>', "run a shipped recipe's own tests instead")
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(async () => (await import('./commands/test.ts')).test(withManifest(manifest, options), context)),
    )
  examples(test, [
    ['workos-migrate test', 'what stands under tests: in migrate.config.yaml'],
    ['workos-migrate test --recipe clerk', 'the tests that the recipe for Clerk brings'],
  ])
  const schema = command(program, 'schema', 'Print the JSON Schema of the manifest').action(() =>
    start(async () => (await import('./commands/schema.ts')).schema({}, context)),
  )
  examples(schema, [['workos-migrate schema > migrate.config.schema.json', 'for an editor to complete and check']])
}

function addExport(program: Command, context: Context, start: Start): void {
  const command = telling(sub(program, 'export [manifest]', 'Read the source into a snapshot, and nothing more'))
    .option('-o, --out <folder>', 'where to write it (default: where plan looks for it)')
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(async () => (await import('./commands/export.ts')).exportSource(withManifest(manifest, options), context)),
    )
  examples(command, [
    ['workos-migrate export', 'read the tenant now; plan and apply work from what was read'],
    ['workos-migrate export --out ./cut-over', 'to carry it to another machine: plan --snapshot ./cut-over'],
  ])
}

function addPlan(program: Command, context: Context, start: Start): void {
  const look = sub(program, 'plan [manifest]', 'Show what apply would do; nothing is written to WorkOS')
  const plan = scoped(eventful(telling(reading(look))))
    .option('--refresh', 'compare with everything in WorkOS, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json', 'markdown']).default('text'))
    .option('--json', 'the same as --format json')
    .option('-o, --out <file>', 'save the plan, to be applied as it is')
    .option('--merges <file>', 'write what became of duplicates, record by record, as JSON')
    .option('--rejects <file>', 'write the rows of what is rejected or blocked, with the reasons, to be corrected')
    .option('--resets <file>', 'write who must set a new password, and why, as CSV')
    .option('--html <file>', 'write a report for a browser: one file, which asks no network for anything')
    .option('--detailed-exitcode', 'exit with 2 when there is something to apply')
    .option('--strict', 'exit with 7 when something is rejected or blocked, or a warning is not accepted')
    .action((manifest, { json, ...options }) =>
      start(() => {
        const format = json ? 'json' : options.format
        return withEvents('plan', { ...options, json }, context, async (world) =>
          (await import('./commands/plan.ts')).plan(withManifest(manifest, { ...options, format }), world),
        )
      }),
    )
  examples(plan, [
    ['workos-migrate plan', 'what is to be done'],
    ['workos-migrate plan --only organization:acme', 'of one organization and its members'],
    ['workos-migrate plan --format markdown', 'for a pull request'],
    ['workos-migrate plan --html plan.html', 'to be looked at in a browser: searched, filtered, printed'],
    ['workos-migrate plan --merges merges.json', 'which records became one user, and which values were not taken'],
    ['workos-migrate plan --out plan.ndjson', 'to be reviewed, then applied with: workos-migrate apply plan.ndjson'],
  ])
}

function addApply(program: Command, context: Context, start: Start): void {
  const carryOut = sub(program, 'apply [file]', 'Carry out a plan: a saved one, or a new one of the manifest')
  const apply = scoped(eventful(telling(reading(carryOut))))
    .option('--refresh', 'compare with everything in WorkOS, not only with the state')
    .option('--full', 'show every action and every rejected record')
    .option('-y, --yes', 'do not ask: what the plan shows is approved, deletions too')
    .option(
      '--strict',
      'apply nothing with a warning that is not accepted; exit with 7 for what is rejected or blocked',
    )
    .option('--confirm <word>', 'the word that safety.confirm asks for; a saved plan needs it too')
    .option('--html <file>', 'write a report of the plan and its result for a browser')
    .option('--json', 'print the result as JSON')
    .action((file, options) =>
      start(() =>
        withEvents('apply', options, context, async (world) =>
          (await import('./commands/apply.ts')).apply(file, options, world),
        ),
      ),
    )
  examples(apply, [
    ['workos-migrate apply', 'plan, show, ask, do'],
    ['workos-migrate apply migrate.config.yaml --yes', 'the same in a script'],
    ['workos-migrate apply --limit 10', 'of ten users, to try it out'],
    ['workos-migrate apply plan.ndjson', 'a plan that was reviewed; asks nothing'],
    ['workos-migrate apply plan.ndjson --confirm production', 'where safety.confirm asks for that word'],
  ])
}

function addDestroy(program: Command, context: Context, start: Start): void {
  const undo = sub(program, 'destroy [manifest]', 'Undo: delete what this state created, never what it adopted')
  const destroy = scoped(eventful(telling(undo)), false)
    .option('--plan-only', 'only show what would be deleted')
    .option('--include-active', 'delete users who have signed in since, too')
    .option('--include-changed', 'delete what was changed in WorkOS since, too')
    .option('--confirm <name>', 'the name of the manifest')
    .option('--full', 'show every action')
    .option('--json', 'print plan or result as JSON')
    .option('--html <file>', 'write a report of the plan and its result for a browser')
    .action((manifest, options) =>
      start(() =>
        withEvents('destroy', options, context, async (world) =>
          (await import('./commands/destroy.ts')).destroy(manifest, options, world),
        ),
      ),
    )
  examples(destroy, [
    ['workos-migrate destroy --plan-only', 'what would be deleted, and what not'],
    ['workos-migrate destroy --only organization:acme', 'undo a pilot'],
    ['workos-migrate destroy -e staging', 'show it, ask for the name, delete it'],
    ['workos-migrate destroy -e staging --confirm acme-clerk', 'the same in a script'],
  ])
}

function addSandbox(program: Command, context: Context, start: Start): void {
  const sandbox = command(program, 'sandbox', 'Run the WorkOS sandbox as a server on this machine')
    .option('--port <port>', `the port to listen on; 0: any free one (default: ${DEFAULT_PORT})`, parsePort)
    .option('--data <file>', `its database, or :memory: (default: ${DEFAULT_DATA})`)
    .option('--limits', 'enforce the documented rate limits')
    .option('--connections-api', 'let connections be created, which WorkOS enables for an environment')
    .option('--faults <what>', 'go wrong: a percentage for every kind of passing trouble, or a JSON file of faults')
    .action((options) => start(async () => (await import('./commands/sandbox.ts')).sandbox(options, context)))
  examples(sandbox, [
    ['workos-migrate sandbox --port 4100 --limits', 'a WorkOS to rehearse against'],
    ['workos-migrate sandbox --faults 5%', 'the same on a bad day'],
  ])
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
}
