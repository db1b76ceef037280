import { lstatSync, mkdtempSync, readdirSync, rmdirSync, rmSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { scratchRefusal, staging } from '../files/disk.ts'
import { createScratch, removeAbandonedScratch, type Scratch } from '../files/scratch.ts'

/** How to have staged data written to another disk. */
const ELSEWHERE =
  'set state.path to another disk, and move the state file there if it exists: the command stages data next to the state'

/**
 * Makes the scratch folder of a run, next to its state.
 * @throws FileError if it cannot be created
 */
export function scratchBeside(statePath: string): Scratch {
  const folder = dirname(statePath)
  try {
    return createScratch(folder)
  } catch (error) {
    throw scratchRefusal(error, folder, ELSEWHERE)
  }
}

/** Runs work that stages data next to the state. @throws FileError if the disk is full */
export function stagingBeside<T>(scratch: string, work: () => Promise<T>): Promise<T> {
  return staging(scratch, ELSEWHERE, work)
}

/** How to have temporary files written to another disk. */
export const OTHER_TEMPORARY = 'set TMPDIR to a folder on another disk'

const PREFIX = 'workos-migrate-'

/** The names that `mkdtemp` generates here. */
const NAME = /^workos-migrate-[A-Za-z0-9]{6}$/

/** Milliseconds. An empty folder that is older than this is abandoned, not in the making. */
const MAKING = 60_000

/**
 * Makes the scratch folder of a command without a state, among the temporary files, and removes
 * folders that killed commands left there.
 * @throws FileError if it cannot be created
 */
export function scratchAmongTemporary(): Scratch {
  const temporary = tmpdir()
  removeAbandonedAmong(temporary)
  try {
    const folder = mkdtempSync(join(temporary, PREFIX))
    const scratch = createScratch(folder)
    return {
      path: scratch.path,
      remove() {
        scratch.remove()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    throw scratchRefusal(error, temporary, OTHER_TEMPORARY)
  }
}

/**
 * Anyone can create folders here, so only folders that this user made, and nobody else can write
 * to, are removed. Never fails.
 */
function removeAbandonedAmong(temporary: string): void {
  try {
    for (const name of readdirSync(temporary).filter((found) => NAME.test(found))) {
      const folder = join(temporary, name)
      const found = lstatSync(folder, { throwIfNoEntry: false })
      if (found !== undefined && isOwn(found)) removeAbandonedIn(folder, found)
    }
  } catch {
    // A user who cannot read the folder might still be able to create another one in it.
  }
}

function isOwn(found: Stats): boolean {
  return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
}

function removeAbandonedIn(folder: string, found: Stats): void {
  if (process.getuid !== undefined && (found.mode & 0o077) !== 0) return
  removeAbandonedScratch(folder)
  if (Date.now() - found.mtimeMs < MAKING) return
  try {
    rmdirSync(folder)
  } catch {
    // Another command uses it.
  }
}
