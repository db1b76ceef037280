import { type ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import { type PlacedMisfit, placeOf } from '../../planning/misfits.ts'
import {
  type Casualty,
  casualties,
  EXAMPLES,
  errorLine,
  groupByCause,
  renderErrorsJson,
  renderErrorsText,
} from '../../reporting/errors.ts'
import { painter } from '../../reporting/style.ts'
import { outputPlaces } from '../../running/output-places.ts'
import { scratchBeside, stagingBeside } from '../../running/scratch-place.ts'
import { snapshotAtHand } from '../../running/source.ts'
import { RUNS_KEPT, type Run, type StateStore } from '../../state/store.ts'
import type { Context } from '../context.ts'
import type { defineErrors } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { buffered } from '../output.ts'
import { type OpenedState, withState } from '../with-state.ts'
import { writeRejects } from '../write-rejects.ts'

/** `--json` and `--ndjson` are other ways to write `--format`. */
export type ErrorsOptions = Omit<OptionsOf<typeof defineErrors>, 'json' | 'ndjson'>

/** `errors`: what a run could not migrate, by cause. Reads the state, and the source for --csv. */
export async function errors(options: ErrorsOptions, context: Context): Promise<ExitCode> {
  return withState(options, context, async (opened) => {
    const { state } = opened
    const run = await chooseRun(state, options.run)
    const { csv, snapshot } = options
    if (csv !== undefined) await saveRows(csv, snapshot, run, opened, context)
    const items = casualties(state.failures(run.run), state.rejects(run.run))
    const { write, end } = buffered(context.stdout)
    if (options.format === 'ndjson') for await (const item of items) write(errorLine(item))
    else {
      const groups = await groupByCause(items, options.full ? Number.POSITIVE_INFINITY : EXAMPLES)
      if (options.format === 'json') renderErrorsJson(run, groups, write)
      else renderErrorsText(run, groups, { paint: painter(wantsColor(context.stdout, context.env)), write })
    }
    await end()
  })
}

/** Writes the affected rows. Never makes a new snapshot of a live source. */
async function saveRows(
  file: string,
  folder: string | undefined,
  { run, source }: Run,
  { state, loaded, statePath }: OpenedState,
  context: Context,
): Promise<void> {
  const holder = await outputPlaces(loaded, statePath, { '--csv': file }, context.cwd)
  const scratch = scratchBeside(statePath)
  try {
    const misfits = placed(casualties(state.failures(run), state.rejects(run)))
    const obtainSnapshot = () => snapshotAtHand(loaded, folder, context)
    const rows = {
      file,
      option: '--csv',
      misfits,
      loaded,
      scratch: scratch.path,
      obtainSnapshot,
      digest: source,
      holder,
    }
    await stagingBeside(scratch.path, () => writeRejects(rows, context))
  } finally {
    scratch.remove()
  }
}

async function* placed(items: AsyncIterable<Casualty>): AsyncGenerator<PlacedMisfit> {
  for await (const misfit of items) yield { misfit, ...placeOf(misfit.origin), seq: null }
}

/** Skips the runs of `state` commands, which never fail on a resource. */
async function chooseRun(state: StateStore, wanted: number | undefined): Promise<Run> {
  const runs = (await state.runs()).filter(({ command }) => !command.startsWith('state '))
  const kept = runs.slice(-RUNS_KEPT)
  const run = wanted === undefined ? runs.at(-1) : runs.find((candidate) => candidate.run === wanted)
  if (run === undefined) {
    throw new UsageError({
      code: 'unknown_run',
      message: wanted === undefined ? 'nothing has been applied yet' : `run ${wanted} does not exist`,
      hint:
        runs.length === 0
          ? 'run workos-migrate plan to see what would be rejected, and why'
          : `choose a run from ${runs[0]?.run} to ${runs.at(-1)?.run}; workos-migrate state show lists them`,
    })
  }
  if (kept.includes(run)) return run
  throw new UsageError({
    code: 'run_forgotten',
    message: `the state no longer has the errors of run ${run.run}: it keeps those of the last ${RUNS_KEPT} runs`,
    hint: `choose run ${kept[0]?.run} or later`,
  })
}
