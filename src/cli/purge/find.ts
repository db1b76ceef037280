import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { LoadedManifest } from '../../config/load.ts'
import { abandonedScratch } from '../../files/scratch.ts'
import { SANDBOX_ID } from '../../sandbox/database.ts'
import { sourceFiles } from '../../sources/registry.ts'
import { databaseId } from '../../sqlite/open.ts'
import { stateLocation } from '../../state/location.ts'
import { ownFiles } from '../../state/open.ts'
import { made, type Recognised, recognise } from './recognise.ts'

/**
 * Finds the files that this program wrote. In: a manifest and more folders. Out: the files, and the
 * source files, which are the user's own.
 */

export interface Searched {
  found: Recognised[]
  /** Source files. They are not this program's, and purge never removes them. */
  sources: string[]
}

export interface Search {
  loaded: LoadedManifest
  statePath: string
  cwd: string
  /** More folders, absolute. */
  folders: readonly string[]
  /** Whether to find the state, its backups and the data of an embedded sandbox. */
  state: boolean
}

const OWN = '.workos-migrate'

/** Each file once, in the order of the folders. Does not search subfolders. */
export async function search(options: Search): Promise<Searched> {
  const { loaded, statePath, cwd, folders, state } = options
  const { directory, manifest } = loaded
  const own = join(directory, OWN)
  const snapshot = 'snapshot' in manifest.source ? manifest.source.snapshot : undefined
  const places = [cwd, directory, dirname(statePath), own, join(own, 'snapshots'), ...folders]
  if (typeof snapshot === 'string') places.push(dirname(resolve(directory, snapshot)))
  const sources = (await sourceFiles(manifest.source, directory)).map(({ path }) => path).filter(existsSync)
  const kept = new Set([loaded.file, statePath, ...sources].map(real))
  const found = new Map<string, Recognised>()
  const add = (one: Recognised) => {
    if (!kept.has(real(one.path))) found.set(real(one.path), one)
  }
  for (const folder of new Set(places)) {
    for (const entry of entriesOf(folder)) {
      const one = recognise(folder, entry)
      if (one !== undefined) add(one)
    }
    for (const path of abandonedScratch(folder)) add(scratchAt(path))
  }
  if (state) for (const one of statesOf(statePath, loaded)) found.set(real(one.path), one)
  return { found: [...found.values()], sources }
}

/** The state, its backups and the data of its embedded sandbox. */
function statesOf(statePath: string, loaded: LoadedManifest): Recognised[] {
  const { directory, manifest } = loaded
  const { files, backups } = ownFiles(stateLocation(loaded))
  const { target } = manifest
  const data = target.type === 'sandbox' && target.data !== ':memory:' ? target.data : undefined
  const sandbox = data === undefined ? undefined : resolve(directory, data)
  return [
    ...(files.length > 0 ? [made('state', statePath, files)] : []),
    ...backups.map((path) => made('backup of the state', path, [path])),
    ...(sandbox !== undefined && databaseId(sandbox) === SANDBOX_ID
      ? [made('sandbox', sandbox, withJournals(sandbox))]
      : []),
  ]
}

function withJournals(path: string): string[] {
  return ['', '-wal', '-shm', '-journal'].map((suffix) => path + suffix).filter(existsSync)
}

function scratchAt(path: string): Recognised {
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return { ...made('scratch folder', path, [path, ...files]), files }
}

function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

/** Resolves links, so that each file or folder has one name. */
function real(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}
