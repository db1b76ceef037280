import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, FileError } from '../diagnostics/errors.ts'
import { figure } from '../diagnostics/printable.ts'
import { isFull, isUnwritable } from '../sqlite/errors.ts'

/** Of the operating system: no space, no quota, larger than the file system takes. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Whether there was no room for what should have been written. */
export function isDiskFull(error: unknown): boolean {
  return isFull(error) || FULL.has(systemCode(error))
}

/** The code of an error of the operating system: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? codeOf(error) : undefined
}

/** How much may still be written in a folder, for the end of a message that names the folder. */
export function roomIn(folder: string): string {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = statfsSync(place)
      return ` (${figure(Math.floor((bavail * bsize) / 1024))} KiB free in ${folder})`
    } catch {
      // A folder that was to be made does not exist yet: its parent is on the same disk.
      if (place === dirname(place)) return ` (in ${folder})`
    }
  }
}

/**
 * What keeps a run from staging its data, told with the folder and the way to another one; any
 * other error as it is.
 * @param elsewhere how to choose another place
 */
export function scratchRefusal(error: unknown, folder: string, elsewhere: string): unknown {
  if (isDiskFull(error)) {
    return new FileError(
      {
        code: 'disk_full',
        message: `the disk is full: what the command stages does not fit there${roomIn(folder)}`,
        hint: `make room there: a run needs about 2 KB for each record of the source; or ${elsewhere}`,
      },
      { cause: error },
    )
  }
  if (!isUnwritable(error)) return error
  return new FileError(
    {
      code: 'scratch_unwritable',
      message: `what the command stages cannot be written in ${folder}: ${error instanceof Error ? error.message : ''}`,
      hint: `check that disk; or ${elsewhere}`,
    },
    { cause: error },
  )
}

/** Does work that stages data in a scratch folder. See scratchRefusal. */
export async function staging<T>(folder: string, elsewhere: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw scratchRefusal(error, folder, elsewhere)
  }
}
