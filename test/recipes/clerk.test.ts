import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(tried('Clerk', 'dashboard export (CSV, 13 columns)', 'with files of memberships and roles'), async () => {
  const found = await migrate('.')
  expect(Object.keys(found.people)).toHaveLength(218)
  expect(found.organizations).toHaveLength(12)
  expect(found.memberships).toHaveLength(285)
  expect(found.roles).toEqual(['admin', 'billing'])
  const passwords = Object.values(found.people).map(({ password }) => password)
  const having = (type: string | null) => passwords.filter((password) => password === type).length
  expect([having('bcrypt'), having('argon2'), having('firebase-scrypt'), having(null)]).toEqual([181, 1, 1, 35])
  const users = './examples/clerk-demo/users.csv'
  expect(found.rejects).toEqual([
    `record ragged_row ${users}:123`,
    `user invalid_email ${users}:224`,
    `user email_missing ${users}:225`,
    `user invalid_password_hash ${users}:226`,
    'record no_such_user ./examples/clerk-demo/memberships.csv:287',
    'roleAssignment role_without_membership ./examples/clerk-demo/roles.csv:68',
  ])
  expect(found.factors).toHaveLength(9)
  expect(found.notes).toEqual(['user password_reset_required md5 3', 'user password_reset_required phpass 2'])
})
