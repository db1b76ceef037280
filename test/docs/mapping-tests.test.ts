import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/how-to/mapping-tests.md', import.meta.url)), 'utf8')
const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')

const [, shortest = ''] = readme.match(/```yaml\n(version: 1\n.*?)```/s) ?? []
const [, tests = ''] = page.match(/```yaml\n(.*?)```/s) ?? []
const [, passing = ''] = page.match(/\$ workos-migrate test\n(.*?)```/s) ?? []
const [, failing = ''] = page.match(/```\n(FAIL.*?)```/s) ?? []

test('the example passes with the manifest of the README and prints what the page shows', async () => {
  const { code, stdout } = await command(['test'], { cwd: folderOf({ 'migrate.config.yaml': shortest + tests }) })
  expect(stdout).toBe(passing)
  expect(code).toBe(0)
})

test('the mistake on the page prints what the page shows', async () => {
  const wrong = tests.replace('user: { email: ada@', 'user: { email: Ada@')
  const { code, stdout } = await command(['test'], { cwd: folderOf({ 'migrate.config.yaml': shortest + wrong }) })
  expect(failing).toContain('Ada@example.com')
  expect(stdout).toContain(failing)
  expect(code).toBe(1)
})
