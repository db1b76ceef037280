import { dirname } from 'node:path'
import { scratchRefusal, staging } from '../files/disk.ts'
import { createScratch, type Scratch } from '../files/scratch.ts'

/** How somebody has what a run stages written elsewhere. */
const ELSEWHERE =
  'choose another disk: the command stages beside the state, so move the state file, if there is one, and point state.path there'

/** Makes the scratch folder of a run, beside its state. @throws FileError where there is no room for it */
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
