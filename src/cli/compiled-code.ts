import { mkdirSync } from 'node:fs'
import { constants, enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * Keeps the compiled code of the program in the user's cache folder, so that the next command and
 * its threads start faster. In: the environment. Out: the same, with Node.js's variable for
 * threads. Node.js writes the files when the process ends, readable by the user alone, and reads
 * them only for the same source: https://nodejs.org/api/module.html#module-compile-cache. Without a
 * folder that can be written, nothing is kept.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_DISABLE_COMPILE_CACHE !== undefined) return
  const cache = cacheFolder(env)
  if (cache === undefined) return
  const folder = join(cache, 'workos-migrate')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch {
    return
  }
  const { status } = enableCompileCache(folder)
  if (status === constants.compileCacheStatus.ENABLED) env.NODE_COMPILE_CACHE = folder
}

/** Where programs of the user cache files on this system. Undefined: nowhere. */
function cacheFolder({ XDG_CACHE_HOME = '', LOCALAPPDATA = '' }: NodeJS.ProcessEnv): string | undefined {
  const set = process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME
  if (isAbsolute(set)) return set
  try {
    return join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache')
  } catch {
    // The user has no entry in the system's list of users.
    return undefined
  }
}
