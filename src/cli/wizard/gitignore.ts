import { isAbsolute, relative, sep } from 'node:path'

const HEAD = '# workos-migrate: state and snapshots, keys, and exports that hold personal data and password hashes'

/**
 * A .gitignore with what must not be committed, added to the one that is there.
 * @param files absolute paths of data files
 * @returns undefined when nothing is missing
 */
export function gitignoreWith(
  existing: string | undefined,
  directory: string,
  files: readonly string[],
): string | undefined {
  const within = files
    .map((file) => relative(directory, file))
    .filter((path) => path !== '' && !path.startsWith('..') && !isAbsolute(path))
    .map((path) => `/${escaped(path.split(sep).join('/'))}`)
  const there = new Set((existing ?? '').split(/\r?\n/))
  const missing = ['.workos-migrate/', '.env', ...new Set(within)].filter((line) => !there.has(line))
  if (missing.length === 0) return undefined
  const before = existing === undefined || existing === '' ? '' : `${existing.replace(/\n*$/, '')}\n\n`
  return `${before}${[HEAD, ...missing].join('\n')}\n`
}

/** A path as a pattern that means it alone. */
function escaped(path: string): string {
  return path.replace(/[\\*?[\]!#]/g, '\\$&').replace(/ $/, '\\ ')
}
