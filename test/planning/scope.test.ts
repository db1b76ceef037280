import { describe, expect, test } from 'vitest'
import { checkPilot, readSelector } from '../../src/config/pilot.ts'
import { belongingOf } from '../../src/desired/scope.ts'
import { choose } from '../../src/desired/selectors.ts'
import { type ChosenOnes, globOf, type Population, type RefusedItem } from '../../src/kinds/scope.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'

describe('a selector', () => {
  test.each([
    ['organization:acme', 'organization', 'acme'],
    ['user:auth0|5f7c', 'user', 'auth0|5f7c'],
    ['user:urn:example:1', 'user', 'urn:example:1'],
    [' email : ada@example.com ', 'email', 'ada@example.com'],
    ['domain:*.acme.com', 'domain', '*.acme.com'],
  ])('%j is read', (text, kind, pattern) => {
    expect(readSelector(text)).toEqual({ ok: true, selector: { kind, pattern } })
  })

  test.each([
    '',
    ':',
    'acme',
    'user',
    'user:',
    'user:  ',
    'users:x',
    'User:x',
    'membership:a@b',
    ':x',
    'ORGANIZATION:x',
  ])('%j is invalid, and the message suggests a valid one', (text) => {
    const read = readSelector(text)
    expect(read).toMatchObject({ ok: false, problem: { hint: expect.any(String) } })
  })

  test('in the manifest is rejected with its place', () => {
    const located = checkPilot({ only: ['user:a', 'nobody'] }, (path) => ({ file: path.join('.') }))
    expect(located).toMatchObject([{ code: 'bad_selector', path: 'pilot.only.1', at: { file: 'pilot.only.1' } }])
    for (const pilot of [undefined, null, {}, { only: 'user:a' }, { only: [1] }, { limit: 3 }]) {
      expect(checkPilot(pilot, () => ({ file: '' }))).toEqual([])
    }
  })
})

/** The users and organizations that a selector chooses. */
function chosenBy(text: string): string[] {
  const rundb = new RunDatabase(undefined)
  const users: [string, string, string][] = [
    ['u1', 'u1', 'Ada@Example.com'],
    ['old', 'u1', ''],
    ['[a]*', '[a]*', 'müller@sub.example.com'],
    ['U1', 'U1', 'x@examplexcom'],
  ]
  const values = (rows: readonly (readonly string[])[]) =>
    rows
      .map((row) => `SELECT ${row.map((cell) => (cell === '' ? 'NULL' : `'${cell}'`)).join(', ')}`)
      .join(' UNION ALL ')
  const population: Population = {
    organizations: `SELECT column1 AS key FROM (VALUES ('acme'), ('acme-eu'), ('Acme'))`,
    users: `SELECT 1 AS key, 1 AS chosen, 1 AS email WHERE 0 UNION ALL ${values(users)}`,
    invitations: 'SELECT 1 AS key, 1 AS email WHERE 0',
  }
  const read = readSelector(text)
  if (!read.ok) throw new Error(text)
  const found = choose(rundb, read.selector, population)
  const keys = rundb.statement('SELECT key FROM chosen ORDER BY key').all()
  rundb.close()
  expect(found).toBe(keys.length > 0)
  return keys.map(({ key }) => String(key))
}

test.each<[string, string[]]>([
  ['organization:acme', ['acme']],
  ['organization:acme*', ['acme', 'acme-eu']],
  ['organization:?cme', ['Acme', 'acme']],
  ['organization:[a]cme', []],
  ['user:u1', ['u1']],
  ['user:old', ['u1']],
  ['user:[a]*', ['[a]*']],
  ['user:[aA]?', []],
  ['user:*', ['U1', '[a]*', 'u1']],
  ['email:ada@EXAMPLE.com', ['u1']],
  ['email:müller@*', ['[a]*']],
  ['domain:example.com', ['u1']],
  ['domain:*.example.com', ['[a]*']],
  ['domain:Example.Com', ['u1']],
  ['domain:com', []],
])('%s chooses %j', (text, keys) => {
  expect(chosenBy(text)).toEqual(keys)
})

test('only our wildcards have a meaning, not those of SQLite', () => {
  expect(globOf('a[b]*?^')).toBe('a[[]b]*?^')
})

/** A scope with some chosen, and those that come along. */
function scopeOf(
  chosen: Partial<Record<'organizations' | 'users' | 'alongOrganizations' | 'alongUsers', string[]>>,
  by: Partial<ChosenOnes['by']>,
): ChosenOnes {
  const { organizations = [], users = [], alongOrganizations = [], alongUsers = [] } = chosen
  return {
    choosesOrganization: (key) => organizations.includes(key),
    choosesUser: (key) => users.includes(key),
    hasOrganization: (key) => [...organizations, ...alongOrganizations].includes(key),
    hasUser: (key) => [...users, ...alongUsers].includes(key),
    by: { organization: false, user: false, address: false, invitation: false, ...by },
  }
}

const ACME = scopeOf({ organizations: ['acme'], alongUsers: ['ada'] }, { organization: true })
const ADA = scopeOf({ users: ['ada'], alongOrganizations: ['acme', 'beta'] }, { user: true })
const AT_ACME = scopeOf({ users: ['ada'], alongOrganizations: ['acme'] }, { address: true })
const refused = (kind: string, more: Partial<RefusedItem> = {}): RefusedItem => ({ kind, key: null, refs: {}, ...more })

test.each<[string, RefusedItem, ChosenOnes, string]>([
  ['a user who came along', refused('user', { key: 'ada' }), ACME, 'in'],
  ['another user', refused('user', { key: 'bob' }), ACME, 'out'],
  ['a user without a key', refused('user'), ACME, 'unknown'],
  [
    'another user with an address that is not chosen',
    refused('user', { key: 'bob', email: 'b@x.example' }),
    AT_ACME,
    'out',
  ],
  ['another user without a known address', refused('user', { key: 'bob' }), AT_ACME, 'unknown'],
  ['the organization', refused('organization', { key: 'acme' }), ACME, 'in'],
  ['an organization that came along', refused('organization', { key: 'beta' }), ADA, 'in'],
  ['another organization', refused('organization', { key: 'beta' }), ACME, 'out'],
  [
    'a membership of the organization',
    refused('membership', { refs: { user: 'ada', organization: 'acme' } }),
    ACME,
    'in',
  ],
  [
    'a membership elsewhere of its user',
    refused('membership', { refs: { user: 'ada', organization: 'beta' } }),
    ACME,
    'out',
  ],
  ['a membership of the user', refused('membership', { refs: { user: 'ada', organization: 'gone' } }), ADA, 'in'],
  ['a membership of another user', refused('membership', { refs: { user: 'bob', organization: 'acme' } }), ADA, 'out'],
  [
    'a membership of an unknown user, of the organization',
    refused('membership', { refs: { organization: 'acme' } }),
    ACME,
    'in',
  ],
  [
    'a membership of an unknown user, elsewhere',
    refused('membership', { refs: { organization: 'beta' } }),
    ACME,
    'out',
  ],
  ['a membership of an unknown user', refused('membership', { refs: { organization: 'acme' } }), ADA, 'unknown'],
  ['a membership in an unknown organization', refused('membership', { refs: { user: 'bob' } }), ACME, 'unknown'],
  ['a membership in an unknown organization, of the user', refused('membership', { refs: { user: 'ada' } }), ADA, 'in'],
  ['a membership in an unknown organization, of another', refused('membership', { refs: { user: 'bob' } }), ADA, 'out'],
  ['a membership without known references', refused('membership'), ADA, 'unknown'],
  ['a member of a group', refused('group-membership', { refs: { user: 'ada', organization: 'beta' } }), ACME, 'out'],
  ['a group', refused('group', { refs: { organization: 'acme' } }), ACME, 'in'],
  ['a group of another', refused('group', { refs: { organization: 'beta' } }), ACME, 'out'],
  ['a connection of the organization', refused('connection', { refs: { organization: 'acme' } }), ACME, 'in'],
  ['a connection of one that came along', refused('connection', { refs: { organization: 'acme' } }), ADA, 'out'],
  ['a role assigned to the user', refused('roleAssignment', { refs: { user: 'ada' } }), ACME, 'in'],
  ['a role assigned to another', refused('roleAssignment', { refs: { user: 'bob' } }), ACME, 'out'],
  ['a role assigned to an unknown user', refused('roleAssignment'), ACME, 'unknown'],
  ['a role of the environment', refused('role-definition', { key: 'admin' }), ACME, 'unknown'],
  ['a role of any organization', refused('role-definition', { key: 'org-lead@' }), ACME, 'unknown'],
  ['a role of the organization', refused('role-definition', { key: 'org-lead@acme' }), ACME, 'in'],
  ['a role of another organization', refused('role-definition', { key: 'org-lead@beta' }), ACME, 'out'],
  ['a permission', refused('permission', { key: 'read' }), ACME, 'unknown'],
  ['a record', refused('record'), ACME, 'unknown'],
])('%s that was rejected: its owner', (_what, item, scope, belonging) => {
  expect(belongingOf(item, scope)).toBe(belonging)
})
