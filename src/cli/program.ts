import { Command, CommanderError, Option } from 'commander'
import { ExitCode } from '../diagnostics/errors.ts'
import { MASK_MODES } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import { toolVersion } from '../version.ts'
import type { Context } from './context.ts'
import * as first from './definitions/first-steps.ts'
import * as migration from './definitions/migration.ts'
import { examples, type Parent, withManifest } from './definitions/options.ts'
import * as ofPipeline from './definitions/pipeline.ts'
import * as ofState from './definitions/state.ts'
import * as tools from './definitions/tools.ts'
import { glossary } from './definitions/tools.ts'
import { withEvents } from './events.ts'
import { adviseOnUnknownWords, helpAsOption, refuseOneDash } from './guidance/advice.ts'
import { PROGRAM_NAMES, underName } from './names.ts'

/**
 * Joins the definition of each command (definitions/) with its code (commands/), which is loaded
 * only when the command runs. In: the words of a command line. Out: an exit code.
 */

const [FIRST_NAME, SECOND_NAME] = PROGRAM_NAMES

/** Runs a command and keeps its exit code. */
export type Start = (run: () => Promise<ExitCode>) => Promise<void>

/**
 * Runs one command line and returns its exit code. @param args without the program name
 * @throws OperatorError
 */
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
export function buildProgram(context: Context, start: Start): Parent {
  const redact = (text: string) => context.redactor?.redact(text) ?? text
  const name = context.name ?? FIRST_NAME
  const program = new Command(FIRST_NAME)
    .description('Migrates users, organizations, memberships and roles to WorkOS, as declared in a manifest.')
    // Distinguishes it from another program with the same name, which prints a bare number.
    .version(`${FIRST_NAME} ${toolVersion} (declarative: reads migrate.config.yaml)`)
    .exitOverride()
    .configureOutput({
      // Not masked: addresses in the program's own words are examples.
      writeOut: (text) => (context.unmasked ?? context).stdout.write(underName(name, text)),
      // Quotes what the user typed, which can contain a key.
      writeErr: (text) => context.stderr.write(redact(text).split('\n').map(printable).join('\n')),
    })
    .showHelpAfterError('(workos-migrate --help shows the commands)')
    .addOption(new Option('--mask <mode>', 'how outputs mask personal data (default: output.mask)').choices(MASK_MODES))
    .hook('preAction', (called) => {
      const { mask } = called.opts()
      if (mask !== undefined) context.mask?.fix(mask)
    })
  examples(program, [
    ['workos-migrate init', 'write a manifest for a first migration'],
    ['workos-migrate validate', 'check the manifest, its files and its expressions'],
    ['workos-migrate plan', 'show what would change'],
    ['workos-migrate apply', 'plan, show, ask, apply'],
    ['workos-migrate plan -e production --out plan.ndjson', 'save a plan for review'],
    ['workos-migrate apply plan.ndjson', 'apply exactly that plan'],
  ])
  if (name === FIRST_NAME) program.addHelpText('after', `\nThe package also installs the program as ${SECOND_NAME}.`)
  addFirstSteps(program, context, start)
  addMigration(program, context, start)
  addReports(program, context, start)
  addState(program, context, start)
  addDestroy(program, context, start)
  addPipeline(program, context, start)
  addTools(program, context, start)
  adviseOnUnknownWords(program)
  return program
}

function addFirstSteps(program: Parent, context: Context, start: Start): void {
  first
    .defineInit(program)
    .action((options) => start(async () => (await import('./commands/init.ts')).init(options, context)))
  first
    .defineInspect(program)
    .action((subject, options) =>
      start(async () => (await import('./commands/inspect.ts')).inspect(subject, options, context)),
    )
  first
    .defineValidate(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/validate.ts')).validate(withManifest(manifest, options), context)),
    )
  first
    .defineConfig(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/config.ts')).config(withManifest(manifest, options), context)),
    )
  first
    .defineTest(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/test.ts')).test(withManifest(manifest, options), context)),
    )
  first
    .defineSchema(program)
    .action(() => start(async () => (await import('./commands/config.ts')).schema({}, context)))
  first
    .defineExport(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/export.ts')).exportSource(withManifest(manifest, options), context)),
    )
}

function addMigration(program: Parent, context: Context, start: Start): void {
  migration.definePlan(program).action((manifest, { json, ...options }) =>
    start(() => {
      const format = json ? 'json' : options.format
      return withEvents('plan', { ...options, json }, context, async (world) =>
        (await import('./commands/plan.ts')).plan(withManifest(manifest, { ...options, format }), world),
      )
    }),
  )
  migration
    .defineApply(program)
    .action((file, options) =>
      start(() =>
        withEvents('apply', options, context, async (world) =>
          (await import('./commands/apply.ts')).apply(file, options, world),
        ),
      ),
    )
  migration
    .defineHandoff(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/handoff.ts')).handoff(withManifest(manifest, options), context)),
    )
}

function addReports(program: Parent, context: Context, start: Start): void {
  migration
    .defineVerify(program)
    .action((manifest, options) =>
      start(() =>
        withEvents('verify', options, context, async (world) =>
          (await import('./commands/verify.ts')).verify(withManifest(manifest, options), world),
        ),
      ),
    )
  migration
    .defineExplain(program)
    .action((what, options) =>
      start(async () => (await import('./commands/explain.ts')).explain(what, options, context)),
    )
  migration.defineErrors(program).action(({ json, ndjson, ...options }) =>
    start(async () => {
      const format = ndjson ? 'ndjson' : json ? 'json' : options.format
      return (await import('./commands/errors.ts')).errors({ ...options, format }, context)
    }),
  )
}

function addState(program: Parent, context: Context, start: Start): void {
  const state = ofState.defineState(program)
  ofState
    .defineStateList(state)
    .action((options) => start(async () => (await import('./commands/state.ts')).stateList(options, context)))
  ofState
    .defineStateShow(state)
    .action((address, options) =>
      start(async () => (await import('./commands/state.ts')).stateShow(address, options, context)),
    )
  ofState
    .defineStateExport(state)
    .action((options) => start(async () => (await import('./commands/state-export.ts')).stateExport(options, context)))
  ofState
    .defineStateBackup(state)
    .action((file, options) =>
      start(async () => (await import('./commands/state.ts')).stateBackup(file, options, context)),
    )
  ofState
    .defineStateRestore(state)
    .action((file, options) =>
      start(async () => (await import('./commands/state-transfer.ts')).stateRestore(file, options, context)),
    )
  ofState
    .defineStateMigrate(state)
    .action((options) =>
      start(async () => (await import('./commands/state-transfer.ts')).stateMigrate(options, context)),
    )
  ofState
    .defineStateRm(state)
    .action((addresses, options) =>
      start(async () => (await import('./commands/state-edit.ts')).stateRm(addresses, options, context)),
    )
  ofState
    .defineStateMv(state)
    .action((old, renamed, options) =>
      start(async () => (await import('./commands/state-edit.ts')).stateMv(old, renamed, options, context)),
    )
  ofState
    .defineStateImport(state)
    .action((address, id, options) =>
      start(async () => (await import('./commands/state-edit.ts')).stateImport(address, id, options, context)),
    )
}

function addDestroy(program: Parent, context: Context, start: Start): void {
  migration
    .defineDestroy(program)
    .action((manifest, options) =>
      start(() =>
        withEvents('destroy', options, context, async (world) =>
          (await import('./commands/apply.ts')).destroy(manifest, options, world),
        ),
      ),
    )
}

function addPipeline(program: Parent, context: Context, start: Start): void {
  const pipeline = ofPipeline.definePipeline(program)
  ofPipeline
    .definePipelineNote(pipeline)
    .action((file, options) =>
      start(async () => (await import('./commands/pipeline.ts')).pipelineNote(file, options, context)),
    )
  ofPipeline
    .definePipelineReviewed(pipeline)
    .action((plan, options) =>
      start(async () => (await import('./commands/pipeline.ts')).pipelineReviewed(plan, options, context)),
    )
  ofPipeline
    .definePipelineOutputs(pipeline)
    .action((plan) => start(async () => (await import('./commands/pipeline.ts')).pipelineOutputs(plan, context)))
}

function addTools(program: Parent, context: Context, start: Start): void {
  tools
    .defineSandbox(program)
    .action((options) => start(async () => (await import('./commands/sandbox.ts')).sandbox(options, context)))
  tools
    .definePurge(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/purge.ts')).purge(withManifest(manifest, options), context)),
    )
  tools
    .defineDoctor(program)
    .action((manifest, options) =>
      start(async () => (await import('./commands/doctor.ts')).doctor(withManifest(manifest, options), context)),
    )
  tools
    .defineCompletion(program)
    .action((shell) => start(async () => (await import('./commands/completion.ts')).completion(shell, context)))
  tools
    .defineCompletionWords(program)
    .action((words) =>
      start(async () => (await import('./commands/completion.ts')).completionWords(program, words, context)),
    )
  tools
    .defineHelp(program)
    .action((words, options) =>
      start(async () => (await import('./commands/help.ts')).help(words, options, program, context)),
    )
  tools.defineWords(program).action(() =>
    start(async () => {
      context.stdout.write(glossary())
      return ExitCode.done
    }),
  )
}
