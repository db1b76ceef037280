import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { found, leaksIn } from '../secrets/canaries.ts'
import { clerkCanaries, csvCanaries } from '../secrets/canary-project.ts'
import { bcrypt } from './explained.ts'

test.each([
  ['CSV', csvCanaries, 'users.csv'],
  ['Clerk', clerkCanaries, 'clerk.csv'],
])(
  'no secret of any row of a %s project is in its explanation, before it is applied and after',
  async (_, create, file) => {
    const { project, canaries, run, written } = await create()
    const rows = readFileSync(project.path(file), 'utf8').trimEnd().split('\n').length
    const asked: string[] = []
    const ask = async (...args: string[]) => {
      const { exit, stdout, stderr } = await project.run(['explain', ...args], run)
      const told = { args, stdout: found(stdout, canaries), stderr: found(stderr, canaries), exit }
      expect(told).toEqual({ args, stdout: [], stderr: [], exit: 0 })
      expect(stderr).not.toContain('internal_error')
      asked.push(stdout)
    }
    for (let line = 2; line <= rows; line += 1) await ask(`${file}:${line}`, ...(line % 2 === 0 ? ['--json'] : []))
    await project.run(['apply', '--yes', '--confirm', 'canaries'], run)
    for (let line = 2; line <= rows; line += 5) await ask(`${file}:${line}`, '--live')
    expect(asked.join('\n')).toContain('(secret, bcrypt)')
    expect(asked.join('\n')).toContain('(secret')
    expect(leaksIn(project.folder, canaries, written)).toEqual([])
  },
  120_000,
)

test('values that look like secrets are masked even if nothing maps them, and so is a hash in a column for types', async () => {
  const workos = await startWorkos()
  const hash = bcrypt('swapped')
  const project = peopleProject(
    workos,
    [
      person('ada', {
        api_token: 'token-of-ada',
        note: 'ada wrote token-of-ada down',
        password_hash: 'bcrypt',
        password_hash_type: hash,
        nested: JSON.stringify({ session: 'token-of-ada' }),
      }),
      person('bea', { mfa_seed: 'seed-of-bea-0001', comment: hash }),
    ],
    { safety: { maxRejects: 10 } },
  )
  for (const what of ['users.csv:2', 'users.csv:3']) {
    for (const more of [[], ['--json']]) {
      const { exit, stdout } = await project.run(['explain', what, ...more], { env: { KEY } })
      expect(exit).toBe(0)
      for (const secret of ['token-of-ada', 'seed-of-bea', hash, KEY]) expect(stdout, what).not.toContain(secret)
    }
  }
})
