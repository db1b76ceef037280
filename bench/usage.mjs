/**
 * Loaded into a measured process. At its end, it writes the resources of the process and its
 * threads to file descriptor 3. JavaScript, so that the measured process compiles nothing.
 */
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    writeSync(3, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 }))
  })
}
