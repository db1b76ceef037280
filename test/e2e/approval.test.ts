import { expect, test } from 'vitest'
import { peopleProject, person } from './people.ts'
import { KEY, startWorkos, writes } from './workos.ts'

const env = { KEY }
const ROWS = [person('ada')]

test('without a terminal and without --yes nothing is applied, and the remedy is shown', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply'], { env })
  expect(applied).toMatchObject({ exit: 3, stderr: expect.stringContaining('--yes') })
  expect(writes(workos.takeLog())).toEqual([])
})

test.each(['yes', 'y', 'Y', 'YES', ' yes '])('on a terminal, %s applies', async (answer) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply'], { env, typed: `${answer}\n` })
  expect(applied).toMatchObject({ exit: 0, stderr: expect.stringContaining('Type yes to continue') })
  expect((await workos.snapshot()).users).toHaveLength(1)
})

test.each([
  ['no', 'no\n'],
  ['nothing', '\n'],
  ['yess', 'yess\n'],
  ['delete, where nothing is deleted', 'delete\n'],
  ['Ctrl-D', '\x04'],
])('on a terminal, %s does not apply', async (_what, typed) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply'], { env, typed })
  expect(applied).toMatchObject({ exit: 0, stderr: expect.stringContaining('Nothing was applied') })
  expect(writes(workos.takeLog())).toEqual([])
})

test('Ctrl-C at the question ends with 130', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  const applied = await project.run(['apply'], { env, typed: '\x03' })
  expect(applied).toMatchObject({ exit: 130 })
  expect(writes(workos.takeLog())).toEqual([])
})

test('safety.confirm requires its word, typed or as an option', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { safety: { confirm: 'production' } })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining('--confirm production'),
  })
  expect(await project.run(['apply', '--confirm', 'staging'], { env })).toMatchObject({ exit: 5 })
  expect(await project.run(['apply'], { env })).toMatchObject({ exit: 5 })
  expect(await project.run(['apply'], { env, typed: 'yes\n' })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
  expect(await project.run(['apply'], { env, typed: 'production\n' })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toHaveLength(1)

  const other = peopleProject(workos, [person('bea')], { safety: { confirm: 'production' } })
  expect(await other.run(['apply', '--confirm', 'production'], { env })).toMatchObject({ exit: 0 })
  expect((await workos.snapshot()).users).toHaveLength(2)
})

test('without changes there is no question', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['apply'], { env })).toMatchObject({ exit: 0 })
})
