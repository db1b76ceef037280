import { expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'

/** A project whose users have this expression as their last name. */
function projectWith(expression: string, rows = 1): Project {
  const project = createProject()
  const people = Array.from({ length: rows }, (_, n) => ({ email: `u${n}@example.com`, note: `${'a'.repeat(40)}!` }))
  project.csv('users.csv', people)
  project.manifest({
    source: { type: 'csv', path: './users.csv' },
    map: { user: { lastName: expression } },
    target: { type: 'sandbox' },
    run: { workers: 1 },
  })
  return project
}

test.each(['validate', 'plan', 'apply'])('%s rejects $eval with the place of the expression', async (command) => {
  const { exit, stderr } = await projectWith('$eval(note)').run([command])
  expect(exit).toBe(3)
  expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+ error: \$eval is not available.*\[bad_expression\]/)
  expect(stderr).toContain('at map.user.lastName')
})

test('an expression with thousands of nested levels is rejected', async () => {
  const { exit, stderr } = await projectWith(`${'['.repeat(20_000)}1${']'.repeat(20_000)}`).run(['validate'])
  expect(exit).toBe(3)
  expect(stderr).toContain('map.user.lastName')
  expect(stderr).not.toContain('[internal_error]')
})

test.each([
  ['recursion without end', '($f := function($n) { 1 + $f($n) }; $f(1))', 'nested too deeply'],
  ['a text too long for any memory', '$pad("", 1000000000)', 'fills up to at most 1048576 characters'],
  ['a list too long', '[1..100000000000]', 'more than ten million items'],
])('%s rejects the record and names the expression', async (_, expression, message) => {
  const { exit, stdout } = await projectWith(expression).run(['plan', '--full'])
  expect(exit).toBe(5)
  expect(stdout).toContain('users.csv:2')
  expect(stdout).toContain('map.user.lastName fails')
  expect(stdout).toMatch(new RegExp(message, 'i'))
})

test('a value that uses all memory ends the run with a message that names the expression and its place', async () => {
  const project = projectWith('$count([1..100000].{ "many": [[1..100000]] })')
  // Little memory, so that even a slow machine uses it up before the timeout of JSONata.
  const { exit, stderr } = await project.spawn(['plan'], { NODE_OPTIONS: '--max-old-space-size=64' }).result
  expect(exit).toBe(3)
  expect(stderr).toMatch(/migrate\.config\.yaml:\d+:\d+ error: map\.user\.lastName needs more than \d+ MiB/)
  expect(stderr).toContain('users.csv:2')
})
