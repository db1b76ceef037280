import { expect, onTestFinished, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'

/** More than 2 MiB, so that several threads read it. */
const LARGE = `email,external_id\n${Array.from({ length: 60_000 }, (_, n) => `user${n}@example.com,${`${n}`.padStart(20, 'x')}\n`).join('')}`
const SMALL = 'email,external_id\nuser@example.com,x\n'

interface Case {
  args: string[]
  /** Added to the rule for users. */
  changed?: string
  target?: string
  users?: string
}

/** Runs a command, and counts the threads that start, and those that are left. */
async function threadsOf({ args, changed = '', target = '{ type: sandbox }', users = LARGE }: Case) {
  const manifest = `version: 1
name: threads
source: { type: csv, path: users.csv }
target: ${target}
run: { workers: 2 }
map: { user: { key: external_id, email: email${changed} } }
`
  const cwd = folderOf({ 'migrate.config.yaml': manifest, 'users.csv': users })
  let started = 0
  const count = () => {
    started += 1
  }
  process.on('worker', count)
  onTestFinished(() => void process.off('worker', count))
  const outcome = await command(args, { cwd })
  const left = process.getActiveResourcesInfo().filter((resource) => resource === 'Worker').length
  return { ...outcome, started, left }
}

test.each([
  ['an expression is wrong', { args: ['plan'], changed: ', firstName: "("' }, 'bad_expression'],
  ['an option is wrong', { args: ['plan', '--only', 'nonsense'] }, 'bad_selector'],
  [
    'the target is wrong',
    { args: ['verify'], target: '{ type: sandbox, data: ":memory:" }' },
    'target.data is :memory:',
  ],
])('threads for a large source end if %s', async (_, given, says) => {
  const { code, stderr, started, left } = await threadsOf(given)
  expect([code === 0, started, left]).toEqual([false, 2, 0])
  expect(stderr).toContain(says)
})

test('the threads that started early map a large source', async () => {
  const { code, left, started, stdout } = await threadsOf({ args: ['plan'] })
  // Two of them map, and one reads values for the field tables.
  expect([code, left, started]).toEqual([0, 0, 3])
  expect(stdout).toContain('60,000')
})

test('no thread starts for a small source, or for a command that reads none', async () => {
  expect(await threadsOf({ args: ['plan'], users: SMALL })).toMatchObject({ code: 0, started: 0 })
  expect(await threadsOf({ args: ['destroy', '--plan'] })).toMatchObject({ started: 0 })
})
