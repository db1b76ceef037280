import { lstatSync, mkdtempSync, readdirSync, rmdirSync, rmSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { scratchRefusal, staging } from '../files/disk.ts'
import { createScratch, removeAbandonedScratch, type Scratch } from '../files/scratch.ts'

/** How somebody has what a run stages written elsewhere. */
const ELSEWHERE =
  'choose another disk: the command stages beside the state, so move the state file, if there is one, and point state.path there'

/**
 * Makes the scratch folder of a run, beside its state. @throws FileError where there is no room for
 * it
 */
export function scratchBeside(statePath: string): Scratch {
  const folder = dirname(statePath)
  try {
    return createScratch(folder)
  } catch (error) {
    throw scratchRefusal(error, folder, ELSEWHERE)
  }
}

/** Does work that stages data beside the state. @throws FileError when the disk is full */
export function stagingBeside<T>(scratch: string, work: () => Promise<T>): Promise<T> {
  return staging(scratch, ELSEWHERE, work)
}

/** How somebody has what is staged among the temporary files written elsewhere. */
export const OTHER_TEMPORARY = 'set TMPDIR to a folder on another disk'

const PREFIX = 'workos-migrate-'

/** As `mkdtemp` names a folder. */
const NAME = /^workos-migrate-[A-Za-z0-9]{6}$/

/** An empty folder that is older than this is not in the making. Milliseconds. */
const MAKING = 60_000

/**
 * Makes the scratch folder of a command that has no state, among the temporary files, and removes
 * what killed ones left there.
 * @throws FileError where there is no room for it
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
 * Everybody may make folders here: only what this user made, and nobody else may write in, is
 * looked into. It never fails.
 */
function removeAbandonedAmong(temporary: string): void {
  try {
    for (const name of readdirSync(temporary).filter((found) => NAME.test(found))) {
      const folder = join(temporary, name)
      const found = lstatSync(folder, { throwIfNoEntry: false })
      if (found !== undefined && isOwn(found)) removeAbandonedIn(folder, found)
    }
  } catch {
    // Whoever may not read the folder may still make another one in it.
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
    // Somebody works in it.
  }
}
