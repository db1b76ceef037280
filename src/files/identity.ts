import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf } from '../diagnostics/errors.ts'

/** Which file a path leads to at present; undefined: none. A file that is moved keeps it, a copy has another. */
export function identityOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}`
}

/** How many links are followed from a file that is not there. */
const LINKS = 40

/** The path without symbolic links, also of a file that is still to be made. */
export function realPathOf(path: string, links = LINKS): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (dirname(path) === path || !isMissing(error)) throw error
  }
  const leadsTo = links > 0 && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
  if (leadsTo) return realPathOf(resolve(dirname(path), readlinkSync(path)), links - 1)
  return join(realPathOf(dirname(path), links), basename(path))
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}
