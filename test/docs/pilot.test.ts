import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../command.ts'
import { folderOf } from '../config/folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The commands of the guide with their shown lines; `…` marks a cut. */
function examples(): { command: string; shown: string[] }[] {
  const guide = readFileSync(join(ROOT, 'docs/how-to/pilot.md'), 'utf8')
  const blocks = [...guide.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block
      .split(/^\$ workos-migrate /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...shown] = text.trimEnd().split('\n')
        return { command, shown }
      }),
  )
}

test('the guide shows the outputs of its commands, in order', async () => {
  const cwd = folderOf({})
  for (const name of ['examples', 'migrate.config.yaml']) cpSync(join(ROOT, name), join(cwd, name), { recursive: true })
  const all = examples()
  expect(all.length).toBeGreaterThan(6)
  for (const { command, shown } of all) {
    const { stdout, stderr } = await runCommand(command.split(' '), { cwd, env: { NO_COLOR: '1' } })
    // The pieces between cuts must appear in this order.
    let rest = stdout
    for (const piece of shown.join('\n').split('…')) {
      const at = rest.indexOf(piece.trim())
      expect(at, `${command}\n${piece}\nis not in\n${stdout}${stderr}`).toBeGreaterThanOrEqual(0)
      rest = rest.slice(at + piece.trim().length)
    }
  }
})
