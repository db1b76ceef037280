import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, FileError } from '../diagnostics/errors.ts'
import { figure } from '../diagnostics/printable.ts'
import { isFull, isUnwritable } from '../sqlite/errors.ts'

/** Errors of the operating system: no space, no quota, larger than the file system allows. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Whether an error means that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return isFull(error) || FULL.has(systemCode(error))
}

/** The code of an operating system error: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? codeOf(error) : undefined
}

/** Free space in a folder, for the end of a message that names the folder. */
export function roomIn(folder: string): string {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = statfsSync(place)
      return ` (${figure(Math.floor((bavail * bsize) / 1024))} KiB free in ${folder})`
    } catch {
      // A folder that does not exist yet: its parent is on the same disk.
      if (place === dirname(place)) return ` (in ${folder})`
    }
  }
}

/**
 * Explains an error of the working data, with the folder and how to choose another. Returns other
 * errors unchanged.
 * @param elsewhere how to choose another place
 */
export function scratchRefusal(error: unknown, folder: string, elsewhere: string): unknown {
  if (isDiskFull(error)) {
    return new FileError(
      {
        code: 'disk_full',
        message: `the disk is full: there is no room for the working data of the command${roomIn(folder)}`,
        hint: `free disk space (a run needs about 2 KB for each record of the source), or ${elsewhere}`,
      },
      { cause: error },
    )
  }
  if (!isUnwritable(error)) return error
  return new FileError(
    {
      code: 'scratch_unwritable',
      message: `cannot write the working data of the command to ${folder}: ${error instanceof Error ? error.message : ''}`,
      hint: `check that disk, or ${elsewhere}`,
    },
    { cause: error },
  )
}

/** Runs work that needs a scratch folder. See scratchRefusal. */
export async function staging<T>(folder: string, elsewhere: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw scratchRefusal(error, folder, elsewhere)
  }
}
