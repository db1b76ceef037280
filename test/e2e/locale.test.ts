import { expect, test } from 'vitest'
import { peopleProject, person, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const map = { user: { locale: 'language' } }
const ada = person('ada', { language: 'en_us' })
const bo = person('bo', { language: '' })

const sent = (workos: Workos) =>
  writes(workos.takeLog()).map(({ method, route, body }) => ({ what: `${method} ${route}`, body }))
const localesIn = async (workos: Workos) =>
  Object.fromEntries((await workos.snapshot()).users.map(({ email, locale }) => [email, locale]))

function projectOf(workos: Workos, rows: readonly Row[], more: object = {}) {
  return peopleProject(workos, rows, { map, roles: undefined, ...more })
}

test('a locale follows the create of its user, and is counted; a change of the source is one update', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, [ada, bo])
  const planned = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(planned.summary.estimate).toMatchObject({ writes: 3, userManagementWrites: 3 })
  workos.takeLog()
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stdout + applied.stderr).toBe(0)
  const requests = sent(workos)
  expect(requests.map(({ what }) => what).sort()).toEqual([
    'POST /user_management/users',
    'POST /user_management/users',
    'PUT /user_management/users/:id',
  ])
  expect(requests.filter(({ what }) => what.startsWith('POST')).map(({ body }) => body)).not.toContainEqual(
    expect.objectContaining({ locale: expect.anything() }),
  )
  expect(requests.find(({ what }) => what.startsWith('PUT'))?.body).toEqual({ locale: 'en-US' })
  expect(await localesIn(workos)).toEqual({ 'ada@example.com': 'en-US', 'bo@example.com': null })

  expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).exit).toBe(0)
  project.csv('users.csv', [{ ...ada, language: 'fr', first_name: 'Adèle' }, bo])
  const replanned = JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
  expect(replanned.summary.estimate).toMatchObject({ writes: 1 })
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(sent(workos)).toEqual([
    { what: 'PUT /user_management/users/:id', body: { first_name: 'Adèle', locale: 'fr' } },
  ])
  expect((await project.run(['verify'], { env })).exit).toBe(0)
})

test('a locale without a response is sent by the next apply', async () => {
  let failing = true
  const workos = await startWorkos({
    interceptor: {
      before({ request, response }) {
        if (request.method !== 'PUT' || !failing) return false
        response.writeHead(500).end()
        return true
      },
    },
  })
  const project = projectOf(workos, [ada])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(7)
  expect(await localesIn(workos)).toEqual({ 'ada@example.com': null })
  failing = false
  workos.takeLog()
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(sent(workos)).toEqual([{ what: 'PUT /user_management/users/:id', body: { locale: 'en-US' } }])
  expect(await localesIn(workos)).toEqual({ 'ada@example.com': 'en-US' })
})

test('an adopted user keeps a locale, or gets one if there is none', async () => {
  const workos = await startWorkos()
  for (const { email, external_id } of [ada, bo]) {
    await workos.call('POST', '/user_management/users', { email, external_id })
  }
  const { users } = await workos.snapshot()
  const theirs = users.find(({ email }) => email === bo.email)
  await workos.call('PUT', `/user_management/users/${theirs?.id}`, { locale: 'nb-NO' })
  const project = projectOf(workos, [ada, { ...bo, language: 'de' }])
  expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
  expect(await localesIn(workos)).toEqual({ 'ada@example.com': 'en-US', 'bo@example.com': 'nb-NO' })
})

test('an invalid language tag rejects no account, and is reported', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, [{ ...ada, language: 'English (UK)' }])
  const { exit, stdout } = await project.run(['apply', '--yes'], { env })
  expect(exit).toBe(0)
  expect(stdout).toContain(
    '1 user whose locale "English (UK)" is not a language tag such as en-US: migrated without it',
  )
  expect(await localesIn(workos)).toEqual({ 'ada@example.com': null })
})
