import { expect, test } from 'vitest'
import { folderWith, readAll, sums } from '../reading.ts'

test('joins memberships to users, and organizations to memberships', async () => {
  const folder = folderWith({
    'users.json':
      '{"data": {"users": [\n{"id": 1, "email": "a@example.com"},\n{"id": 2, "email": "b@example.com"}\n]}}',
    'members.csv': 'user_id,org_id,role\n1,o1,admin\n1,o2,member\n2,o1,member\n3,o1,member\n',
    'orgs.ndjson': '{"id":"o1","name":"Acme"}\n{"id":"o2","name":"Borealis"}\n',
  })
  const reading = await readAll(
    {
      type: 'file',
      streams: {
        users: { path: 'users.json', records: 'data.users' },
        memberships: { path: 'members.csv', join: { key: 'user_id', to: 'id' } },
        organization: { path: 'orgs.ndjson', join: { into: 'memberships', key: 'id', to: 'org_id', as: 'one' } },
      },
    },
    folder,
  )
  const acme = { id: 'o1', name: 'Acme', _file: 'orgs.ndjson', _line: 1 }
  const borealis = { id: 'o2', name: 'Borealis', _file: 'orgs.ndjson', _line: 2 }
  const member = (line: number, org: string, role: string, organization: object) => ({
    ...{ user_id: line < 4 ? '1' : '2', org_id: org, role, organization },
    _file: 'members.csv',
    _line: line,
  })
  expect(reading.records).toEqual([
    {
      seq: 0,
      stream: 'users',
      origin: { file: 'users.json', line: 2, record: 1 },
      data: {
        id: 1,
        email: 'a@example.com',
        memberships: [member(2, 'o1', 'admin', acme), member(3, 'o2', 'member', borealis)],
      },
    },
    {
      seq: 1,
      stream: 'users',
      origin: { file: 'users.json', line: 3, record: 2 },
      data: { id: 2, email: 'b@example.com', memberships: [member(4, 'o1', 'member', acme)] },
    },
  ])
  expect(reading.rejected).toMatchObject([
    { stream: 'memberships', origin: { file: 'members.csv', line: 5 }, problem: { code: 'unmatched_row' } },
  ])
  expect(sums(reading)).toEqual([
    ['users', 2, 2, 0],
    ['memberships', 4, 3, 1],
    ['organization', 2, 2, 0],
  ])
})
