import { describe, expect, test } from 'vitest'
import type { Project } from '../e2e/cli.ts'
import { member, peopleProject, person } from '../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'

const env = { KEY }
const PRUNE = { prune: ['user', 'membership'], safety: { maxDeletes: 10 } }

/** Two users are applied, and one of them left the source. */
async function withALeaver(workos: Workos, manifest: object = PRUNE): Promise<Project> {
  const project = peopleProject(workos, [person('ada'), member('bea', 'acme')], manifest)
  const { exit, stderr } = await project.run(['apply', '--yes', '--confirm', 'production'], { env })
  expect(exit, stderr).toBe(0)
  project.csv('users.csv', [person('ada')])
  workos.takeLog()
  return project
}

const users = async (workos: Workos) => (await workos.snapshot()).users.length

describe('a plan that deletes', () => {
  test.each(['delete', 'DELETE', ' delete '])('is applied after %j', async (answer) => {
    const workos = await startWorkos()
    const project = await withALeaver(workos)
    const { exit, stderr } = await project.run(['apply'], { env, typed: `${answer}\n` })
    expect(stderr).toContain(
      'Apply this plan? It deletes 1 user and 1 membership from WorkOS.\nType delete to continue: ',
    )
    expect(exit).toBe(0)
    expect(await users(workos)).toBe(1)
  })

  test.each(['y', 'yes', 'YES', 'delete it', ''])('is not applied after %j', async (answer) => {
    const workos = await startWorkos()
    const project = await withALeaver(workos)
    const { exit, stderr } = await project.run(['apply'], { env, typed: `${answer}\n` })
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining('Nothing was applied') })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('is approved by --yes within safety.maxDeletes', async () => {
    const workos = await startWorkos()
    const project = await withALeaver(workos)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(await users(workos)).toBe(1)
  })

  test('is not approved by --yes above safety.maxDeletes', async () => {
    const workos = await startWorkos()
    const project = await withALeaver(workos, { prune: PRUNE.prune })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 5 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('requires only the word of safety.confirm, if it is set', async () => {
    const workos = await startWorkos()
    const project = await withALeaver(workos, { ...PRUNE, safety: { maxDeletes: 10, confirm: 'production' } })
    expect(await project.run(['apply'], { env, typed: 'delete\n' })).toMatchObject({ exit: 0 })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 5 })
    expect(writes(workos.takeLog())).toEqual([])
    expect(await project.run(['apply'], { env, typed: 'production\n' })).toMatchObject({ exit: 0 })
    expect(await users(workos)).toBe(1)
  })
})

test.each(['delete', 'yes', 'y', 'PEOPLE'])('destroy is not confirmed by %j', async (answer) => {
  const workos = await startWorkos()
  const project = await withALeaver(workos)
  const { stderr } = await project.run(['destroy'], { env, typed: `${answer}\n` })
  expect(stderr).toContain('Type people to continue: ')
  expect(stderr).toContain('Nothing was deleted')
  expect(writes(workos.takeLog())).toEqual([])
})

test.each(['y', 'yes'])('state rm deletes nothing in WorkOS, so %j is enough', async (answer) => {
  const workos = await startWorkos()
  const project = await withALeaver(workos)
  const { exit, stderr } = await project.run(['state', 'rm', 'user:id-ada'], { env, typed: `${answer}\n` })
  expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining('Forgot 1 resource') })
})
