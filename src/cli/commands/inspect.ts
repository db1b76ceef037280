import { relative } from 'node:path'
import { loadManifest } from '../../config/load.ts'
import type { LoadedManifest } from '../../config/loaded-manifest.ts'
import { wantsColor } from '../../diagnostics/color.ts'
import { ExitCode, OperatorError, UsageError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { withoutValues } from '../../inspecting/hide-values.ts'
import type { Recognised } from '../../inspecting/recognise.ts'
import { describeDataFile } from '../../inspecting/source-of-file.ts'
import { renderInspectionJson } from '../../reporting/inspection-json.ts'
import { renderInspectionText } from '../../reporting/inspection-text.ts'
import { painter } from '../../reporting/style.ts'
import { sourceFile } from '../../sources/csv/file.ts'
import type { Context } from '../context.ts'
import type { defineInspect } from '../definitions/first-steps.ts'
import type { OptionsOf } from '../definitions/options.ts'
import { inspectHere, type Subject, type Tell } from '../inspect-here.ts'
import { buffered } from '../output.ts'
import { checkSnapshotOptions, isSourceSecret, snapshotFor } from '../source-snapshot.ts'
import { withManifest } from '../with-manifest.ts'

export type InspectCommandOptions = OptionsOf<typeof defineInspect>

/** Records that are read unless more are asked for. */
const DEFAULT_LIMIT = 10_000

/** `inspect`: shows what a source holds, be it that of a manifest or a data file that has none yet. */
export async function inspect(
  subject: string | undefined,
  options: InspectCommandOptions,
  context: Context,
): Promise<ExitCode> {
  checkSnapshotOptions(options)
  const file = dataFile(subject, options)
  const look = file === undefined ? lookAtManifest(subject, options, context) : lookAtFile(file, context)
  const { title, manifest, recognised, ...read } = await look
  const limit = options.all ? Number.POSITIVE_INFINITY : (options.limit ?? DEFAULT_LIMIT)
  const found = await inspectHere({ ...read, quiet: options.quiet, verbose: options.verbose }, limit, context)
  const inspection = context.mask?.mode === 'all' ? withoutValues(found) : found
  const output = buffered(context.stdout)
  if (options.json) {
    output.write(renderInspectionJson(inspection, { manifest, file: file ?? null, recognised: recognised ?? null }))
  } else {
    const paint = painter(wantsColor(context.stdout, context.env))
    renderInspectionText(inspection, { title, paint, write: output.write })
  }
  await output.end()
  return ExitCode.done
}

/** A manifest is YAML, or has the name that is searched for; everything else that is named is data. */
function dataFile(subject: string | undefined, options: InspectCommandOptions): string | undefined {
  const { file, config, env, all, limit, fresh, snapshot } = options
  if (all && limit !== undefined) {
    const hint = '--all reads everything, --limit the first so many records'
    throw new UsageError({ code: 'contradicting_options', message: '--all and --limit are both given', hint })
  }
  const named =
    file ?? (subject !== undefined && !/\.ya?ml$|migrate\.config\.json$/i.test(subject) ? subject : undefined)
  const others = [
    file === undefined ? undefined : subject,
    config,
    env,
    fresh ? '--fresh' : undefined,
    snapshot,
  ].filter((other) => other !== undefined)
  if (named === undefined || others.length === 0) return named
  throw new UsageError({
    code: 'two_subjects',
    message: `${named} is a data file, and ${others.join(' and ')} ${others.length === 1 ? 'says' : 'say'} something else`,
    hint: 'inspect either a data file or the source of a manifest (with --config and --env)',
  })
}

interface Look extends Subject {
  title: string
  /** The manifest, relative to the working folder. */
  manifest: string | null
  recognised: Recognised | undefined
}

async function lookAtManifest(
  subject: string | undefined,
  options: InspectCommandOptions,
  context: Context,
): Promise<Look> {
  const { config: path, env: environment } = withManifest(subject, options)
  const { cwd, env, redactor = new Redactor() } = context
  // Where it goes does not matter here, and a snapshot needs no credentials.
  const defer = (place: readonly string[]) => place[0] !== 'source' || isSourceSecret(place)
  const loaded = await loadManifest({ path, environment, cwd, env, defer, mask: context.mask, redactor })
  const manifest = relative(cwd, loaded.file)
  const title = `${manifest}, source ${loaded.manifest.source.type}`
  const columns = await columnsOf(loaded)
  const obtain = (tell: Tell) => snapshotFor(loaded, options, context, tell)()
  return {
    source: loaded.manifest.source,
    directory: loaded.directory,
    loaded,
    obtain,
    title,
    manifest,
    columns,
    recognised: undefined,
  }
}

/** Of the sources that are read from CSV files alone, each under the name of its stream. */
async function columnsOf({ manifest, directory }: LoadedManifest): Promise<Map<string, readonly string[]>> {
  const { type, ...files } = manifest.source
  const columns = new Map<string, readonly string[]>()
  if (type !== 'csv' && type !== 'clerk') return columns
  for (const [option, name] of Object.entries(files)) {
    if (typeof name !== 'string' || option === 'delimiter') continue
    for (const own of await headerOf(name, directory)) columns.set(option === 'path' ? 'users' : option, own)
  }
  return columns
}

/** None for a file that cannot be read: reading the source tells of it, with its place in the manifest. */
async function headerOf(name: string, directory: string): Promise<string[][]> {
  try {
    return [...(await describeDataFile(sourceFile(name, directory))).columns.values()]
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}

async function lookAtFile(name: string, { cwd }: Context): Promise<Look> {
  const { recognised, source, columns } = await describeDataFile(sourceFile(name, cwd))
  const origin = recognised === undefined ? 'of no known origin' : `${recognised.title} (${recognised.origin})`
  return { source, directory: cwd, title: `${name}, ${origin}`, manifest: null, recognised, columns }
}
