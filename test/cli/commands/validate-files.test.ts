import { expect, test } from 'vitest'
import { validate } from '../../../src/cli/commands/validate.ts'
import { folderOf } from '../../config/folder.ts'
import { commandContext } from './command-context.ts'

const MAP = 'map: { user: { key: id, email: email } }\n'

async function problemsOf(streams: string, files: Record<string, string> = {}, map = MAP) {
  const manifest = `source:\n  type: file\n  streams:\n${streams}\ntarget: { type: sandbox }\n${map}`
  const { context, err } = commandContext(folderOf({ 'migrate.config.yaml': manifest, ...files }), {})
  await validate({}, context)
  return err()
}

test('a problem of a file is reported at the option that names it', async () => {
  const found = await problemsOf(
    '    users: { path: users.csv }\n    rows:\n      path: [a.csv, gone.csv]\n      join: { key: a, to: id }',
    { 'users.csv': 'id,email\n', 'a.csv': 'a\n1\n' },
  )
  expect(found).toMatch(/^migrate\.config\.yaml:6:21 error: there is no file gone\.csv \[file_not_found\]/m)
  expect(found).toMatch(/^1 problem$/m)
})

test('a problem of an option is reported once, at its place', async () => {
  const found = await problemsOf(
    '    users: { path: users.csv }\n    rows: { path: r.csv, join: { key: "a b", to: id } }',
  )
  expect(found).toMatch(/^migrate\.config\.yaml:5:40 error: .*\[bad_expression\]/m)
  expect(found).toMatch(/^1 problem$/m)
})

test('keys of joins are expressions without references', async () => {
  const found = await problemsOf(
    '    users: { path: users.csv }\n    rows: { path: users.csv, join: { key: "id & \'${NOT_SET}\'", to: id } }',
    { 'users.csv': 'id,email\n1,a@example.com\n' },
  )
  expect(found).toBe('')
})

test('an invalid stream name shows the allowed characters', async () => {
  expect(await problemsOf('    my-users: { path: users.csv }')).toContain(
    '"my-users" is not a valid key: letters, digits and _',
  )
})

test('files without a mapping are reported', async () => {
  const found = await problemsOf('    users: { path: users.csv }', { 'users.csv': 'id\n1\n' }, '')
  expect(found).toContain('nothing is mapped')
  expect(found).toContain('map.user with key and email')
})
