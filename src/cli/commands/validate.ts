import { relative } from 'node:path'
import { inspectManifest, type LoadedManifest } from '../../config/load.ts'
import { expressionsOf, type Manifest } from '../../config/manifest.ts'
import { recipeAt } from '../../config/recipes.ts'
import { ExitCode, ManifestError } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor, redactedValue } from '../../diagnostics/redactor.ts'
import { problemsToJson, renderProblems } from '../../diagnostics/render.ts'
import { checkStatements } from '../../exporting/rules.ts'
import { isObject, jsonText } from '../../json.ts'
import { rolesDefined } from '../../kinds/role/role-definition.ts'
import { checkColumnNames, checkExpressions, checkStreams } from '../../mapping/check.ts'
import { checkTestStreams } from '../../mapping/tests/run-tests.ts'
import { counted } from '../../reporting/style.ts'
import { withManifestLocation, withSourceLocation } from '../../running/manifest-places.ts'
import { checkWebhooks } from '../../running/notify.ts'
import { isSourceSecret, streamsOf } from '../../running/source.ts'
import { sourceDefinitions } from '../../sources/registry.ts'
import { checkOwnSnapshot } from '../../sources/snapshot/obtain.ts'
import { checkBaseUrl } from '../../workos/target.ts'
import type { Context } from '../context.ts'
import type { defineValidate } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { loadOptions } from '../manifest.ts'
export type ValidateOptions = OptionsOf<typeof defineValidate>

interface Report {
  /** Undefined if the files of the manifest could not be composed. */
  loaded?: LoadedManifest
  problems: Problem[]
}

/** `validate`: checks the manifest, its files and its expressions, and reports all problems. */
export async function validate(options: ValidateOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor() } = context
  const { loaded, problems } = await examine(options, context, redactor)
  const errors = problems.filter(({ severity }) => severity !== 'warning').length
  if (options.json) {
    const report = { valid: errors === 0, file: loaded?.file ?? null, problems: problemsToJson(problems) }
    context.stdout.write(`${jsonText(redactedValue(report, redactor), 2)}\n`)
  } else {
    const color = wantsColor(context.stderr, context.env)
    context.stderr.write(renderProblems(problems, { color, cwd: context.cwd, redactor }))
    if (errors > 0) context.stderr.write(`${errors} ${errors === 1 ? 'problem' : 'problems'}\n`)
    else if (loaded) context.stdout.write(`${summary(loaded, context.cwd)}\n`)
  }
  return errors > 0 ? ExitCode.usage : ExitCode.done
}

async function examine(options: ValidateOptions, context: Context, redactor: Redactor): Promise<Report> {
  try {
    const { loaded, problems } = await inspectManifest(loadOptions(options, context, redactor))
    const broken = (section: keyof Manifest) =>
      !isObject(loaded.manifest[section]) || problems.some((problem) => problem.path?.split('.')[0] === section)
    const ofExpressions = ['map', 'dedupe', 'vars', 'secrets'] as const
    const expressions = ofExpressions.some(broken) ? [] : checkExpressions(loaded)
    const files = broken('source') ? [] : await checkFiles(loaded)
    const streams = broken('source') ? undefined : await knownStreams(loaded)
    const recipe = (path: readonly string[]) => recipeAt(loaded.originOf(path))
    const rules = streams === undefined || broken('map') ? [] : checkStreams(loaded.manifest.map, streams, recipe)
    const tests = streams === undefined || broken('tests') ? [] : checkTestStreams(loaded, streams)
    const noted = [...problems, ...expressions, ...files, ...rules].some(({ severity }) => severity !== 'warning')
    const columns = streams === undefined || noted ? [] : await checkColumns(loaded, streams)
    const target = broken('target') ? [] : checkAddress(loaded)
    const notify = broken('notify') ? [] : checkNotify(loaded)
    const roles = broken('roles') ? [] : checkRoles(loaded)
    const statements = broken('export') ? [] : checkStatements(loaded)
    const located = [...rules, ...roles].map((problem) => withManifestLocation(problem, loaded))
    const found = [
      ...problems,
      ...expressions,
      ...files,
      ...located,
      ...columns,
      ...tests,
      ...target,
      ...notify,
      ...statements,
    ]
    return { loaded, problems: [...loaded.warnings, ...found] }
  } catch (error) {
    if (error instanceof ManifestError) return { problems: [...error.problems] }
    throw error
  }
}

/** Checks role definitions for contradictions that the schema cannot detect. */
function checkRoles({ manifest, unresolved }: LoadedManifest): readonly Problem[] {
  if (unresolved.some(([section]) => section === 'roles')) return []
  try {
    rolesDefined(manifest)
    return []
  } catch (error) {
    if (error instanceof ManifestError) return error.problems
    throw error
  }
}

async function checkFiles(loaded: LoadedManifest): Promise<Problem[]> {
  const { type, ...settings } = loaded.manifest.source
  // The checks of the files need no secrets.
  const ofSource = loaded.unresolved.filter((path) => path[0] === 'source' && !isSourceSecret(path))
  const unknown = ofSource.map((path) => path.join('.'))
  if (unknown.length > 0) {
    const message = `the source files were not checked, because ${unknown.join(', ')} is not set`
    const at = loaded.locate(['source'])
    return [{ code: 'files_not_checked', message, path: 'source', at, severity: 'warning' }]
  }
  const problems = [
    ...((await (await sourceDefinitions.get(type)?.())?.check(settings, loaded.directory)) ?? []),
    ...(await checkOwnSnapshot(loaded.manifest.source, loaded.directory)),
  ]
  return problems.map((problem) => withSourceLocation(problem, loaded))
}

/** Ignores columns that only a built-in recipe names: an export need not have all of them. */
async function checkColumns(loaded: LoadedManifest, streams: readonly string[]): Promise<Problem[]> {
  const { type, ...settings } = loaded.manifest.source
  if (loaded.unresolved.some((path) => path[0] === 'source' && !isSourceSecret(path))) return []
  const columns = await (await sourceDefinitions.get(type)?.())?.columns?.(settings, loaded.directory)
  if (columns === undefined || columns.size === 0) return []
  const isOwn = (path: readonly string[]) => {
    const place = loaded.originOf(path)
    return place !== undefined && recipeAt(place) === undefined
  }
  return checkColumnNames(loaded, streams, columns, isOwn)
}

/** Undefined for a source that cannot be opened, which its own check reports. */
async function knownStreams(loaded: LoadedManifest): Promise<readonly string[] | undefined> {
  try {
    return await streamsOf(loaded)
  } catch (error) {
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

function checkAddress(loaded: LoadedManifest): Problem[] {
  const { target } = loaded.manifest
  const unknown = loaded.unresolved.some((path) => path.join('.') === 'target.baseUrl')
  if (target.type !== 'workos' || target.baseUrl === undefined || unknown) return []
  try {
    checkBaseUrl(target.baseUrl)
    return []
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    return error.problems.map((problem) => withManifestLocation(problem, loaded))
  }
}

function checkNotify(loaded: LoadedManifest): readonly Problem[] {
  try {
    checkWebhooks(loaded)
    return []
  } catch (error) {
    if (error instanceof ManifestError) return error.problems
    throw error
  }
}

function summary(loaded: LoadedManifest, cwd: string): string {
  const count = expressionsOf(loaded.manifest).length
  const environment = loaded.environment === undefined ? '' : ` with environment ${loaded.environment}`
  const unknown = loaded.unresolved.length
  const left = unknown === 0 ? '' : `, ${counted(unknown, 'reference')} not set`
  const file = relative(cwd, loaded.file)
  return `${file}${environment} is valid: source ${loaded.manifest.source.type}, ${counted(count, 'expression')}${left}`
}
