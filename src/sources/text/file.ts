import { glob, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { ManifestError } from '../../diagnostics/errors.ts'

/** A file as the manifest names it and where it is. */
export interface SourceFile {
  /** As written in the manifest: what messages say. */
  name: string
  /** Absolute. */
  path: string
}

/** The file that a manifest in `directory` means by `name`. */
export function sourceFile(name: string, directory: string): SourceFile {
  return { name, path: resolve(directory, name) }
}

const PATTERN = /[*?{[]/

/**
 * The files that paths and patterns mean: path by path as written, those of a pattern in the order of their names. A file
 * that several of them mean is read once, where it comes first.
 * @param stream whose paths they are
 * @throws ManifestError when a pattern matches no file. A plain path need not exist
 */
export async function expandPaths(paths: readonly string[], directory: string, stream: string): Promise<SourceFile[]> {
  const files = new Map<string, SourceFile>()
  for (const path of paths) {
    for (const file of await expand(path, directory, stream)) if (!files.has(file.path)) files.set(file.path, file)
  }
  return [...files.values()]
}

async function expand(path: string, directory: string, stream: string): Promise<SourceFile[]> {
  // A file may have a name that reads like a pattern: `export (1) [final].csv`.
  if (!PATTERN.test(path) || (await isFile(resolve(directory, path)))) return [sourceFile(path, directory)]
  const names: string[] = []
  for await (const name of glob(path, { cwd: directory })) {
    if (await isFile(resolve(directory, name))) names.push(shown(name, directory))
  }
  if (names.length === 0) throw noMatch(path, directory, stream)
  return names.sort().map((name) => sourceFile(name, directory))
}

/** Relative to the manifest's folder where it lies in there, with `/` on every system, so that the order is the same. */
function shown(name: string, directory: string): string {
  const within = relative(directory, resolve(directory, name))
  const short = isAbsolute(within) || within.startsWith('..') ? name : within
  return short.split(sep).join('/')
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

function noMatch(pattern: string, directory: string, stream: string): ManifestError {
  return new ManifestError({
    code: 'no_file_matches',
    message: `no file matches ${pattern}`,
    hint: `looked in ${directory}`,
    path: `source.streams.${stream}.path`,
  })
}
