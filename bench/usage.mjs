/**
 * Loaded into a measured process before its program: at its end it tells on file descriptor 3 what
 * the process took, threads included. JavaScript, so that nothing is compiled in what is measured.
 */
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    writeSync(3, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 }))
  })
}
