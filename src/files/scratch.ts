import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'scratch-'

/** A folder of this process, 0700, for what must not outlive the command: staged records, join tables. */
export interface Scratch {
  path: string
  remove(): void
}

/**
 * Makes a scratch folder in `parent` and removes those that dead processes of this machine left there, since what is
 * staged may hold password hashes.
 */
export function createScratch(parent: string): Scratch {
  mkdirSync(parent, { recursive: true, mode: 0o700 })
  removeAbandoned(parent)
  const path = mkdtempSync(join(parent, `${PREFIX}${hostname()}-${process.pid}-`))
  const remove = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    remove() {
      process.off('exit', remove)
      remove()
    },
  }
}

function removeAbandoned(parent: string): void {
  const mine = `${PREFIX}${hostname()}-`
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    // Matched to its end: another machine that shares the folder may have a name that begins like this one's.
    const pid = name.startsWith(mine) ? /^(\d+)-[^-]+$/.exec(name.slice(mine.length))?.[1] : undefined
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
