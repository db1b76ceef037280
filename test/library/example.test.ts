import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The example in its own folder, with the package installed by name. */
function example(): string {
  const folder = temporaryFolder()
  cpSync(join(root, 'examples/library'), folder, {
    recursive: true,
    filter: (file) => !file.endsWith('.workos-migrate'),
  })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/workos-migrate'), 'dir')
  return folder
}

function runs(folder: string, typed: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['migrate.ts'], {
    cwd: folder,
    input: typed,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
  return { status, stdout, stderr }
}

test('the example plans, asks, applies and verifies, by the name of the package', () => {
  const folder = example()
  const refused = runs(folder, 'no\n')
  expect(refused).toMatchObject({ status: 0, stderr: '' })
  expect(refused.stdout).toContain('users: 3 to create, 0 to update, 0 unchanged, 0 blocked\n')
  expect(refused.stdout).toContain('  create user:u-1 ada@example.com\n')
  expect(refused.stdout).toContain('Nothing was applied.\n')

  const applied = runs(folder, 'library\n')
  expect(applied).toMatchObject({ status: 0, stderr: '' })
  expect(applied.stdout).toMatch(/run 1: completed, \d+ writes\nverified: verified\n$/)

  const again = runs(folder, '')
  expect(again).toMatchObject({ status: 0, stderr: '' })
  expect(again.stdout).toContain('users: 0 to create, 0 to update, 3 unchanged, 0 blocked\n')
  expect(again.stdout).not.toContain('run 2')
})

test('the example reports a correctable error with its exit code', () => {
  const folder = example()
  const file = join(folder, 'migrate.config.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('type: csv', 'type: csw'))
  const { status, stderr } = runs(folder, '')
  expect(status).toBe(3)
  expect(stderr).toMatch(/migrate\.config\.yaml:4 .+\[.+\]\n {2}did you mean "csv"\?/)
})
