import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SourceConfig } from '../../src/config/manifest.ts'
import { inspectSource } from '../../src/inspecting/inspect.ts'
import { openSource } from '../../src/sources/registry.ts'
import type { RejectedRecord } from '../../src/sources/source.ts'
import { folderWith } from '../sources/reading.ts'

const USERS = '{"id":1,"email":"a@example.com"}\n{"id":2,"email":"b@example.com"}\n{"id":3,"email":"c@example.com"}\n'
const MEMBERS = 'user,org,role\n1,o1,admin\n1,o2,member\n2,o1,member\n'
const ORGANIZATIONS = 'id,name\no1,Acme\no2,Borealis\n'
const PLANS = 'code\nfree\npro\n'

const source: SourceConfig = {
  type: 'file',
  streams: {
    users: { path: 'users.ndjson' },
    memberships: { path: 'members.csv', join: { key: 'user', to: '$string(id)' } },
    organization: { path: 'organizations.csv', join: { into: 'memberships', key: 'id', to: 'org', as: 'one' } },
    plans: { path: 'plans.csv' },
  },
}

async function inspectAt(limit: number) {
  const directory = folderWith({
    'users.ndjson': USERS,
    'members.csv': MEMBERS,
    'organizations.csv': ORGANIZATIONS,
    'plans.csv': PLANS,
  })
  const scratch = join(directory, 'scratch')
  const open = (reject: (record: RejectedRecord) => void) =>
    openSource(source, { directory, scratch, reject, warn: () => {} })
  return inspectSource({ type: 'file', limit, scratch, open })
}

test('rows joined to joined rows are a separate stream, with paths as in a mapping', async () => {
  const { streams, people } = await inspectAt(Number.POSITIVE_INFINITY)
  expect(streams.map(({ stream, role, records }) => [stream, role, records])).toEqual([
    ['users', 'main', 3],
    ['plans', 'main', 2],
    ['memberships', 'joined', 3],
    ['organization', 'joined', 3],
  ])
  const of = (name: string) => streams.find(({ stream }) => stream === name)?.paths.map(({ expression }) => expression)
  expect(of('users')).toEqual(['id', 'email'])
  expect(of('memberships')).toEqual(['user', 'org', 'role'])
  expect(of('organization')).toEqual(['id', 'name'])
  expect(people.roles).toEqual([
    { role: 'member', at: 'membership', count: 2 },
    { role: 'admin', at: 'membership', count: 1 },
  ])
})

test('a stream beyond the limit is still listed', async () => {
  const { streams, complete } = await inspectAt(2)
  expect(complete).toBe(false)
  expect(streams.map(({ stream, records }) => [stream, records])).toContainEqual(['plans', 0])
})
