import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ManifestError, OperatorError } from '../diagnostics/errors.ts'
import { shellWord } from '../diagnostics/printable.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { compose, environmentsOf } from './compose.ts'
import { shippedRecipes } from './recipes.ts'

const NAMES = ['migrate.config.yaml', 'migrate.config.yml', 'migrate.config.json']

/**
 * The manifest to use when none is named: the first of migrate.config.yaml, .yml and .json in `cwd`
 * or a folder above it. The search ends at the root of a repository, at the home folder and at the
 * root of the file system.
 * @throws ManifestError when there is none
 */
export async function discoverManifest(cwd: string, home: string | undefined): Promise<string> {
  // cosmiconfig looks for the names in one folder, and no more. Its walk upwards ends at a
  // package.json, or goes on to the folders of settings beneath the home folder; and its loaders
  // are given text without its bytes, before a FIFO, a file of gigabytes or one that is not UTF-8
  // could be refused. So the walk is here, and `parseFile` reads the file, which keeps the place of
  // every value.
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
    message: `no migrate.config.yaml in ${cwd} or above it`,
    hint: 'workos-migrate init writes one; one that is elsewhere is named with --config',
    at: { file: join(cwd, 'migrate.config.yaml') },
  })
}

/**
 * The search opens what has the name: a FIFO would hold it up, and past a file that may not be read
 * it would find one of a folder above.
 */
function refuseOther(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return
  if (found.isFile()) refuseUnreadable(file)
  else
    throw new ManifestError({
      code: 'not_a_file',
      message: `${file} is no regular file`,
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
      message: 'this user may not read the manifest',
      hint: `see whose it is: ls -l ${shellWord(file)}; or name another one with --config`,
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

/** Where a manifest is looked for. */
export interface ManifestPlace {
  /** The manifest file, relative to `cwd`. Without one it is searched for. */
  path?: string
  cwd: string
  env: Record<string, string | undefined>
}

/** The environments of a manifest, even of an invalid one. Empty: there is no manifest. */
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
