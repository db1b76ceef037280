import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileMapping, mapperSettings } from '../../src/mapping/compile.ts'
import { mapChunk } from '../../src/mapping/map-chunk.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { dedupeWith, manifestWith, recordsOf } from './manifest.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

function mapped(map: Manifest['map'], data: JsonObject[], changed: Partial<Manifest> = {}): Promise<MapResult> {
  return mapChunk({ records: recordsOf(data) }, compileMapping(mapperSettings(manifestWith(map, changed), 'users')))
}

const DROPPED = { id: 'u1', role: 'guest' }
/** The organization's rule comes before the user's. */
const PEOPLE_AND_TEAMS: Manifest['map'] = {
  organization: { each: 'teams', externalId: 'id', name: 'name' },
  user: { when: 'active', email: 'email' },
  membership: { each: 'teams', organization: 'id' },
}

const drafts = ({ drafts: list }: MapResult) => list.map(({ kind, key }) => `${kind}:${key}`)
const rejects = ({ rejects: list }: MapResult) => list.map(({ kind, code, field }) => `${kind} ${code} ${field ?? '-'}`)

describe('one record', () => {
  test('reads all members of metadata from an object, or from its JSON text', async () => {
    const map: Manifest['map'] = { user: { key: 'email', email: 'email', metadata: { '*': 'm', own: "'1'" } } }
    const values = [{ plan: 'pro' }, '{"plan":"pro","id":12345678901234567890,"own":"2"}', '', null, '{}', [], ' ']
    const result = await mapped(
      map,
      values.map((m, n) => ({ email: `${n}@x.example`, m })),
    )
    expect(result.drafts.map(({ attributes }) => JSON.parse(attributes).metadata)).toEqual([
      { own: '1', plan: 'pro' },
      { own: '1', plan: 'pro', id: '12345678901234567890' },
      ...values.slice(2).map(() => ({ own: '1' })),
    ])
  })

  test('becomes a user with separate secrets, its group and its place', async () => {
    const result = await mapped(
      {
        user: {
          key: 'id',
          email: 'mail',
          metadata: { plan: 'plan', name: '$uppercase(name)' },
          passwordHash: '$clerkPassword(digest, hasher)',
        },
      },
      [{ id: 'u1', mail: 'A@Example.com', plan: 'pro', name: 'ada', digest: BCRYPT, hasher: 'bcrypt' }],
    )
    expect(result).toEqual({
      drafts: [
        {
          seq: 0,
          kind: 'user',
          key: 'u1',
          group: '["a@example.com"]',
          refs: {},
          attributes: '{"email":"a@example.com","metadata":{"name":"ADA","plan":"pro"}}',
          secrets: `{"passwordHash":{"hash":"${BCRYPT}","type":"bcrypt"}}`,
          origin: { file: 'users.csv', line: 2 },
        },
      ],
      grants: [],
      rejects: [],
      notes: [],
      names: new Map(),
      assigned: 0,
      mapped: 1,
      leftOut: 0,
      leftOutBy: [],
      leftOutKeys: [],
      leftOutItems: [],
      leftOutRecords: [],
    })
  })

  test('makes one resource of each item, from the item and the record', async () => {
    const result = await mapped(
      {
        user: { key: 'id', email: 'email' },
        organization: { each: 'memberships', externalId: 'org', name: 'name' },
        membership: { each: 'memberships', when: 'org != "skipped"', organization: 'org', roles: '$record.role' },
      },
      [
        {
          id: 'u1',
          email: 'a@example.com',
          role: 'admin',
          memberships: [{ org: 'acme', name: 'Acme' }, { org: 'beta', name: 'Beta' }, { org: 'skipped' }],
        },
        { id: 'u2', email: 'b@example.com', memberships: [] },
        { id: 'u3', email: 'c@example.com', role: 'member', memberships: { org: 'solo' } },
      ],
    )
    expect(rejects(result)).toEqual([])
    expect(drafts(result)).toEqual([
      'organization:acme',
      'organization:beta',
      'organization:skipped',
      'user:u1',
      'membership:u1@acme',
      'membership:u1@beta',
      'user:u2',
      'organization:solo',
      'user:u3',
      'membership:u3@solo',
    ])
    expect(result.drafts.find(({ key }) => key === 'u1@beta')).toMatchObject({
      refs: { user: 'u1', organization: 'beta' },
      attributes: '{"roles":["admin"]}',
      group: null,
    })
  })

  test('that every rule leaves out is counted as such', async () => {
    const result = await mapped({ user: { when: 'active', email: 'email' } }, [
      { email: 'a@example.com', active: true },
      { email: 'b@example.com', active: false },
      { email: 'c@example.com' },
    ])
    expect(drafts(result)).toEqual(['user:a@example.com'])
    expect(result).toMatchObject({ mapped: 1, leftOut: 2 })
    expect(result.leftOutBy).toEqual([{ stream: 'users', path: 'map.user.when', records: 2 }])
  })

  test.each<[string, Manifest['map'], JsonObject, string | null]>([
    ['the user, whatever other rules say', PEOPLE_AND_TEAMS, { id: 'u1', email: 'a@example.com' }, 'map.user.when'],
    ['an empty each', { membership: { each: 'teams', user: 'id', organization: 'o' } }, {}, 'map.membership.each'],
    [
      'an empty each of its stream',
      { membership: { each: { users: 'teams' }, user: 'id', organization: 'o' } },
      {},
      'map.membership.each.users',
    ],
    ['roles that are all dropped', { roleAssignment: { user: 'id', role: 'role' } }, DROPPED, 'roles.unmapped'],
    ['no rule for the stream', { organization: { from: 'organizations', externalId: 'id', name: 'name' } }, {}, null],
  ])('that is left out names the condition: %s', async (_, map, record, path) => {
    const result = await mapped(map, [record, record], { roles: { define: {}, map: {}, unmapped: 'drop' } })
    expect(result).toMatchObject({ drafts: [], rejects: [], mapped: 0, leftOut: 2 })
    expect(result.leftOutBy).toEqual([{ stream: 'users', path, records: 2 }])
  })

  test('of another stream is left to the rules that name it', async () => {
    const map = { user: { email: 'email' }, organization: { from: 'organizations', externalId: 'id', name: 'name' } }
    const mapping = compileMapping(mapperSettings(manifestWith(map), 'users'))
    const records = [
      ...recordsOf([{ email: 'a@example.com', id: 'x', name: 'X' }]),
      ...recordsOf([{ email: 'b@example.com', id: 'acme', name: 'Acme' }], 'organizations'),
    ]
    expect(drafts(await mapChunk({ records }, mapping))).toEqual(['user:a@example.com', 'organization:acme'])
  })
})

describe('problems of a record', () => {
  test('a failing expression names the field and itself, and affects nothing else', async () => {
    const result = await mapped({ user: { key: 'id', email: 'email', firstName: '$number(name)' } }, [
      { id: 'u1', email: 'a@example.com', name: '1' },
      { id: 'u2', email: 'b@example.com', name: 'Ada' },
      { id: 'u3', email: 'c@example.com' },
    ])
    expect(drafts(result)).toEqual(['user:u1', 'user:u3'])
    expect(result.rejects).toEqual([
      {
        seq: 1,
        kind: 'user',
        key: 'u2',
        email: 'b@example.com',
        code: 'expression_failed',
        field: 'firstName',
        message: expect.stringMatching(/^map\.user\.firstName fails: .*"Ada".* \(in \$number\(name\)\)$/),
        hint: expect.stringContaining('test it first'),
        origin: { file: 'users.csv', line: 3 },
        refs: {},
      },
    ])
    expect(result).toMatchObject({ mapped: 3, leftOut: 0 })
  })

  test('a long expression is cut in the message', async () => {
    const result = await mapped({ user: { email: `$number(email) + ${'1 + '.repeat(100)}1` } }, [{ email: 'x' }])
    expect(result.rejects[0]?.message.length).toBeLessThan(320)
    expect(result.rejects[0]?.message).toMatch(/…\)$/)
  })

  test('no message contains the value of a secret field', async () => {
    for (const field of ['password', 'passwordHash', 'passwordHashType', 'totpSecret']) {
      const result = await mapped({ user: { email: 'email', [field]: '$number(secret)' } }, [
        { email: 'a@example.com', secret: 'tops3cret' },
      ])
      expect(rejects(result)).toEqual([`user expression_failed ${field}`])
      expect(JSON.stringify(result)).not.toContain('tops3cret')
    }
  })

  test('a rule of the kind rejects with all its reasons', async () => {
    const result = await mapped({ user: { key: 'id', email: 'email', emailVerified: 'verified' } }, [
      { id: 'u1', email: 'nobody', verified: 'perhaps' },
    ])
    expect(result.rejects).toMatchObject([
      { kind: 'user', key: 'u1', code: 'invalid_email', field: 'email', message: expect.stringContaining('"perhaps"') },
    ])
  })

  test('the value for all members of metadata is rejected if it is not an object', async () => {
    const data = [{ m: 'no JSON' }, { m: ['a'] }, { m: 7 }, { m: '["a"]' }].map(({ m }, n) => ({
      email: `${n}@x.example`,
      m,
    }))
    const map: Manifest['map'] = { user: { key: 'email', email: 'email', metadata: { '*': 'm', own: "'1'" } } }
    const result = await mapped(map, data)
    expect(rejects(result)).toEqual([
      'user metadata_bad_json metadata',
      'user metadata_not_object metadata',
      'user metadata_not_object metadata',
      'user metadata_not_object metadata',
    ])
    expect(result.rejects.map(({ key }) => key)).toEqual(data.map(({ email }) => email))
  })

  test('each, when and members of metadata are named too', async () => {
    const data = [{ email: 'a@example.com', bad: 'x' }]
    expect(rejects(await mapped({ user: { each: '$number(bad)', email: 'email' } }, data))).toEqual([
      'user expression_failed each',
    ])
    expect(rejects(await mapped({ user: { when: '$number(bad)', email: 'email' } }, data))).toEqual([
      'user expression_failed when',
    ])
    expect(rejects(await mapped({ user: { email: 'email', metadata: { k: '$number(bad)' } } }, data))).toEqual([
      'user expression_failed metadata.k',
    ])
  })

  test('all expressions that do not compile are reported at once', () => {
    const settings = mapperSettings(manifestWith({ user: { email: 'a b', when: '$nope(1)' } }))
    expect(() => compileMapping(settings)).toThrow(ManifestError)
    try {
      compileMapping(settings)
    } catch (error) {
      expect(error instanceof ManifestError && error.problems.map(({ path }) => path).sort()).toEqual([
        'map.user.email',
        'map.user.when',
      ])
    }
  })
})

describe("the record's own user", () => {
  const map = { user: { key: 'id', when: '$not($exists(skip))', email: 'email' }, membership: { organization: 'org' } }

  test('is used if a membership names none', async () => {
    const result = await mapped(map, [{ id: 'u1', email: 'a@example.com', org: 'acme' }])
    expect(drafts(result)).toEqual(['user:u1', 'membership:u1@acme'])
  })

  test('takes the membership with it when it is rejected', async () => {
    const result = await mapped(map, [{ id: 'u1', email: 'nobody', org: 'acme' }])
    expect(rejects(result)).toEqual(['user invalid_email email', 'membership user_rejected user'])
    expect(result.rejects[1]).toMatchObject({ message: expect.stringContaining('u1'), refs: { organization: 'acme' } })
  })

  test('takes the membership and the roles with it when it is left out', async () => {
    const roles = { ...map, roleAssignment: { role: 'role', organization: 'other' } }
    const record = { id: 'u1', email: 'a@example.com', org: 'acme', other: 'beta', role: 'admin', skip: true }
    const result = await mapped(roles, [record])
    expect(result).toMatchObject({ drafts: [], grants: [], rejects: [], mapped: 0, leftOut: 1 })
    expect(result.leftOutBy).toEqual([{ stream: 'users', path: 'map.user.when', records: 1 }])
    expect(result.leftOutKeys).toEqual([{ kind: 'user', key: 'u1', path: 'map.user.when' }])
    const origin = { file: 'users.csv', line: 2 }
    expect(result.leftOutItems).toEqual([
      {
        kind: 'membership',
        key: 'u1@acme',
        path: 'map.user.when',
        refs: { user: 'u1', organization: 'acme' },
        origin,
      },
      { kind: 'roleAssignment', key: 'u1', path: 'map.user.when', refs: { user: 'u1' }, origin },
    ])
  })

  test('takes the membership with it even if its key cannot be computed', async () => {
    const keyless = { ...map, user: { ...map.user, key: '$number(id)' } }
    const result = await mapped(keyless, [{ id: 'u1', email: 'a@example.com', org: 'acme', skip: true }])
    expect(result).toMatchObject({ drafts: [], rejects: [], leftOut: 1, leftOutKeys: [] })
    expect(result.leftOutItems).toMatchObject([{ kind: 'membership', key: null, refs: { organization: 'acme' } }])
  })

  test('is reported as missing if there is none', async () => {
    const none = { ...map, user: { each: 'people', key: 'id', email: 'email' } }
    const result = await mapped(none, [{ people: [], org: 'acme' }])
    expect(rejects(result)).toEqual(['membership no_user user'])
  })

  test('identifies both ends of the membership when it is rejected', async () => {
    const own = { ...map, organization: { key: 'org', name: 'org' }, membership: { roles: 'role' } }
    const result = await mapped(own, [{ id: 'u1', email: 'nobody', org: 'acme', role: 'admin' }])
    expect(result.rejects[1]).toMatchObject({
      kind: 'membership',
      key: 'u1@acme',
      refs: { user: 'u1', organization: 'acme' },
    })
  })

  test('is not guessed among several', async () => {
    const result = await mapped({ user: { each: 'people', email: 'email' }, membership: { organization: 'org' } }, [
      { org: 'acme', people: [{ email: 'a@example.com' }, { email: 'b@example.com' }] },
    ])
    expect(rejects(result)).toEqual(['membership several_users user'])
  })

  test('does not replace a mapped key without a value', async () => {
    const result = await mapped({ user: { email: 'email' }, membership: { user: 'owner', organization: 'org' } }, [
      { email: 'a@example.com', org: 'acme' },
    ])
    expect(rejects(result)).toEqual(['membership membership_incomplete user'])
  })
})

describe('role assignments', () => {
  const map = {
    user: { key: 'id', email: 'email' },
    roleAssignment: { each: 'roles', role: 'slug', organization: 'org' },
  }
  const roles = { define: {}, map: { 'org:admin': 'admin' }, unmapped: 'drop' as const }

  test('go to the memberships of the same record at once, and are reported at the line of their row', async () => {
    const result = await mapped(
      {
        user: { key: 'id', email: 'email' },
        membership: { each: 'memberships', organization: 'org', roles: 'role' },
        roleAssignment: { each: 'roles', organization: 'org', role: 'role' },
      },
      [
        {
          id: 'u1',
          email: 'a@example.com',
          memberships: [{ org: 'acme', role: 'member' }, { org: 'beta' }],
          roles: [
            { role: 'admin', org: 'acme', _file: 'roles.csv', _line: 7 },
            { role: 'viewer', _file: 'roles.csv', _line: 8 },
            { role: 'owner', org: 'gamma', _file: 'roles.csv', _line: 9 },
            { role: '', org: 'acme', _file: 'roles.csv', _line: 10 },
          ],
        },
      ],
    )
    const memberships = result.drafts.filter(({ kind }) => kind === 'membership')
    expect(memberships.map(({ attributes }) => attributes)).toEqual([
      '{"roles":["admin","member","viewer"]}',
      '{"roles":["viewer"]}',
    ])
    expect(result.assigned).toBe(2)
    expect(result.grants).toMatchObject([{ organization: 'gamma', origin: { file: 'roles.csv', line: 9 } }])
    expect(result.rejects).toMatchObject([{ code: 'no_role', origin: { file: 'roles.csv', line: 10 } }])
  })

  test('become grants to the own user, with mapped roles', async () => {
    const data: JsonObject[] = [
      { id: 'u1', email: 'a@example.com', roles: [{ slug: 'org:admin', org: 'acme' }, { slug: 'org:admin' }] },
    ]
    const { grants } = await mapped(map, data, { roles })
    expect(grants).toEqual([
      {
        seq: 0,
        user: 'u1',
        organization: 'acme',
        scope: 'organization',
        role: 'admin',
        origin: { file: 'users.csv', line: 2 },
      },
      {
        seq: 0,
        user: 'u1',
        organization: null,
        scope: 'record',
        role: 'admin',
        origin: { file: 'users.csv', line: 2 },
      },
    ])
  })

  test('with unmapped roles are dropped with a note, or rejected', async () => {
    const data = [{ id: 'u1', email: 'a@example.com', roles: [{ slug: 'guest' }] }]
    const dropped = await mapped(map, data, { roles })
    expect(dropped).toMatchObject({
      grants: [],
      rejects: [],
      notes: [{ code: 'role_dropped', key: 'u1', detail: 'guest' }],
    })
    const refused = await mapped(map, data, { roles: { ...roles, unmapped: 'error' } })
    expect(rejects(refused)).toEqual(['roleAssignment unmapped_role role'])
  })

  test('without a role or a user are rejected', async () => {
    expect(rejects(await mapped(map, [{ id: 'u1', email: 'a@example.com', roles: [{}] }]))).toEqual([
      'roleAssignment no_role role',
    ])
    expect(rejects(await mapped(map, [{ id: 'u1', email: 'nobody', roles: [{ slug: 'a' }] }]))).toEqual([
      'user invalid_email email',
      'roleAssignment user_rejected user',
    ])
    expect(rejects(await mapped({ roleAssignment: { role: 'slug', user: 'id' } }, [{ slug: 'admin' }]))).toEqual([
      'roleAssignment no_user user',
    ])
  })
})

describe('groups of users', () => {
  const map = { user: { key: 'id', email: 'email', firstName: 'name' } }
  const groups = async (by: string[], data: JsonObject[]) =>
    (await mapped(map, data, { dedupe: dedupeWith({ by }) })).drafts.map(({ group }) => group)

  test('are equal if the email address is, in any case', async () => {
    const [first, second, third] = await groups(
      ['email'],
      [
        { id: '1', email: 'Ada@example.com' },
        { id: '2', email: ' ada@EXAMPLE.com' },
        { id: '3', email: 'bob@example.com' },
      ],
    )
    expect(first).toBe(second)
    expect(third).not.toBe(first)
  })

  test('no value equals no value', async () => {
    expect(await groups(['email', 'firstName'], [{ id: '1', email: 'a@example.com' }])).toEqual([null])
    expect(await groups([], [{ id: '1', email: 'a@example.com' }])).toEqual([null])
  })

  test('a failing expression rejects the user', async () => {
    const result = await mapped(map, [{ id: '1', email: 'a@example.com' }], {
      dedupe: dedupeWith({ by: ['$number(email)'] }),
    })
    expect(result.drafts).toEqual([])
    expect(result.rejects).toMatchObject([
      { code: 'expression_failed', message: expect.stringContaining('dedupe.user.by.0') },
    ])
  })
})
