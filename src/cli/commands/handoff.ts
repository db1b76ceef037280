import { resolve } from 'node:path'
import { loadManifest } from '../../config/load.ts'
import { accepts } from '../../config/manifest.ts'
import { ExitCode, ManifestError } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { renderProblems } from '../../diagnostics/render.ts'
import { writeHandoff } from '../../kinds/connection/handoff.ts'
import { checkExpressions } from '../../mapping/check.ts'
import { computeDesired } from '../../planning/compute-desired.ts'
import { rejectedFromFiles, renderHandoffJson, renderHandoffText, unreadConnections } from '../../reporting/handoff.ts'
import { painter } from '../../reporting/style.ts'
import { openListeners } from '../../running/listeners.ts'
import { locatingSourceErrors, withSourceLocation } from '../../running/manifest-places.ts'
import { scratchBeside, stagingBeside } from '../../running/scratch-place.ts'
import { scopeOf } from '../../running/session.ts'
import { checkSnapshotOptions, isSourceSecret, snapshotFor } from '../../running/source.ts'
import { stateLocation } from '../../state/location.ts'
import { checkState, peekState } from '../../state/open.ts'
import type { Context } from '../context.ts'
import type { defineHandoff } from '../definitions/migration.ts'
import type { OptionsOf } from '../definitions/options.ts'

export type HandoffCommandOptions = OptionsOf<typeof defineHandoff>

/** `handoff`: writes the connections and invitations of the source to files. */
export async function handoff(options: HandoffCommandOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor(), stdout, stderr, cwd, env } = context
  checkSnapshotOptions(options)
  const loaded = await loadManifest({
    path: options.config,
    environment: options.env,
    cwd,
    env,
    defer: (path) => path[0] === 'target' || isSourceSecret(path),
    mask: context.mask,
    redactor,
  })
  const { progress, ...listeners } = openListeners(options, context)
  const warn = (problem: Problem) => {
    if (accepts(loaded.manifest.warnings, problem.code)) return
    const warning = { ...problem, severity: 'warning' as const }
    const text = renderProblems([warning], { color: wantsColor(stderr, env), cwd, redactor })
    progress.aside(() => stderr.write(text))
  }
  const problems = checkExpressions(loaded)
  if (problems.some(({ severity }) => severity !== 'warning')) throw new ManifestError(problems)
  for (const warning of [...loaded.warnings, ...problems]) warn(warning)
  const tell = {
    ...listeners,
    onWarning: (problem: Problem) => warn(withSourceLocation(problem, loaded)),
  }
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  const location = stateLocation(loaded)
  checkState(location)
  const state = await peekState(location, { interrupted: context.interrupted })
  const scratch = scratchBeside(statePath)
  const write = async () => {
    const { set, warnings } = await locatingSourceErrors(loaded, () =>
      computeDesired({
        ...tell,
        loaded,
        scratch: scratch.path,
        scope: scopeOf({}, loaded.manifest),
        signal: context.interrupted,
        obtainSnapshot: snapshotFor(loaded, options, context, tell),
      }),
    ).finally(() => progress.clear())
    for (const problem of warnings) tell.onWarning(problem)
    try {
      const folder = resolve(cwd, options.out)
      const { includeSecrets = false } = options
      const written = await writeHandoff({
        rundb: set.rundb,
        organizationId: (key) => state.idOf('organization', key),
        folder,
        includeSecrets,
        now: context.now(),
      })
      const unread = unreadConnections(set, [loaded.manifest.map.connection?.from ?? []].flat())
      const text = options.json
        ? renderHandoffJson(written, set, unread)
        : renderHandoffText(written, set, unread, painter(wantsColor(stdout, env)))
      stdout.write(redactor.redact(text))
      return rejectedFromFiles(set) + unread > 0 ? ExitCode.incomplete : ExitCode.done
    } finally {
      set.close()
    }
  }
  try {
    return await stagingBeside(scratch.path, write)
  } finally {
    await state.close()
    scratch.remove()
  }
}
