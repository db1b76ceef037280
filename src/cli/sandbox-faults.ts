import path from 'node:path'
import { UsageError } from '../diagnostics/errors.ts'
import { readRegular } from '../files/regular-file.ts'
import { allFaults, type FaultSet } from '../sandbox/faults/fault.ts'
import { parseFaultSet } from '../sandbox/faults/parse.ts'

/**
 * The faults that `--faults` names: a JSON file, or a percentage, which is every kind of passing trouble at that rate.
 * @throws UsageError
 */
export function readFaults(text: string, cwd: string): FaultSet {
  const percentage = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  if (percentage !== undefined) {
    const rate = Number(percentage) / 100
    const all = allFaults(rate)
    // The rates add up, and no more than every request can be struck.
    const most = Math.floor(1000 / all.faults.length) / 10
    if (rate * 100 <= most) return all
    const message = `${text} is too much for --faults: each of the ${all.faults.length} kinds of trouble has that rate`
    throw new UsageError({ code: 'bad_faults', message, hint: `give at most ${most}%, or a file` })
  }
  const file = path.resolve(cwd, text)
  try {
    return parseFaultSet(JSON.parse(readRegular(file).toString('utf8')))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `--faults ${text} cannot be used: ${reason}`
    const hint = 'give a percentage such as 5%, or a JSON file as docs/how-to/sandbox.md describes it'
    throw new UsageError({ code: 'bad_faults', message, hint }, { cause: error })
  }
}
