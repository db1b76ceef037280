import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { validate } from '../../../src/cli/commands/validate.ts'
import { folderOf } from '../../config/folder.ts'
import { commandContext } from './command-context.ts'

const TARGET = 'target: { type: sandbox }\n'
const CODE = 'column_not_in_file'

async function validated(manifest: string, files: Record<string, string>) {
  const { context, err } = commandContext(folderOf({ 'migrate.config.yaml': manifest, ...files }), {})
  const code = await validate({}, context)
  return { code, found: err() }
}

const file = (streams: string, map: string) => `source:\n  type: file\n  streams: ${streams}\n${TARGET}map:\n${map}`
const people = { 'users.csv': 'id,email,first_name\n1,a@example.com,Ada\n' }

test('a missing column is a warning at its place, with the nearest name', async () => {
  const { code, found } = await validated(
    file(
      '{ users: { path: users.csv } }',
      '  user:\n    key: id\n    email: $lowercase(mail)\n    firstName: telephone\n',
    ),
    people,
  )
  expect(code).toBe(0)
  expect(found).toContain(
    `migrate.config.yaml:8:23 warning: users has no column "mail": the expression returns no value [${CODE}]`,
  )
  expect(found).toContain('did you mean email?')
  expect(found).toContain('columns: id, email, first_name')
})

test.each([
  [
    'csv',
    'source: { type: csv, path: users.csv }\nmap: { user: { lastName: surname } }\n',
    'email,last_name\na@example.com,A\n',
  ],
  [
    'clerk',
    'source: { type: clerk, users: users.csv }\nmap: { user: { lastName: surname } }\n',
    'id,primary_email_address\n1,a@example.com\n',
  ],
])('also for known exports: %s', async (_, manifest, users) => {
  const { code, found } = await validated(`${manifest}${TARGET}`, { 'users.csv': users })
  expect([code, found]).toEqual([0, expect.stringContaining('users has no column "surname"')])
  expect(found.split(CODE)).toHaveLength(2)
})

test('in a rule with each, only names on the whole record are checked', async () => {
  const map = '  membership: { each: teams, user: $record.uid, organization: org }\n'
  const { found } = await validated(
    file('{ users: { path: users.csv }, teams: { path: teams.csv, join: { key: user, to: id } } }', map),
    { ...people, 'teams.csv': 'user,org\n1,acme\n' },
  )
  expect(found).toContain('users has no column "uid"')
  expect(found.split(CODE)).toHaveLength(2)
})

test.each([
  [
    'a column of any of several files',
    file('{ users: { path: "*.csv" } }', '  user: { key: id, email: email, lastName: last }\n'),
  ],
  ['records of JSON', file('{ users: { path: users.json } }', '  user: { key: id, email: mail }\n')],
  [
    'a rule that reads a stream of JSON too',
    file(
      '{ users: { path: users.csv }, more: { path: users.json } }',
      '  user: { from: [users, more], key: id, email: mail }\n',
    ),
  ],
  [
    'a column that is asked for first',
    file('{ users: { path: users.csv } }', '  user: { key: id, email: "mail ?: email" }\n'),
  ],
  ['names that only a recipe reads', `extends: okta\nsource: { streams: { users: { path: users.csv } } }\n${TARGET}`],
])('there is no warning for %s', async (_, manifest) => {
  const more = {
    'more.csv': 'id,email,last\n1,a@example.com,A\n',
    'users.json': '[{ "id": "1", "mail": "a@example.com" }]',
  }
  const { found } = await validated(manifest, { ...people, ...more })
  expect(found).not.toContain(CODE)
})

test('a row of data instead of a header is not shown', async () => {
  const { found } = await validated(file('{ users: { path: users.csv } }', '  user: { key: id, email: a }\n'), {
    'users.csv': '1,ada@example.com,Ada\n2,b@example.com,Bo\n',
  })
  expect(found).toContain('the first line looks like data')
  expect(found).not.toContain('ada@example.com')
})

const examples = fileURLToPath(new URL('../../../examples', import.meta.url))
const shown = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'migrate.config.yaml')))

test('the examples and the demo have no such warning', async () => {
  expect(shown.length).toBeGreaterThan(10)
  for (const name of [...shown, '..']) {
    const { context, err } = commandContext(join(examples, name), {})
    await validate({ offline: true }, context)
    expect(err(), name).not.toContain(CODE)
  }
})

test('in preferences for duplicates, only names on the record are checked', async () => {
  const dedupe = 'dedupe:\n  user:\n    prefer: [emailVerified, $record.first_nam]\n    updatedAt: $record.id\n'
  const map = '  user: { key: id, email: email }\n'
  const { found } = await validated(`${file('{ users: { path: users.csv } }', map)}${dedupe}`, people)
  expect(found).toContain(
    `migrate.config.yaml:9:37 warning: users has no column "first_nam": the expression returns no value`,
  )
  expect(found).toContain('did you mean first_name?')
  expect(found.split(CODE)).toHaveLength(2)
})
