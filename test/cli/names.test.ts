import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { calledAs, PROGRAM_NAMES, underName } from '../../src/cli/names.ts'
import { PROGRAM } from '../built.ts'
import { command, folderOf } from './harness.ts'

const SECOND = 'workos-declare'

test('the package installs the program under both names', () => {
  const { bin } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(bin).toEqual(Object.fromEntries(PROGRAM_NAMES.map((name) => [name, 'dist/cli/main.js'])))
})

test.each([
  ['/usr/local/bin/workos-migrate', 'workos-migrate'],
  ['/project/node_modules/.bin/workos-declare', 'workos-declare'],
  ['/opt/workos-declare/dist/cli/main.js', 'workos-migrate'],
  [undefined, 'workos-migrate'],
])('called as %s it is %s', (script, name) => {
  expect(calledAs(script)).toBe(name)
})

test.each([
  ['hint: workos-migrate plan --out plan.ndjson', 'hint: workos-declare plan --out plan.ndjson'],
  ['with `workos-migrate`', 'with `workos-declare`'],
  ['(workos-migrate --help shows the commands)', '(workos-declare --help shows the commands)'],
  ['.workos-migrate/state.sqlite, /opt/workos-migrate plan', '.workos-migrate/state.sqlite, /opt/workos-migrate plan'],
  ['"format":"workos-migrate-plan"', '"format":"workos-migrate-plan"'],
])('%j is %j under the second name', (first, second) => {
  expect(underName(SECOND, first)).toBe(second)
  expect(underName('workos-migrate', first)).toBe(first)
})

describe('called by its second name', () => {
  const world = { cwd: '/', context: { name: SECOND } } as const

  test('its help shows only that name', async () => {
    for (const args of [['--help'], ['plan', '--help'], ['help', 'state', 'mv']]) {
      const { stdout } = await command(args, world)
      expect(stdout).toMatch(/^Usage: workos-declare /m)
      expect(stdout).not.toMatch(/(?<!\.)\bworkos-migrate\b/)
    }
  })

  test('its hints show that name', async () => {
    const cwd = folderOf({ 'note.txt': '' })
    const { code, stderr } = await command(['plan'], { ...world, cwd })
    expect(code).toBe(3)
    expect(stderr).toContain('create one with workos-declare init')
    expect((await command(['plam'], world)).stderr).toContain('(workos-declare --help shows the commands)')
  })

  test('its standard output does not change', async () => {
    const { stdout } = await command(['completion', 'bash'], world)
    expect(stdout).toBe((await command(['completion', 'bash'], { cwd: '/' })).stdout)
  })

  test('a link to the program uses its own name', () => {
    const link = join(folderOf({ 'note.txt': '' }), SECOND)
    symlinkSync(PROGRAM, link)
    const said = execFileSync(process.execPath, [link, 'plan', '--help'], { encoding: 'utf8' })
    expect(said).toMatch(/^Usage: workos-declare plan /m)
  })
})

test('the help of the program lists both names', async () => {
  const { stdout } = await command(['--help'], { cwd: '/' })
  expect(stdout).toMatch(/^Usage: workos-migrate /m)
  expect(stdout).toContain('The package also installs the program as workos-declare.')
})
