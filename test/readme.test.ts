import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { run } from '../src/cli/run.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the docs show the real plan of the demo: one page all of it, the README some lines', async () => {
  for (const name of ['migrate.config.yaml', 'examples'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  const stdout = new PassThrough()
  const signal = new AbortController().signal
  const code = await run(['plan'], {
    stdout,
    stderr: new PassThrough(),
    stdin: new PassThrough(),
    env: {},
    cwd: folder,
    now: Date.now,
    interrupted: signal,
    killed: signal,
  })
  expect(code).toBe(0)
  const plan = String(stdout.read()).trimEnd()
  expect(readFileSync(join(root, 'docs/reference/plan.md'), 'utf8')).toContain(plan)
  const [, shown = ''] = /```text\n(Records\n.*?)\n```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const lines = plan.split('\n')
  expect(shown.split('\n').filter((line) => !lines.includes(line))).toEqual([])
  expect(shown).toContain('Rejected (6)')
})
