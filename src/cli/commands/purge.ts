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
 * `purge`: lists what this program wrote and, after approval, removes it. In: the manifest and an
 * age. Out: a list with sizes. Takes the lock of the state, so that no run uses the files.
 */

export type PurgeOptions = OptionsOf<typeof definePurge>

/** The JSON report: schemas/purge.schema.json. */
export interface PurgeReport {
  format: 'workos-migrate-purge'
  version: 1
  dryRun: boolean
  items: PurgedItem[]
  /** The sum of all items. */
  bytes: number
  /** Source files, which purge never removes. They contain the migrated data. */
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
   * `found`: would be removed. `kept`: the folder stays, because it contains other files than the
   * removed snapshot, or because another command uses this scratch folder.
   */
  fate: 'found' | 'removed' | 'kept' | 'failed'
  /** Why it failed. */
  message?: string
}

const REMAINS = 'Removing a file does not erase the disk: SSDs, file system snapshots and backups can keep copies.\n'
/** What follows the name of a folder that stays. */
const USED = ' was kept: another command uses it'
const SHARED = ': its snapshot was removed; the folder stays, because it contains other files'

export async function purge(options: PurgeOptions, context: Context): Promise<ExitCode> {
  const { redactor = new Redactor(), cwd, env, mask, now, interrupted } = context
  const { config: path, env: environment, dryRun = false } = options
  const loaded = await loadManifest({ path, environment, cwd, env, offline: true, mask, redactor })
  const statePath = resolve(loaded.directory, loaded.manifest.state.path)
  const folders = (options.in ?? []).map((folder) => resolve(cwd, folder))
  for (const folder of folders) {
    if (existsSync(folder)) continue
    throw new UsageError({
      code: 'no_folder',
      message: `the folder ${folder} does not exist`,
      hint: 'name an existing folder with --in',
    })
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

function sharedState(schema: string, statePath: string): UsageError {
  const { files, backups } = ownFiles({ type: 'file', path: statePath })
  const copies = [...files, ...backups].map(shellWord)
  const here = copies.length === 0 ? '' : `; on this machine, delete these files yourself: ${copies.join(', ')}`
  return new UsageError({
    code: 'state_shared',
    message: `the state is in the database schema ${schema}, which other manifests and machines can share`,
    hint: `remove --state; when nobody needs the states in the schema, drop the schema in the database${here}`,
  })
}

async function isApproved(found: readonly Recognised[], options: PurgeOptions, context: Context): Promise<boolean> {
  const { stdin, stderr } = context
  if (!options.yes && !(stdin.isTTY && stderr.isTTY)) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'this command cannot ask for approval: standard input is not a terminal',
      hint: 'review with --dry-run, then approve with --yes',
    })
  }
  const lost = found.some(({ sort }) => sort === 'state')
    ? ' Without the state, later runs do not know what was created, and destroy cannot undo it.'
    : ''
  const text = `\nRemove ${counted(found.length, 'item')} from this machine?${lost}`
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

/** Removes the folder if it is empty. */
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
    stderr.write(`Source files were not removed: ${names}. Delete them yourself when you no longer need them.\n`)
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
  return `${table([['', 'type', 'size', 'changed'], ...rows])}\n${counted(items.length, 'item')}, ${sizeOf(total)}\n`
}

function conclusionOf(items: readonly PurgedItem[], cwd: string): string {
  const removed = items.filter(({ fate }) => fate === 'removed')
  const bytes = removed.reduce((sum, item) => sum + item.bytes, 0)
  const others = items.flatMap(({ sort, fate, path, message }) => {
    const name = printable(shown(path, cwd))
    if (fate === 'kept') return [`${name}${sort === 'scratch folder' ? USED : SHARED}\n`]
    return fate === 'failed' ? [`${name} cannot be removed: ${printable(message ?? '')}\n`] : []
  })
  return [...others, `Removed ${counted(removed.length, 'item')}, ${sizeOf(bytes)}.\n`].join('')
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
