import { expect, test } from 'vitest'
import { member, peopleProject, person } from '../e2e/people.ts'
import { startWorkos } from '../e2e/workos.ts'
import { explained, explainedOne, explainedText, field } from './explained.ts'

const LOOSE = { safety: { maxRejects: 100 } }

test('why a user is rejected: the row, the value, the rule and the hint', async () => {
  const project = peopleProject(
    await startWorkos(),
    [person('ada'), member('cleo', 'acme', { email: 'cleo at home' })],
    LOOSE,
  )
  const cleo = await explainedOne(project, 'user:id-cleo')
  expect(cleo.action).toMatchObject({ type: 'rejected', code: 'invalid_email', hint: expect.stringContaining('@') })
  expect(cleo.rejects).toEqual([expect.objectContaining({ origin: './users.csv:3', field: 'email' })])
  expect(cleo.records[0]?.columns).toMatchObject({ email: 'cleo at home', org_external_id: 'acme' })
  expect(field(cleo, 'email')).toEqual({
    name: 'email',
    expression: 'email',
    at: expect.stringMatching(/^recipes\/csv\.yaml:\d+$/),
    value: 'cleo at home',
  })
  expect(cleo.requests).toEqual([])
  expect(cleo.dependents).toEqual([
    expect.objectContaining({ kind: 'membership', count: 1, shown: [expect.objectContaining({ action: 'rejected' })] }),
  ])
  const text = await explainedText(project, 'user:id-cleo')
  expect(text).toMatch(/^user:id-cleo\n {2}rejected: "cleo at home" is not an email address\n/)
})

test('a rejected user is found by an address in its row, even without a key', async () => {
  const rows = [person('ada'), { email: 'Bea@Example.com', external_id: '', first_name: 'Bea', metadata: '{"half' }]
  const project = peopleProject(await startWorkos(), rows, LOOSE)
  const { explanations } = await explained(project, 'bea@example.com')
  expect(explanations.map(({ action, records }) => [action.type, records[0]?.origin])).toEqual([
    ['rejected', './users.csv:3'],
  ])
})

test('an expression that fails is shown with its field', async () => {
  const project = peopleProject(await startWorkos(), [person('ada', { first_name: 'x' })], {
    ...LOOSE,
    map: { user: { lastName: '$number(first_name)' } },
  })
  const { explanations } = await explained(project, 'ada@example.com')
  const [ada] = explanations
  expect(ada?.action.type).toBe('rejected')
  const fails = ada?.records[0]?.rules.find(({ rule }) => rule === 'map.user')?.items[0]?.fields
  expect(fails?.find(({ name }) => name === 'lastName')?.fails).toMatch(/map\.user\.lastName fails/)
})

test('a record that the source itself rejects is found by its place', async () => {
  const project = peopleProject(await startWorkos(), [person('ada')], LOOSE)
  project.write('users.csv', 'email,external_id\nada@example.com,id-ada\nonly-one-field\n')
  const record = await explainedOne(project, 'users.csv:3')
  expect(record).toMatchObject({ kind: 'record', address: './users.csv:3', action: { type: 'rejected' } })
  expect(record.action.why).toMatch(/field/)
})

test('two people with one key: the kept and the rejected record are shown together', async () => {
  const rows = [person('ada'), person('bea', { external_id: 'id-ada' })]
  const project = peopleProject(await startWorkos(), rows, LOOSE)
  const ada = await explainedOne(project, 'user:id-ada')
  expect(ada.action.type).toBe('create')
  expect(ada.rejects).toEqual([expect.objectContaining({ code: 'key_contradiction', origin: './users.csv:3' })])
})

test('a row with a valid organization and a user without a key shows both', async () => {
  const rows = [person('ada'), { org_external_id: 'acme', org_name: 'Acme', first_name: 'Nobody' }]
  const project = peopleProject(await startWorkos(), rows, LOOSE)
  const { explanations } = await explained(project, 'users.csv:3')
  expect(explanations.map(({ address, action }) => [address, action.type])).toEqual([
    ['organization:acme', 'create'],
    ['./users.csv:3', 'rejected'],
  ])
  expect(explanations[1]?.action.why).toMatch(/email/)
})
