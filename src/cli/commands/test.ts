import { basename, dirname, join, relative } from 'node:path'
import { type LoadedManifest, loadManifest } from '../../config/load.ts'
import { shippedRecipes } from '../../config/recipes.ts'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import type { Location } from '../../diagnostics/problem.ts'
import { Redactor, redactedValue } from '../../diagnostics/redactor.ts'
import { renderProblems } from '../../diagnostics/render.ts'
import { jsonText } from '../../json.ts'
import { runMappingTests } from '../../mapping/tests/run-tests.ts'
import { painter } from '../../reporting/style.ts'
import { renderTestsText, testsToJson } from '../../reporting/tests.ts'
import { locatingManifestErrors } from '../../running/manifest-places.ts'
import { streamsOf } from '../../running/source.ts'
import type { Context } from '../context.ts'
import type { defineTest } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'

export type TestOptions = OptionsOf<typeof defineTest>

/**
 * `test`: runs the mapping tests of a manifest or a recipe, without a source or a target. Exit code
 * 1 if one fails.
 * @throws ManifestError, UsageError
 */
export async function test(options: TestOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor() } = context
  const { config: path, env: environment, recipe } = options
  if (recipe !== undefined && (path !== undefined || environment !== undefined)) {
    throw new UsageError({
      code: 'recipe_and_manifest',
      message: '--recipe tests a built-in recipe alone, so it cannot be combined with a manifest or --env',
      hint: 'remove --recipe, or the manifest and --env',
    })
  }
  // Each test reports the unset references that it needs.
  const defer = () => true
  const loaded = await loadManifest({
    path,
    environment,
    recipe,
    defer,
    cwd: context.cwd,
    env: context.env,
    mask: context.mask,
    redactor,
  })
  const color = wantsColor(context.stderr, context.env)
  context.stderr.write(renderProblems(loaded.warnings, { color, cwd: context.cwd, redactor }))
  const outcomes = await locatingManifestErrors(loaded, async () => runMappingTests(loaded, await streamsOf(loaded)))
  if (outcomes.length === 0) context.stderr.write(nothingToRun(loaded, recipe, context.cwd))
  const shown = (at: Location) => ({ ...at, file: shownFile(at.file, context.cwd) })
  if (options.json) context.stdout.write(`${jsonText(redactedValue(testsToJson(outcomes, shown), redactor), 2)}\n`)
  else {
    const paint = painter(wantsColor(context.stdout, context.env))
    renderTestsText(outcomes, { paint, shown, write: (text) => context.stdout.write(redactor.redact(text)) })
  }
  return outcomes.some(({ differences }) => differences.length > 0) ? ExitCode.failure : ExitCode.done
}

function nothingToRun({ file }: LoadedManifest, recipe: string | undefined, cwd: string): string {
  if (recipe !== undefined) return `The recipe ${recipe} has no tests.\n`
  return `${shownFile(file, cwd)} has no tests. Add tests under "tests:" as described in docs/how-to/mapping-tests.md.\n`
}

function shownFile(file: string, cwd: string): string {
  return dirname(file) === shippedRecipes ? join('recipes', basename(file)) : relative(cwd, file) || file
}
