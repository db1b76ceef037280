/**
 * Reads the source in the first argument (JSON) in the current folder, and prints the measurements:
 * the child side of `measureReading`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSource } from '../src/sources/registry.ts'

const scratch = mkdtempSync(join(tmpdir(), 'workos-migrate-bench-scratch-'))
const started = performance.now()
let records = 0
let rejected = 0
try {
  const source = await openSource(JSON.parse(process.argv[2] ?? '{}'), {
    directory: process.cwd(),
    scratch,
    reject: () => {
      rejected += 1
    },
    warn: () => {},
  })
  for await (const chunk of source.read(1000)) records += chunk.length
} finally {
  rmSync(scratch, { recursive: true })
}
const figures = {
  records,
  rejected,
  seconds: (performance.now() - started) / 1000,
  peakMiB: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(JSON.stringify(figures))
