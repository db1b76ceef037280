import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PROGRAM } from '../built.ts'

test('a full disk is reported with the name of the stream', (context) => {
  if (!existsSync('/dev/full')) return context.skip()
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'schema'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  })
  closeSync(full)
  expect([status, stderr]).toEqual([
    1,
    `error: standard output cannot be written: the disk is full [disk_full]
  hint: free up space, or redirect the output; then run the same command again: the state has what was applied
`,
  ])
})
