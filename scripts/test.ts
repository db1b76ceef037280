/**
 * npm test [-- file …]: the tests, with short matrices of kills, crashes and faults. npm run
 * test:all: with full matrices.
 *
 * The last line has the result for machines.
 *
 * Node.js 24 can crash by a signal when many threads start and end in one process. vitest.config.ts
 * avoids known causes. If a process still dies by a signal, its files run once more, and the output
 * says so. Failed tests never run again.
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
const whole = process.argv.includes('--all')
const args = process.argv.slice(2).filter((arg) => arg !== '--all')

/** Reruns of files whose process died. */
const ROUNDS = 1

let asked = globSync('test/**/*.test.ts', { cwd: root })
let { status, report } = runTests(args)
let passed = report.numPassedTests
for (let round = 1; round <= ROUNDS && status !== 0 && report.numFailedTests === 0; round += 1) {
  const crashed = args.length === 0 ? unfinished(report, asked) : []
  if (crashed.length === 0) break
  process.stdout.write(`\nA test process died by a signal. Running again: ${crashed.join(', ')}\n`)
  asked = crashed
  ;({ status, report } = runTests(crashed))
  passed += report.numPassedTests
}
process.stdout.write(`${passed} passed, ${report.numFailedTests} failed\n`)
process.exitCode = status

function runTests(files: readonly string[]): { status: number; report: Report } {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-tests-'))
  const path = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const { status } = spawnSync(process.execPath, [vitest, ...options, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(whole && { TESTS: 'all' }) },
  })
  const report: Report = JSON.parse(readFileSync(path, 'utf8'))
  rmSync(folder, { recursive: true })
  return { status: status ?? 1, report }
}

/** The test files that did not finish. */
function unfinished({ testResults }: Report, files: readonly string[]): string[] {
  const ended = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'passed' && assertionResults.every((assertion) => assertion.status !== 'pending'),
  )
  const names = new Set(ended.map(({ name }) => resolve(root, name)))
  return files.filter((file) => !names.has(resolve(root, file)))
}
