import { expect, test } from 'vitest'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import { openSource, sourceDefinition } from '../../src/sources/registry.ts'
import { folderWith } from './reading.ts'

const definition = (type: string) => sourceDefinition({ type })

test('an unknown type is rejected, with the known types', async () => {
  const context = { directory: '.', scratch: '.', reject() {}, warn() {} }
  await expect(openSource({ type: 'klerk' }, context)).rejects.toThrow(ManifestError)
  await expect(openSource({ type: 'klerk' }, context)).rejects.toThrow('there is no source type "klerk"')
})

test('a source names its files', async () => {
  expect((await definition('csv')).files({ path: 'a.csv' })).toEqual(['a.csv'])
  expect((await definition('clerk')).files({ users: 'u.csv', roles: 'r.csv' })).toEqual(['u.csv', 'r.csv'])
})

test('the check finds problems in the heads of the files, by file', async () => {
  const folder = folderWith({
    'users.csv': 'id,primary_email_adress\n',
    'memberships.csv': 'clerk_user_id,org\n',
  })
  const config = { users: 'users.csv', memberships: 'memberships.csv', roles: 'roles.csv' }
  expect(await (await definition('clerk')).check(config, folder)).toMatchObject([
    {
      code: 'missing_column',
      at: { file: 'users.csv', line: 1 },
      hint: 'rename the column "primary_email_adress" if it is the right one',
    },
    { code: 'missing_column', at: { file: 'memberships.csv', line: 1 } },
    { code: 'file_not_found', at: { file: 'roles.csv' } },
  ])
})

test('the check of a sound file only warns of unknown columns', async () => {
  const folder = folderWith({ 'a.csv': 'email\na@example.com\n', 'b.csv': 'email,shoe\n' })
  expect(await (await definition('csv')).check({ path: 'a.csv' }, folder)).toEqual([])
  expect(await (await definition('csv')).check({ path: 'b.csv' }, folder)).toMatchObject([
    { code: 'unknown_column', severity: 'warning' },
  ])
})
