import { existsSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { loadManifest } from '../../config/load.ts'
import { ExitCode, UsageError } from '../../diagnostics/errors.ts'
import { printable, shellWord } from '../../diagnostics/printable.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { removeAbandonedScratch } from '../../files/scratch.ts'
import { removeAbandonedFiles } from '../../files/temporary-file.ts'
import { jsonText } from '../../json.ts'
import { counted } from '../../reporting/style.ts'
import { table } from '../../reporting/table.ts'
import { stateLocation } from '../../state/location.ts'
import { lockState, ownFiles } from '../../state/open.ts'
import { approve } from '../approval.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { definePurge } from '../definitions/tools.ts'
import { search } from '../purge/find.ts'
import type { Recognised } from '../purge/recognise.ts'

/**
 * `purge`: removes what this program wrote and nobody needs any more. In: the manifest, and how old
 * a thing must be. Out: a list with sizes; and, once that is approved, the files are gone. The
 * state's lock is held, so that no run is working with them.
 */

export type PurgeOptions = OptionsOf<typeof definePurge>

/** What was removed, or would be, as schemas/purge.schema.json describes it. */
export interface PurgeReport {
  format: 'workos-migrate-purge'
  version: 1
  /** Whether it was only looked at. */
  dryRun: boolean
  items: PurgedItem[]
  /** Of all items. */
  bytes: number
  /** Files of the source that are left: they are not this program's, and hold what was migrated. */
  sources: string[]
}

export interface PurgedItem {
  sort: Recognised['sort']
  /** Absolute. */
  path: string
  bytes: number
  /** When it was last changed. ISO 8601. */
  changedAt: string
  /**
   * `found`: it would be removed. `kept`: somebody put other files into the folder, which stays
   * with those.
   */
  fate: 'found' | 'removed' | 'kept' | 'failed'
  /** Why it failed. */
  message?: string
}

const REMAINS =
  'Removing a file does not wipe the disk: SSDs, file systems with snapshots, and backups may keep copies.\n'

export async function purge(options: PurgeOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor(), cwd, env, mask, now, interrupted } = context
  const { config: path, env: environment, dryRun = false } = options
  const loaded = await loadManifest({ path, environment, cwd, env, offline: true, mask, redactor })
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  const folders = (options.in ?? []).map((folder) => resolve(cwd, folder))
  for (const folder of folders) {
    if (existsSync(folder)) continue
    throw new UsageError({ code: 'no_folder', message: `there is no folder ${folder}`, hint: 'name one with --in' })
  }
  const location = stateLocation(loaded)
  if (options.state && location.type === 'postgres') throw sharedState(location.schema, statePath)
  const taking = { command: 'purge', now: new Date(now()) }
  const release = dryRun ? undefined : await lockState(location, taking, { interrupted })
  try {
    const searched = await search({ loaded, statePath, cwd, folders, state: options.state ?? false })
    const before = now() - (options.olderThan ?? 0)
    const found = searched.found.filter(({ changedAt }) => options.olderThan === undefined || changedAt < before)
    const of = { found, sources: searched.sources, options, context }
    if (found.length === 0 || dryRun) return finish(of, found.map(itemOf))
    if (!options.json) context.stdout.write(textOf(found.map(itemOf), cwd))
    if (!(await isApproved(found, options, context))) {
      context.stderr.write('Nothing was removed.\n')
      return ExitCode.done
    }
    return finish(of, found.map(remove))
  } finally {
    await release?.()
  }
}

/** Others may need it: nobody removes it from here. */
function sharedState(schema: string, statePath: string): UsageError {
  const { files, backups } = ownFiles({ type: 'file', path: statePath })
  const copies = [...files, ...backups].map(shellWord)
  const here = copies.length === 0 ? '' : `; on this machine delete yourself: ${copies.join(', ')}`
  return new UsageError({
    code: 'state_shared',
    message: `the state is in a database, in the schema ${schema}, which other manifests and machines may share`,
    hint: `leave --state out; once nobody needs any of it, have the schema dropped there${here}`,
  })
}

async function isApproved(found: readonly Recognised[], options: PurgeOptions, context: Context): Promise<boolean> {
  const { stdin, stderr } = context
  if (!options.yes && !(stdin.isTTY && stderr.isTTY)) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'nobody can be asked here whether to remove this: standard input is no terminal',
      hint: 'look with --dry-run, then approve with --yes',
    })
  }
  const lost = found.some(({ sort }) => sort === 'state')
    ? ' Without the state no later run knows what it made, and destroy undoes nothing.'
    : ''
  const text = `\nRemove ${counted(found.length, 'thing')} from this machine?${lost}`
  return approve({ text, deletes: true }, { yes: options.yes }, context)
}

function itemOf({ sort, path, bytes, changedAt }: Recognised): PurgedItem {
  return { sort, path, bytes, changedAt: new Date(changedAt).toISOString(), fate: 'found' }
}

function remove(one: Recognised): PurgedItem {
  const { sort, path, files } = one
  try {
    if (sort === 'scratch folder') {
      removeAbandonedScratch(dirname(path))
      return { ...itemOf(one), fate: existsSync(path) ? 'kept' : 'removed' }
    }
    removeAbandonedFiles(dirname(path))
    for (const file of files) rmSync(file, { force: true })
    return { ...itemOf(one), fate: files.includes(path) || emptied(path) ? 'removed' : 'kept' }
  } catch (error) {
    return { ...itemOf(one), fate: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

/** Whether a folder was left with nothing in it, and is gone. */
function emptied(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}

async function finish(
  { sources, options, context }: { sources: readonly string[]; options: PurgeOptions; context: Context },
  items: PurgedItem[],
): Promise<ExitCode> {
  const { stdout, stderr, cwd } = context
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0)
  const { dryRun = false } = options
  const report: PurgeReport = {
    format: 'workos-migrate-purge',
    version: 1,
    dryRun,
    items,
    bytes,
    sources: [...sources],
  }
  if (options.json) stdout.write(`${jsonText(report, 2)}\n`)
  else if (items.length === 0) stdout.write('There is nothing to remove.\n')
  else stdout.write(dryRun ? `${textOf(items, cwd)}Nothing was removed.\n` : conclusionOf(items, cwd))
  if (items.some(({ fate }) => fate === 'removed')) stderr.write(REMAINS)
  if (sources.length > 0) {
    const names = sources.map((path) => printable(shown(path, cwd))).join(', ')
    stderr.write(`Files of the source are not removed: ${names}. Delete them yourself when they are not needed.\n`)
  }
  return items.some(({ fate }) => fate === 'failed') ? ExitCode.incomplete : ExitCode.done
}

function textOf(items: readonly PurgedItem[], cwd: string): string {
  const rows = items.map(({ sort, path, bytes, changedAt }) => [
    printable(shown(path, cwd)),
    sort,
    sizeOf(bytes),
    changedAt.slice(0, 10),
  ])
  const total = items.reduce((sum, { bytes }) => sum + bytes, 0)
  return `${table([['', 'what it is', 'size', 'changed'], ...rows])}\n${counted(items.length, 'thing')}, ${sizeOf(total)}\n`
}

function conclusionOf(items: readonly PurgedItem[], cwd: string): string {
  const removed = items.filter(({ fate }) => fate === 'removed')
  const bytes = removed.reduce((sum, item) => sum + item.bytes, 0)
  const others = items.flatMap(({ fate, path, message }) => {
    if (fate === 'kept') return [`${printable(shown(path, cwd))} stays: other files are in it\n`]
    return fate === 'failed' ? [`${printable(shown(path, cwd))} cannot be removed: ${printable(message ?? '')}\n`] : []
  })
  return [...others, `Removed ${counted(removed.length, 'thing')}, ${sizeOf(bytes)}.\n`].join('')
}

function shown(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '' || short.startsWith('..') ? path : short
}

function sizeOf(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`
}
