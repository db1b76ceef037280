/**
 * npm run coverage [-- file …]: the tests with coverage, and a line for each folder of src.
 * Separate processes (the built program, mapping workers) are not counted.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Covered {
  total: number
  covered: number
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-coverage-'))
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=dot',
    '--coverage',
    '--coverage.provider=v8',
    '--coverage.include=src/**',
    '--coverage.reporter=json-summary',
    `--coverage.reportsDirectory=${folder}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)
const file = join(folder, 'coverage-summary.json')
if (!existsSync(file)) {
  // Vitest writes no coverage if tests fail.
  rmSync(folder, { recursive: true })
  process.stderr.write('The tests failed: there is no coverage to tell of.\n')
  process.exit(status || 1)
}
const summary: Record<string, Record<'lines' | 'branches', Covered>> = JSON.parse(readFileSync(file, 'utf8'))
rmSync(folder, { recursive: true })

const folders = new Map<string, Record<'lines' | 'branches', Covered>>()
for (const [file, { lines, branches }] of Object.entries(summary)) {
  const name = file === 'total' ? 'total' : folderOf(file)
  const sum = folders.get(name) ?? { lines: { total: 0, covered: 0 }, branches: { total: 0, covered: 0 } }
  for (const [into, from] of [
    [sum.lines, lines],
    [sum.branches, branches],
  ] as const) {
    into.total += from.total
    into.covered += from.covered
  }
  folders.set(name, sum)
}
const total = folders.get('total')
folders.delete('total')
process.stdout.write(`\n${'folder'.padEnd(16)}${'lines'.padStart(10)}${'branches'.padStart(10)}\n`)
for (const [name, sums] of [...folders].sort(([one], [other]) => (one < other ? -1 : 1))) line(name, sums)
if (total !== undefined) line('all', total)
process.exitCode = status ?? 1

/** The folder of a file in src; `src` for files at the top. */
function folderOf(file: string): string {
  const [first = '', ...rest] = relative(join(root, 'src'), file).split(sep)
  return rest.length === 0 ? 'src' : first
}

function line(name: string, { lines, branches }: Record<'lines' | 'branches', Covered>): void {
  const share = ({ total, covered }: Covered) =>
    (total === 0 ? '–' : `${((100 * covered) / total).toFixed(1)} %`).padStart(10)
  process.stdout.write(`${name.padEnd(16)}${share(lines)}${share(branches)}\n`)
}
