import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the page about errors shows the output of an apply of the demo and of `errors`', async () => {
  const page = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8')
  const [, block = ''] = /```console\n(.*?)```/s.exec(page) ?? []
  const cwd = folderOf({})
  for (const name of ['examples', 'migrate.config.yaml']) cpSync(join(ROOT, name), join(cwd, name), { recursive: true })
  const shown = block.split(/^\$ workos-migrate /m).slice(1)
  expect(shown).toHaveLength(2)
  for (const text of shown) {
    const [line = '', ...pieces] = text.split(/\n|…/)
    const { stdout } = await command(line.split(' '), { cwd })
    for (const piece of pieces) expect(stdout).toContain(piece)
  }
})
