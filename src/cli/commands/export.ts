import { resolve } from 'node:path'
import { type LoadedManifest, loadManifest } from '../../config/load.ts'
import { ExitCode } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { renderProblems } from '../../diagnostics/render.ts'
import { proxiesOf } from '../../http/proxy.ts'
import { renderExportJson, renderExportText } from '../../reporting/export.ts'
import { painter } from '../../reporting/style.ts'
import { openListeners } from '../../running/listeners.ts'
import { locatingSourceErrors, withSourceLocation } from '../../running/manifest-places.ts'
import { scratchBeside, stagingBeside } from '../../running/scratch-place.ts'
import { type CaptureOptions, captureSource } from '../../sources/snapshot/capture.ts'
import { liveReading, snapshotFolder } from '../../sources/snapshot/placement.ts'
import { recordSource } from '../../sources/snapshot/record.ts'
import type { Snapshot } from '../../sources/snapshot/snapshot.ts'
import type { Context } from '../context.ts'
import type { defineExport } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'
export type ExportOptions = OptionsOf<typeof defineExport>

/** `export`: reads the source into a snapshot. The credentials of the target can be unset. */
export async function exportSource(options: ExportOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor(), stdout, stderr, cwd, env } = context
  const { config: path, env: environment } = options
  const defer = ([section]: readonly string[]) => section !== 'source'
  const loaded = await loadManifest({ path, environment, cwd, env, defer, mask: context.mask, redactor })
  const { progress, ...listeners } = openListeners(options, context)
  const onWarning = (problem: Problem) => {
    const located = { ...withSourceLocation(problem, loaded), severity: 'warning' as const }
    const text = renderProblems([located], { color: wantsColor(stderr, env), cwd, redactor })
    progress.aside(() => stderr.write(text))
  }
  const { source } = loaded.manifest
  const snapshot = await locatingSourceErrors(loaded, () =>
    read(loaded, options.out === undefined ? undefined : resolve(cwd, options.out), {
      directory: loaded.directory,
      now: context.now,
      signal: context.interrupted,
      clock: context.clock,
      proxies: proxiesOf(env),
      ...listeners,
      onWarning,
    }),
  ).finally(() => progress.clear())
  const live = await liveReading(source)
  const isItsOwn = live !== undefined && snapshot.folder === snapshotFolder(source, loaded.directory, live)
  if (options.json) stdout.write(renderExportJson(snapshot, redactor))
  else stdout.write(redactor.redact(renderExportText(snapshot, { paint: painter(wantsColor(stdout, env)), isItsOwn })))
  return ExitCode.done
}

async function read(loaded: LoadedManifest, out: string | undefined, options: CaptureOptions): Promise<Snapshot> {
  const { source, state } = loaded.manifest
  const live = await liveReading(source)
  const folder = out ?? snapshotFolder(source, loaded.directory, live)
  if (live !== undefined) return captureSource(source, live, folder, options)
  const scratch = scratchBeside(resolve(loaded.directory, state.path))
  try {
    return await stagingBeside(scratch.path, () => recordSource(source, folder, { ...options, scratch: scratch.path }))
  } finally {
    scratch.remove()
  }
}
