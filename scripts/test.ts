/**
 * Runs the test suite and ends with one line that says how it went, for machines that read only that.
 *
 * Node 24 itself crashes now and then (a signal, no failed test) when many worker threads are started and ended in one process; what is known
 * of it is left out by a flag in vitest.config.ts. A file whose process died that way is run once more by itself, and said so; a failed test never is.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const first = runTests(args)
let { status } = first
let passed = first.report.numPassedTests
const crashed = status !== 0 && first.report.numFailedTests === 0 && args.length === 0 ? unfinished(first.report) : []
if (crashed.length > 0) {
  process.stdout.write(`\nA process of the tests died by a signal. Once more: ${crashed.join(', ')}\n`)
  const again = runTests(crashed)
  status = again.status
  passed += again.report.numPassedTests
  first.report.numFailedTests = again.report.numFailedTests
}
process.stdout.write(`${passed} passed, ${first.report.numFailedTests} failed\n`)
process.exitCode = status

function runTests(files: readonly string[]): { status: number; report: Report } {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-tests-'))
  const path = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const { status } = spawnSync(process.execPath, [vitest, ...options, ...files], { cwd: root, stdio: 'inherit' })
  const report: Report = JSON.parse(readFileSync(path, 'utf8'))
  rmSync(folder, { recursive: true })
  return { status: status ?? 1, report }
}

/** Test files that did not come to their end. */
function unfinished({ testResults }: Report): string[] {
  const ended = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'passed' && assertionResults.every((assertion) => assertion.status !== 'pending'),
  )
  const names = new Set(ended.map(({ name }) => resolve(root, name)))
  return globSync('test/**/*.test.ts', { cwd: root }).filter((file) => !names.has(resolve(root, file)))
}
