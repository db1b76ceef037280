import { expect, test } from 'vitest'
import { exportJson } from '../../fakes/auth0/export-file.ts'
import { DATABASE, person } from '../../fakes/auth0/generate.ts'
import { folderWith, readAll } from '../reading.ts'

const FIELDS = ['user_id', 'email', 'email_verified', 'identities'].map((name) => ({ name }))

const user = (n: number, email: string, email_verified: boolean) => ({
  ...person(n),
  user_id: `auth0|id${n}`,
  identities: [{ connection: DATABASE, provider: 'auth0', user_id: `id${n}`, isSocial: false }],
  email,
  email_verified,
})

test('a password with an address matches only this exact address, and no look-alike', async () => {
  const users = [user(0, 'Mike@example.com', true), user(1, 'mi\u212ae@example.com', false)]
  const row = (email: string, letter: string) =>
    JSON.stringify({ email, connection: DATABASE, passwordHash: `$2b$10$${letter.repeat(53)}` })
  const folder = folderWith({
    users: exportJson(users, FIELDS).join('\n'),
    passwords: [
      row('MIKE@example.com', 'a'),
      row('mi\u212aE@example.com', 'b'),
      row('m\u0131ke@example.com', 'c'),
    ].join('\n'),
  })
  const { records, rejected } = await readAll({ type: 'auth0', users: 'users', passwords: ['passwords'] }, folder)
  expect(records.map(({ data }) => data)).toMatchObject([
    { user_id: 'auth0|id0', passwords: [{ passwordHash: expect.stringContaining('aaa') }], same_email: [] },
    { user_id: 'auth0|id1', passwords: [{ passwordHash: expect.stringContaining('bbb') }], same_email: [] },
  ])
  expect(rejected).toMatchObject([{ problem: { code: 'no_such_user' } }])
})
