import { expect, test } from 'vitest'
import { createProject, type Project, type Result } from './cli.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const LONG = 'x'.repeat(700)

/** Fourteen keys: twelve of their own, an object of two members, and a long value. */
const FOURTEEN: Record<string, unknown> = {
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, n) => [`key${String(n + 1).padStart(2, '0')}`, `value ${n + 1}`]),
  ),
  address: { city: 'Oslo', zip: '0150' },
  bio: LONG,
}

const auth0User = (metadata: object, id = 'ada', email = `${id}@example.com`) => ({
  user_id: `auth0|${id}`,
  email,
  email_verified: true,
  identities: [{ user_id: id, provider: 'auth0', connection: 'Username-Password-Authentication', isSocial: false }],
  user_metadata: metadata,
})

function manifestOf(workos: Workos, metadata: object, more: object = {}): object {
  return {
    version: 1,
    source: { type: 'auth0', users: './users.ndjson' },
    map: { user: { metadata: { '*': 'user_metadata' } } },
    metadata,
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...more,
  }
}

function projectOf(workos: Workos, users: readonly object[], metadata: object, more: object = {}): Project {
  const project = createProject()
  usersOf(project, users)
  project.manifest(manifestOf(workos, metadata, more))
  return project
}

function usersOf(project: Project, users: readonly object[]): void {
  project.write('users.ndjson', users.map((user) => `${JSON.stringify(user)}\n`).join(''))
}

const metadataIn = async (workos: Workos) => {
  const { users } = await workos.snapshot()
  return Object.fromEntries(users.map(({ external_id, metadata }) => [external_id, metadata]))
}

const remarksOf = ({ stdout }: Result) => (/\nRemarks\n((?: {2}.*\n)+)/.exec(stdout)?.[1] ?? '').trim().split(/\n */)

/** The keys with these numbers. */
const numbered = (from: number, to: number) =>
  Object.fromEntries(
    Object.entries(FOURTEEN).filter(([key]) => Number(key.slice(3)) >= from && Number(key.slice(3)) <= to),
  )

/** Each set of rules with the result in WorkOS and the remarks of the plan. */
const RULES = [
  {
    name: 'rules that keep all that fits',
    metadata: { maxKeys: 50, tooLong: 'cut' },
    holds: { ...numbered(1, 12), address: '{"city":"Oslo","zip":"0150"}', bio: 'x'.repeat(600) },
    remarks: ['1 user: metadata value of bio cut to 600 characters'],
  },
  {
    name: 'ten keys in alphabetical order',
    metadata: { tooLong: 'drop', tooManyKeys: 'drop' },
    holds: { ...numbered(1, 9), address: '{"city":"Oslo","zip":"0150"}' },
    remarks: [
      '1 user: metadata key key10 dropped, because there are too many keys',
      '1 user: metadata key key11 dropped, because there are too many keys',
      '1 user: metadata key key12 dropped, because there are too many keys',
      '1 user: only the first 10 metadata keys kept (metadata.tooManyKeys: drop)',
      '1 user: metadata value of bio dropped, because it is too long (metadata.tooLong: drop)',
    ],
  },
  {
    name: 'flattened objects, and the keys that are named first',
    metadata: { nested: 'flatten', tooLong: 'cut', tooManyKeys: 'drop', keep: ['key12', 'bio'] },
    holds: { ...numbered(1, 6), ...numbered(12, 12), address_city: 'Oslo', address_zip: '0150', bio: 'x'.repeat(600) },
    remarks: [
      '1 user: metadata key key07 dropped, because there are too many keys',
      '1 user: metadata key key08 dropped, because there are too many keys',
      '1 user: metadata key key09 dropped, because there are too many keys',
      '1 user: metadata key key10 dropped, because there are too many keys',
      '1 user: metadata key key11 dropped, because there are too many keys',
      '1 user: only the first 10 metadata keys kept (metadata.tooManyKeys: drop)',
      '1 user: metadata value of bio cut to 600 characters',
    ],
  },
]

test.each(RULES)('a user with 14 metadata keys migrates under $name, once', async ({ metadata, holds, remarks }) => {
  const workos = await startWorkos()
  const project = projectOf(workos, [auth0User(FOURTEEN)], metadata)
  const plan = await project.run(['plan'], { env })
  expect(remarksOf(plan)).toEqual(remarks)
  // Values appear only among the values.
  expect(remarksOf(plan).join()).not.toContain('xxx')
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(await metadataIn(workos)).toEqual({ 'auth0|ada': holds })

  workos.takeLog()
  for (const line of [['plan'], ['plan', '--refresh']]) {
    expect(await project.run([...line, '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  }
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog())).toEqual([])
  expect(await project.run(['verify'], { env })).toMatchObject({ exit: 0 })
})

test('without a rule that changes anything the user is rejected, with every reason', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, [auth0User(FOURTEEN)], {})
  const { exit, stdout } = await project.run(['plan'], { env })
  expect(exit).toBe(5)
  expect(stdout).toContain('the metadata has 14 keys, but the limit is 10')
  expect(stdout).not.toContain('xxx')
})

test('a key removed in the source is removed in WorkOS, the next in line replaces it, and nothing else is sent', async () => {
  const workos = await startWorkos()
  const rules = { tooLong: 'cut', tooManyKeys: 'drop' }
  const project = projectOf(workos, [auth0User(FOURTEEN)], rules)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const { key03: _gone, ...less } = FOURTEEN
  usersOf(project, [auth0User(less)])
  workos.takeLog()
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog()).map(({ method, body }) => [method, body])).toEqual([
    ['PUT', { metadata: { key03: null, key09: 'value 9' } }],
  ])
  // A key beyond the limit can change freely.
  usersOf(project, [auth0User({ ...less, key12: 'changed', bio: `${LONG}y` })])
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  // A rule that later keeps fewer keys removes those beyond its limit.
  project.manifest(manifestOf(workos, { ...rules, tooLong: 'drop' }))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(writes(workos.takeLog()).map(({ body }) => body)).toEqual([{ metadata: { bio: null, key10: 'value 10' } }])
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
})

test('merged accounts keep the limits together, in any order of the source', async () => {
  const halves = (prefix: string) => Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${prefix}${n}`, prefix]))
  const users = [auth0User(halves('b'), 'one', 'ada@example.com'), auth0User(halves('a'), 'two', 'ada@example.com')]
  const held = []
  for (const order of [users, users.toReversed()]) {
    const workos = await startWorkos()
    const project = projectOf(workos, order, { tooManyKeys: 'drop' })
    expect(remarksOf(await project.run(['plan'], { env }))).toContain(
      '1 user: only the first 10 metadata keys kept (metadata.tooManyKeys: drop)',
    )
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    held.push(...(await workos.snapshot()).users.map(({ metadata }) => metadata))
    expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  }
  const { b0, b1 } = halves('b')
  expect(held).toEqual([
    { ...halves('a'), b0, b1 },
    { ...halves('a'), b0, b1 },
  ])
})

test('metadata of organizations follows the same rules', async () => {
  const workos = await startWorkos()
  const team = { id: 'acme', name: 'Acme', details: FOURTEEN }
  const map = {
    user: { metadata: { '*': null, username: null, phone: null } },
    organization: {
      from: 'users',
      each: 'user_metadata.team',
      key: 'id',
      externalId: 'id',
      name: 'name',
      metadata: 'details',
    },
  }
  const rules = { nested: 'flatten', separator: '.', tooLong: 'cut', maxKeys: 12, tooManyKeys: 'drop' }
  const project = projectOf(workos, [auth0User({ team }), auth0User({ team }, 'ben')], rules, { map })
  const plan = await project.run(['plan'], { env })
  expect(remarksOf(plan)).toContain('1 organization: metadata value of bio cut to 600 characters')
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const { organizations } = await workos.snapshot()
  expect(organizations.map(({ metadata }) => metadata)).toEqual([
    { ...numbered(1, 9), 'address.city': 'Oslo', 'address.zip': '0150', bio: 'x'.repeat(600) },
  ])
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
})

test('tests of a mapping show what the rules do to metadata', async () => {
  const workos = await startWorkos()
  const project = projectOf(workos, [], { nested: 'flatten', tooLong: 'cut', maxValueLength: 5 })
  const expected = {
    user: { metadata: { bio: 'abcde', address_city: 'Oslo' } },
    notes: [{ code: 'metadata_value_cut', detail: 'bio cut to 5 characters' }],
  }
  const input = {
    user_id: 'auth0|a',
    email: 'a@example.com',
    user_metadata: { bio: 'abcdef', address: { city: 'Oslo' } },
  }
  const tests = (expect: object) =>
    manifestOf(workos, { nested: 'flatten', tooLong: 'cut', maxValueLength: 5 }, { tests: { cut: { input, expect } } })
  project.manifest(tests(expected))
  const passed = await project.run(['test'], { env })
  expect(passed, passed.stdout).toMatchObject({ exit: 0 })
  project.manifest(tests({ ...expected, notes: [] }))
  expect(await project.run(['test'], { env })).toMatchObject({
    exit: 1,
    stdout: expect.stringContaining('metadata_value_cut'),
  })
})
