import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import { isObject } from '../../../src/json.ts'
import { cognitoSource } from '../../../src/sources/cognito/open.ts'
import type { Snapshot } from '../../../src/sources/snapshot/snapshot.ts'
import type { RejectedRecord, SourceRecord } from '../../../src/sources/source.ts'
import { cognitoGroup, cognitoUser, type PoolData, samlProvider, subOf } from '../../fakes/cognito/objects.ts'
import { folderWith, readAll } from '../reading.ts'
import { type Config, capture, fakeCognito, OTHER, optionsOf, POOL, people } from './capturing.ts'

async function readRecords(config: Config, snapshot: Snapshot, chunkSize = 1000) {
  const directory = folderWith({})
  const [rejected, warnings, records]: [RejectedRecord[], Problem[], SourceRecord[]] = [[], [], []]
  const source = cognitoSource.open(config, {
    directory,
    scratch: join(directory, 'scratch'),
    reject: (record) => rejected.push(record),
    warn: (problem) => warnings.push(problem),
    snapshot,
  })
  for await (const chunk of source.read(chunkSize)) records.push(...chunk)
  const { partial, streams } = source
  const counts = source.counts().map(({ stream, role, read, passed }) => [stream, role, read, passed])
  return { records, rejected, warnings, counts, digest: source.digest(), partial, streams }
}

/** The records of pools. */
async function read(data: PoolData[], more: Config = {}) {
  const fake = await fakeCognito(data)
  const config = optionsOf(fake, more)
  const { snapshot } = await capture(config)
  return { ...(await readRecords(config, snapshot)), fake, config, snapshot }
}

test('users of all pools are sorted oldest first, each with its pool and groups', async () => {
  const { records, counts, rejected, warnings, streams } = await read([
    {
      id: POOL,
      users: people(3),
      groups: [cognitoGroup('admins'), cognitoGroup('support')],
      members: { admins: ['user-1', 'user-2'], support: ['user-1'] },
    },
    { id: OTHER, users: people(2, 2), groups: [cognitoGroup('admins')], members: { admins: ['user-2'] } },
  ])
  const users = records.filter(({ stream }) => stream === 'users').map(({ data }) => data)
  const told = users.map(({ pool, Username, groups }) => [
    pool,
    Username,
    Array.isArray(groups) ? groups.map((row) => isObject(row) && row.group) : undefined,
  ])
  // Users with the same name in two pools are different users.
  expect(told).toEqual([
    [POOL, 'user-1', ['admins', 'support']],
    [OTHER, 'user-1', []],
    [POOL, 'user-2', ['admins']],
    [OTHER, 'user-2', ['admins']],
    [POOL, 'user-3', []],
  ])
  expect(users[0]?.groups).toMatchObject([
    { pool: POOL, group: 'admins', username: 'user-1', sub: subOf(1), _line: expect.any(Number) },
    { group: 'support' },
  ])
  expect(counts).toEqual([
    ['users', 'main', 5, 5],
    ['groups', 'joined', 4, 4],
    ['poolGroups', 'main', 3, 3],
  ])
  const positions = records.map(({ seq }) => seq)
  expect(positions).toEqual(positions.toSorted((one, other) => one - other))
  expect(new Set(positions).size).toBe(positions.length)
  expect([rejected, warnings]).toEqual([[], []])
  expect(streams).toEqual(['users', 'poolGroups', 'connections', 'groups', 'roleDefinitions'])
})

test('records have their place in the snapshot', async () => {
  const { records } = await read([{ id: POOL, users: people(1) }])
  expect(records[0]?.origin).toEqual({ file: expect.stringMatching(/users\.ndjson\.gz$/), line: 1 })
})

test('chunks lose nothing, and the digest is that of the snapshot', async () => {
  const { config, snapshot, records, digest } = await read([{ id: POOL, users: people(25) }])
  const again = await readRecords(config, snapshot, 4)
  expect(again.records).toEqual(records)
  expect([digest, again.digest]).toEqual([snapshot.digest, snapshot.digest])
})

test('identity providers are a stream', async () => {
  const { records, counts } = await read([{ id: POOL, users: [], providers: [samlProvider('Acme')] }], {
    connections: true,
  })
  expect(records).toMatchObject([
    { stream: 'connections', data: { pool: POOL, ProviderName: 'Acme', UserPoolId: POOL } },
  ])
  expect(counts).toContainEqual(['connections', 'main', 1, 1])
})

test('pools without users have zero counts', async () => {
  const { records, counts, warnings } = await read([{ id: POOL, users: [] }])
  expect([records, warnings]).toEqual([[], []])
  expect(counts).toContainEqual(['users', 'main', 0, 0])
})

test('members of a group that was deleted during the reading are left out', async () => {
  const users = people(130)
  const members = { support: users.map(({ Username }) => Username) }
  let asked = 0
  const fake = await fakeCognito([{ id: POOL, users, groups: [cognitoGroup('support')], members }], {
    onRequest({ headers }) {
      if (!String(headers['x-amz-target']).endsWith('ListUsersInGroup')) return
      asked += 1
      if (asked === 2) fake.pool(POOL).deleteGroup('support')
    },
  })
  const config = optionsOf(fake)
  const { snapshot } = await capture(config)
  expect(snapshot.streams.find(({ name }) => name === 'group_members')?.records).toBeGreaterThan(0)
  const { records, rejected, counts } = await readRecords(config, snapshot)
  expect(snapshot.facts['groups deleted meanwhile']).toEqual([`${POOL} support`])
  expect(records.filter(({ data }) => JSON.stringify(data).includes('"group":"support"'))).toEqual([])
  expect(counts).toContainEqual(['groups', 'joined', 0, 0])
  expect(rejected).toEqual([])
})

test('updatedSince keeps changed users, and a warning counts other memberships', async () => {
  const changed = Date.parse('2026-06-01T00:00:00Z') / 1000
  const { records, partial, warnings, rejected, counts, fake } = await read(
    [
      {
        id: POOL,
        users: [...people(5), cognitoUser(9, { UserLastModifiedDate: changed })],
        groups: [cognitoGroup('admins')],
        members: { admins: ['user-1', 'user-9'] },
      },
    ],
    { updatedSince: '2026-06-01' },
  )
  expect(records.filter(({ stream }) => stream === 'users')).toMatchObject([
    { data: { Username: 'user-9', groups: [{ group: 'admins' }] } },
  ])
  expect([partial, rejected]).toEqual([true, []])
  expect(warnings).toMatchObject([
    { code: 'members_not_read', message: expect.stringMatching(/^1 membership in groups belongs/) },
  ])
  expect(counts).toContainEqual(['groups', 'joined', 1, 1])
  expect(fake.asked().ListUsers).toBeGreaterThan(0)
})

test.each([
  ['many more users than read', 100, ['fewer_users_than_estimated']],
  ['a few more', 45, []],
  ['fewer', 10, []],
])('an estimate of %s causes a warning only if it is far off', async (_what, estimated, codes) => {
  const { warnings } = await read([{ id: POOL, users: people(40), estimated }])
  expect(warnings.map(({ code }) => code)).toEqual(codes)
})

test('without a snapshot, a source has streams and reads nothing', async () => {
  const config = { userPools: POOL }
  const context = { directory: '.', scratch: '.', reject() {}, warn() {} }
  expect(cognitoSource.open(config, context).streams).toContain('users')
})

test("NUL characters in Cognito's responses are removed", async () => {
  const fake = await fakeCognito([{ id: POOL, users: [cognitoUser(1, { email: 'a\0da@example.com' })] }])
  const config = optionsOf(fake)
  const { snapshot } = await capture(config)
  const { records, warnings } = await readAll({ type: 'cognito', ...config }, folderWith({}), 1000, snapshot)
  expect(JSON.stringify(records)).toContain('"ada@example.com"')
  expect(warnings).toMatchObject([{ code: 'nul_characters' }])
})
