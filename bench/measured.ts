/** Runs one command line of the program and tells on file descriptor 3 what it took: the child side of `measure`. */
import { writeSync } from 'node:fs'
import { processContext } from '../src/cli/context.ts'
import { run } from '../src/cli/run.ts'

const started = performance.now()
const code = await run(process.argv.slice(2), processContext())
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
const figures = {
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakMiB: maxRSS / 1024,
}
writeSync(3, JSON.stringify(figures))
process.exitCode = code
