import { expect, test } from 'vitest'
import { concealing } from '../../src/mapping/conceal.ts'

const record = {
  id: 'user-0001',
  email: 'ada@example.com',
  note: 'ada wrote hunter-0002 down',
  credentials: {
    password: { hash: { value: 'hunter-0002', algorithm: 'BCRYPT' } },
    emails: [{ value: 'ada@example.com', status: 'VERIFIED' }],
    recovery_question: { answer: 'hunter-0003' },
    provider: { type: 'OKTA', name: 'OKTA' },
  },
  accounts: [
    { _file: './accounts.csv', _line: 1234, userId: 'user-0001', providerId: 'credential', password: 'hunter-0004' },
    {
      accountId: 'acc-0001',
      refreshToken: 'hunter-0005',
      tokenId: 'hunter-0006',
      value: 'hunter-0007',
      createdAt: '2024-05-06',
    },
  ],
}

test('columns next to a secret are not secret: IDs, addresses, places, types', () => {
  const conceal = concealing(new Set(['credentials', 'accounts', 'providerId', 'password']), record)
  for (const plain of ['user-0001', 'ada@example.com', './accounts.csv:1234', 'OKTA', 'BCRYPT', 'VERIFIED', 'acc-0001'])
    expect(conceal(plain)).toBe(plain)
  for (const number of [2, 3, 4, 5, 6, 7]) expect(conceal(`it is hunter-000${number}.`)).toBe('it is [redacted].')
})

test('a secret that is also an ID stays hidden', () => {
  const conceal = concealing(new Set(['password']), { login: 'same-0001', password: 'same-0001' })
  expect(conceal('same-0001')).toBe('[redacted]')
})

test('words for an empty cell in a column of secrets hide nothing elsewhere', () => {
  const conceal = concealing(new Set(['password_hash']), { password_hash: 'NULL', role: 'NULL' })
  expect(conceal('"NULL" is not a role slug')).toBe('"NULL" is not a role slug')
})
