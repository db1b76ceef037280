import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/how-to/explain.md', import.meta.url)), 'utf8')

const [, rows = ''] = page.match(/```csv\n(.*?)```/s) ?? []
const [, manifest = ''] = page.match(/```yaml\n(.*?)```/s) ?? []
const shown = [...page.matchAll(/```console\n\$ workos-migrate (explain \S+)\n(.*?)```/gs)].map(
  ([, line = '', output = '']) => ({ line, output }),
)

test('the page shows every example', () => {
  expect(shown.map(({ line }) => line)).toEqual([
    'explain user:u2',
    'explain cleo@example.com',
    'explain ada@example.com',
    'explain membership:u4@acme',
  ])
})

test.each(shown)('$line prints what the page shows', async ({ line, output }) => {
  const cwd = folderOf({ 'migrate.config.yaml': manifest, 'users.csv': rows })
  const { code, stdout } = await command(line.split(' '), { cwd })
  expect(stdout).toBe(output)
  expect(code).toBe(0)
})
