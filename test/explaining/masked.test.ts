import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createProject, type Project } from '../e2e/cli.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { applied } from './explained.ts'

const env = { KEY }

/** Personal values, in every form that a source can have. */
const VALUES = [
  'Lovelace',
  'Nickname of Ada',
  '4930123456',
  'lovelace',
  'Grace',
  'Zuse',
  'key-ada',
  'key of konrad',
  '1815',
  'ada.l@',
]

/** Users with numbers, nested values, a rejected role, a merge, a reject and a joined row. */
function project(workos: { target: object }): Project {
  const made = createProject()
  const people = [
    {
      id: 'key-ada',
      email: 'ada.l@example.com',
      verified: true,
      last: 'Lovelace',
      phone: 4930123456,
      org: 'acme',
      role: 'boss',
      more: { born: 1815 },
    },
    {
      id: 'key-ada-2',
      email: 'ada.l@example.com',
      last: 'Lovelace-Byron',
      phone: 4930123457,
      org: 'bolt',
    },
    { id: 'key of konrad', email: 'Zuse at nowhere', last: 'Zuse', org: 'acme', more: { born: 1910 } },
    { id: 'key-grace', email: 'grace@example.com', last: 'Grace', phone: 4930123456, org: 'acme', role: 'Secret Role' },
    { id: 'key-out', email: 'out@example.com', last: 'Lovelace', phone: 4930123456, gone: true },
  ]
  made.write('people.ndjson', people.map((one) => JSON.stringify(one)).join('\n'))
  made.csv('notes.csv', [{ id: 'key-ada', text: 'Nickname of Ada' }])
  made.manifest({
    version: 1,
    name: 'masked',
    source: {
      type: 'file',
      streams: {
        people: { path: './people.ndjson' },
        notes: { path: './notes.csv', join: { key: 'id', to: 'id' } },
      },
    },
    target: workos.target,
    roles: { define: { admin: { name: 'Admin' } }, map: { boss: 'admin' } },
    map: {
      user: {
        when: '$not($exists(gone))',
        key: 'id',
        externalId: 'id',
        email: 'email',
        emailVerified: 'verified',
        lastName: 'last',
        passwordHash: 'hash',
        metadata: {
          phone: '$string(phone)',
          born: '$string(more.born)',
          note: 'notes[0].text',
          low: '$lowercase(last)',
        },
      },
      organization: { key: 'org', name: 'org' },
      membership: { organization: 'org', roles: 'role' },
    },
    dedupe: { user: { by: ['email'] } },
    safety: { maxRejects: 10 },
  })
  return made
}

const ASKED = [
  'key-ada',
  'key of konrad',
  'grace@example.com',
  'people.ndjson:5',
  'organization:acme',
  'membership:key-grace@acme',
]

test('with the mask all, an explanation has no personal value or key, as text or JSON, before and after an apply', async () => {
  const workos = await startWorkos()
  const made = project(workos)
  const ask = async (...args: string[]) => {
    const { exit, stdout, stderr } = await made.run(['explain', ...args, '--mask', 'all'], { env })
    expect(exit, stderr).toBe(0)
    for (const value of VALUES) {
      expect(stdout, args.join(' ')).not.toContain(value)
      expect(stderr, args.join(' ')).not.toContain(value)
    }
    return stdout
  }
  for (const what of ASKED) for (const more of [[], ['--json']]) await ask(what, ...more)
  await applied(made)
  made.write(
    'people.ndjson',
    readFileSync(made.path('people.ndjson'), 'utf8')
      .replace('Lovelace-Byron', 'Byron')
      .replace('"Lovelace"', '"Lovelace-Changed"'),
  )
  for (const what of ASKED) for (const more of [[], ['--json']]) await ask(what, '--live', ...more)
})

test('with the mask all, an explanation keeps its fields, expressions, places and reasons, and a key has one digest', async () => {
  const made = project(await startWorkos())
  const { stdout } = await made.run(['explain', 'key-ada', '--mask', 'all'], { env })
  const [, digest = ''] = /^user:(#[0-9a-f]{8}) {2}\*\*\*$/m.exec(stdout) ?? []
  expect(digest).not.toBe('')
  expect(stdout).toContain(`→ user:${digest}`)
  expect(stdout).toContain(`${digest}  primary record`)
  expect(stdout).toContain('metadata.phone: "***" discarded, "***" kept (union)')
  expect(stdout).toContain('    "last_name": "***"')
  expect(stdout).toContain('metadata.low: $lowercase(last)')
  const json = await made.run(['explain', 'key-ada', '--mask', 'all', '--json'], { env })
  const { explanations } = JSON.parse(json.stdout)
  expect(explanations[0]).toMatchObject({
    address: `user:${explanations[0].key}`,
    records: [
      {
        rules: [
          {
            rule: 'map.user',
            items: [{ fields: [{ name: 'key', expression: 'id', value: '***' }, {}, {}, {}, {}, {}, {}, {}, {}, {}] }],
          },
        ],
      },
      {},
    ],
    requests: [{ method: 'POST', path: '/user_management/users', body: { email: '***', email_verified: true } }],
  })
})
