import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ManifestError, OperatorError } from '../diagnostics/errors.ts'
import { shellWord } from '../diagnostics/printable.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { compose, environmentsOf } from './compose.ts'
import { shippedRecipes } from './recipes.ts'

const NAMES = ['migrate.config.yaml', 'migrate.config.yml', 'migrate.config.json']

/**
 * Finds the manifest: the first of migrate.config.yaml, .yml and .json in `cwd` or a parent folder.
 * The search stops at the root of a repository, the home folder and the root of the file system.
 * @throws ManifestError if there is none
 */
export async function discoverManifest(cwd: string, home: string | undefined): Promise<string> {
  // cosmiconfig searches only one folder. Its own search stops at a package.json, and its loaders
  // read a file before a FIFO, a huge file or a wrong encoding can be rejected. `parseFile` reads
  // the file and keeps the place of every value.
  const { cosmiconfig } = await import('cosmiconfig')
  const found = () => ({ found: true })
  const explorer = cosmiconfig('migrate', {
    searchPlaces: NAMES,
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
    mergeSearchPlaces: false,
    cache: false,
    loaders: { '.yaml': found, '.yml': found, '.json': found },
  })
  for (const folder of foldersUpwards(resolve(cwd), home)) {
    for (const name of NAMES) refuseOther(join(folder, name))
    const result = await explorer.search(folder)
    if (result) return result.filepath
  }
  throw new ManifestError({
    code: 'no_manifest',
    message: `no migrate.config.yaml in ${cwd} or its parent folders`,
    hint: 'create one with workos-migrate init, or name another path with --config',
    at: { file: join(cwd, 'migrate.config.yaml') },
  })
}

/**
 * Rejects a FIFO, which would block the search, and an unreadable file, which the search would skip
 * for a file in a parent folder.
 */
function refuseOther(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return
  if (found.isFile()) refuseUnreadable(file)
  else
    throw new ManifestError({
      code: 'not_a_file',
      message: `${file} is not a regular file`,
      hint: 'name the manifest with --config',
      at: { file },
    })
}

function refuseUnreadable(file: string): void {
  try {
    accessSync(file, constants.R_OK)
  } catch {
    throw new ManifestError({
      code: 'file_unreadable',
      message: 'this user cannot read the manifest',
      hint: `check its permissions: ls -l ${shellWord(file)}; or name another manifest with --config`,
      at: { file },
    })
  }
}

function* foldersUpwards(from: string, home: string | undefined): Generator<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    yield folder
    if (folder === dirname(folder) || folder === home || existsSync(join(folder, '.git'))) return
  }
}

export interface ManifestPlace {
  /** The manifest file, relative to `cwd`. Default: search for it. */
  path?: string
  cwd: string
  env: Record<string, string | undefined>
}

/** The environments of a manifest, even if it is invalid. Empty without a manifest. */
export async function environmentNames({ path, cwd, env }: ManifestPlace): Promise<string[]> {
  try {
    const file = path === undefined ? await discoverManifest(cwd, env.HOME) : resolve(cwd, path)
    const context = { env, redactor: new Redactor(), offline: true, recipes: shippedRecipes }
    return [...environmentsOf(compose(file, undefined, context)).keys()]
  } catch (error) {
    if (error instanceof OperatorError) return []
    throw error
  }
}
