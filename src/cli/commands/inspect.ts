import { relative, resolve } from 'node:path'
import { type LoadedManifest, loadManifest } from '../../config/load.ts'
import type { SourceConfig } from '../../config/manifest.ts'
import { ExitCode, OperatorError, UsageError } from '../../diagnostics/errors.ts'
import { wantsColor } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { renderProblems } from '../../diagnostics/render.ts'
import { staging } from '../../files/disk.ts'
import type { Scratch } from '../../files/scratch.ts'
import { databaseInspection } from '../../inspecting/database/look.ts'
import { SAMPLE } from '../../inspecting/database/sample.ts'
import { inspectSource } from '../../inspecting/inspect.ts'
import { type Inspection, nobodyIn, withoutValues } from '../../inspecting/inspection.ts'
import { describeDataFile, isMeant, type Only, type Recognised } from '../../inspecting/recognise.ts'
import type { JsonObject } from '../../json.ts'
import { columnsRead } from '../../mapping/check.ts'
import { renderDatabaseText } from '../../reporting/database.ts'
import { renderInspectionJson, renderInspectionText } from '../../reporting/inspection.ts'
import { painter } from '../../reporting/style.ts'
import { type Listeners, openListeners, type Telling } from '../../running/listeners.ts'
import { locatingSourceErrors, withSourceLocation } from '../../running/manifest-places.ts'
import { OTHER_TEMPORARY, scratchAmongTemporary, scratchBeside, stagingBeside } from '../../running/scratch-place.ts'
import { checkSnapshotOptions, isSourceSecret, snapshotFor } from '../../running/source.ts'
import { openSource } from '../../sources/registry.ts'
import type { Snapshot } from '../../sources/snapshot/snapshot.ts'
import { sourceFile } from '../../sources/text/file.ts'
import { writtenNullWarnings } from '../../sources/text/written-nulls.ts'
import type { Context } from '../context.ts'
import { databaseFrom, isDatabaseUrl, lookInto, missingUrl } from '../database.ts'
import type { defineInspect } from '../definitions/first-steps.ts'
import { type OptionsOf, withManifest } from '../definitions/options.ts'
import { buffered } from '../output.ts'

export type InspectCommandOptions = OptionsOf<typeof defineInspect>

const DEFAULT_LIMIT = 10_000

/** `inspect`: shows what the source of a manifest, a data file or a database contains. */
export async function inspect(
  subject: string | undefined,
  options: InspectCommandOptions,
  context: Context,
): Promise<ExitCode> {
  checkSnapshotOptions(options)
  const from = databaseSubject(subject, options)
  if (from !== undefined) return inspectDatabase(from, options, context)
  const file = dataFile(subject, options)
  const look = file === undefined ? lookAtManifest(subject, options, context) : lookAtFile(file, context)
  const { title, manifest, recognised, ...read } = await look
  const limit = options.all ? Number.POSITIVE_INFINITY : (options.limit ?? DEFAULT_LIMIT)
  const found = await inspectHere({ ...read, quiet: options.quiet, verbose: options.verbose }, limit, context)
  const inspection = context.mask?.mode === 'all' ? withoutValues(found) : found
  const output = buffered(context.stdout)
  if (options.json) {
    const about = { manifest, file: file ?? null, recognised: recognised ?? null, database: null }
    output.write(renderInspectionJson(inspection, about))
  } else {
    const paint = painter(wantsColor(context.stdout, context.env))
    renderInspectionText(inspection, { title, paint, write: output.write })
  }
  await output.end()
  return ExitCode.done
}

/** The database from `--from`, or a URL in place of a file. */
function databaseSubject(subject: string | undefined, options: InspectCommandOptions): string | undefined {
  const { from, file, config, env, all, fresh, snapshot } = options
  const url = subject !== undefined && isDatabaseUrl(subject) ? subject : undefined
  const named = from ?? url
  if (named === undefined) return undefined
  const others = [
    from === undefined ? undefined : subject,
    file,
    config,
    env,
    fresh ? '--fresh' : undefined,
    snapshot,
  ].filter((other) => other !== undefined)
  if (others.length > 0) {
    throw new UsageError({
      code: 'two_subjects',
      message: `--from cannot be combined with ${others.map((other) => (isDatabaseUrl(other) ? 'a URL' : other)).join(' and ')}`,
      hint: 'inspect either a database or the source of a manifest (with --config and --env)',
    })
  }
  if (all) {
    throw new UsageError({
      code: 'contradicting_options',
      message: '--all needs a manifest: without one, inspect reads only a sample of a database',
      hint: 'create a manifest with workos-migrate init --from, then run inspect --all; or use --limit',
    })
  }
  return named
}

/** `inspect --from`: shows the tables of a database and a sample of its users. */
async function inspectDatabase(from: string, options: InspectCommandOptions, context: Context): Promise<ExitCode> {
  const database = databaseFrom(from, context)
  if (!('url' in database)) throw missingUrl(database)
  const look = await lookInto(database, { named: {}, limit: options.limit ?? SAMPLE }, context)
  const inspection =
    look.inspection === undefined || context.mask?.mode !== 'all' ? look.inspection : withoutValues(look.inspection)
  const output = buffered(context.stdout)
  const found = databaseInspection(look)
  if (options.json) {
    const about = { manifest: null, file: null, recognised: null, database: found }
    output.write(renderInspectionJson(inspection ?? nobodyIn(database.type), about))
  } else {
    const paint = painter(wantsColor(context.stdout, context.env))
    renderDatabaseText(found, { paint, write: output.write })
    if (inspection !== undefined)
      renderInspectionText(inspection, { title: SAMPLED, further: 'more with --limit', paint, write: output.write })
  }
  await output.end()
  return ExitCode.done
}

const SAMPLED = 'A sample of the users, in the order of their keys'

/** The named file, unless it is a manifest: YAML, or a file with a manifest's name. */
function dataFile(subject: string | undefined, options: InspectCommandOptions): string | undefined {
  const { file, config, env, all, limit, fresh, snapshot } = options
  if (all && limit !== undefined) {
    const hint = 'use --all for every record, or --limit for the first records'
    throw new UsageError({ code: 'contradicting_options', message: '--all and --limit contradict each other', hint })
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
    message: `the data file ${named} cannot be combined with ${others.join(' and ')}`,
    hint: 'inspect either a data file or the source of a manifest (with --config and --env)',
  })
}

interface Look extends Subject {
  title: string
  /** The manifest, relative to the working directory. */
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
  // inspect needs no target, and a snapshot needs no credentials.
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

/** The columns of sources that consist of CSV files, by stream. */
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

/** Empty for an unreadable file, which the source reports with its place in the manifest. */
async function headerOf(name: string, directory: string): Promise<string[][]> {
  try {
    return [...(await describeDataFile(sourceFile(name, directory))).columns.values()]
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}

async function lookAtFile(name: string, { cwd }: Context): Promise<Look> {
  const { recognised, source, written, columns, only } = await describeDataFile(sourceFile(name, cwd))
  const known = recognised?.origin === 'file' ? recognised.title : `${recognised?.title} (${recognised?.origin})`
  const origin = recognised === undefined ? 'of unknown origin' : known
  const remarks = settingsRemark(name, written)
  return { source, directory: cwd, title: `${name}, ${origin}`, manifest: null, recognised, columns, only, remarks }
}

/** The settings that a manifest needs to read the file. */
function settingsRemark(file: string, written: JsonObject): Problem[] {
  const settings = Object.entries(written).map(([name, value]) => `${name}: ${value === '\t' ? 'tab' : value}`)
  if (settings.length === 0) return []
  const message = `this file was read with ${settings.join(', ')}`
  return [
    { code: 'read_with', message, hint: 'add the same settings to the manifest, or let init write them', at: { file } },
  ]
}

export interface Tell extends Omit<Listeners, 'progress'> {
  onWarning(problem: Problem): void
}

interface Subject extends Telling {
  source: SourceConfig
  /** The folder for relative paths. */
  directory: string
  loaded?: LoadedManifest
  /** Gets the snapshot of a live source. */
  obtain?: (tell: Tell) => Promise<Snapshot | undefined>
  /** Warnings to suppress: those about written nulls, or all. Default: none. */
  untold?: 'nulls' | 'all'
  /** See InspectOptions. */
  columns?: ReadonlyMap<string, readonly string[]>
  /** The records to include. Default: all. */
  only?: Only
  /** Warnings to show before reading. */
  remarks?: readonly Problem[]
}

/** Inspects a source. @param limit the most records to read */
export async function inspectHere(subject: Subject, limit: number, context: Context): Promise<Inspection> {
  const { source, directory, loaded, obtain, columns, only, untold, remarks = [] } = subject
  const { progress, ...listeners } = openListeners(subject, context)
  const scratch = scratchFor(loaded)
  const located = (problem: Problem) => (loaded === undefined ? problem : withSourceLocation(problem, loaded))
  const warn = (problem: Problem) => {
    if (untold === 'all') return
    const { stderr, env, cwd, redactor } = context
    const shown: Problem = { ...located(problem), severity: 'warning' }
    const text = renderProblems([shown], { color: wantsColor(stderr, env), cwd, redactor })
    progress.aside(() => stderr.write(text))
  }
  const signal = context.interrupted
  const read = async () => {
    for (const remark of remarks) warn(remark)
    const snapshot = await obtain?.({ ...listeners, onWarning: warn })
    const inspection = await inspectSource({
      type: source.type,
      limit,
      scratch: scratch.path,
      columns,
      isMeant: (record) => isMeant(record, only),
      ...(loaded && { columnsRead: (streams) => columnsRead(loaded.manifest, streams) }),
      open: (reject) => openSource(source, { directory, scratch: scratch.path, reject, warn, snapshot, signal }),
      onProgress: listeners.onProgress,
    })
    const known = { mapped: loaded !== undefined, source }
    const warnings = untold === undefined ? writtenNullWarnings(inspection.writtenNulls, known) : []
    for (const warning of warnings) warn(warning)
    return inspection
  }
  try {
    if (loaded === undefined) return await staging(scratch.path, OTHER_TEMPORARY, read)
    return await stagingBeside(scratch.path, () => locatingSourceErrors(loaded, read))
  } finally {
    progress.clear()
    scratch.remove()
  }
}

/** A private folder: next to the state, or without a manifest among the temporary files. */
function scratchFor(loaded: LoadedManifest | undefined): Scratch {
  if (loaded === undefined) return scratchAmongTemporary()
  return scratchBeside(resolve(loaded.directory, loaded.manifest.state.path))
}
