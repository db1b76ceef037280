import { fileURLToPath } from 'node:url'

/**
 * Where the files of this package are. The build puts this module into `dist/chunks`, which is two
 * folders below the root, like `src/files`. Bundled modules must not compute paths from their own.
 */

/** The path of a file or folder at the root, such as `recipes`. */
export function packagePath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url))
}

/** The path of a file next to the code, in `src` or `dist`. */
export function codePath(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}

/** The module that a thread starts with: TypeScript in `src`, JavaScript in `dist`. */
export function threadModule(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../${name}.${extension}`, import.meta.url)
}
