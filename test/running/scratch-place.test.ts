import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createScratch } from '../../src/files/scratch.ts'
import { PROGRAM } from '../built.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const OLD = 1_700_000_000

/** A folder as `inspect` creates it, with the scratch folder of a dead process. */
function leftBehind(temporary: string, name: string, mode = 0o700): string {
  const folder = join(temporary, name)
  const scratch = join(folder, `scratch-${hostname()}-99999999-abcdef`)
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  chmodSync(folder, mode)
  for (const file of ['in-use.lock', 'run.sqlite']) writeFileSync(join(scratch, file), '')
  utimesSync(folder, OLD, OLD)
  return join(scratch, 'run.sqlite')
}

function inspectWith(temporary: string): void {
  const data = join(temporaryFolder(), 'users.csv')
  writeFileSync(data, 'email\na@example.com\n')
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'inspect', data], {
    env: { PATH: process.env.PATH, TMPDIR: temporary },
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
}

test('what a killed inspect left among the temporary files is removed by the next one', () => {
  const temporary = temporaryFolder()
  leftBehind(temporary, 'workos-migrate-Ab12Cd')
  mkdirSync(join(temporary, 'workos-migrate-Empty0'), { mode: 0o700 })
  utimesSync(join(temporary, 'workos-migrate-Empty0'), OLD, OLD)
  inspectWith(temporary)
  expect(readdirSync(temporary)).toEqual([])
})

test('folders that are in use, in the making, or possibly of another user stay', () => {
  const temporary = temporaryFolder()
  const foreign = [
    leftBehind(temporary, 'workos-migrate-e2e-Ab12Cd'),
    leftBehind(temporary, 'workos-migrate-Shared', 0o770),
  ]
  mkdirSync(join(temporary, 'workos-migrate-Making'), { mode: 0o700 })
  const held = createScratch(join(temporary, 'workos-migrate-InUse0'))
  inspectWith(temporary)
  expect(foreign.filter((path) => !existsSync(path))).toEqual([])
  expect(existsSync(held.path)).toBe(true)
  expect(existsSync(join(temporary, 'workos-migrate-Making'))).toBe(true)
  held.remove()
})
