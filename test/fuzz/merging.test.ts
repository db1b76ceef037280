import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Manifest, UserDedupe } from '../../src/config/manifest.ts'
import { policyFor } from '../../src/desired/merge.ts'
import { mergeDrafts } from '../../src/kinds/merge.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import { caseCounts } from '../../src/rundb/merges.ts'
import { draftGroups } from '../../src/rundb/several.ts'
import { assembled, type RecordPart } from '../desired/assembled.ts'
import { mappedSet, wanted } from '../desired/mapped-set.ts'
import { dedupeWith, manifestWith } from '../mapping/manifest.ts'
import { runs, TIMEOUT } from './runs.ts'

const user = kindDefinition('user')
const membership = kindDefinition('membership')

/** Drafts of one resource in two orders. */
function twoOrders<T>(drafts: fc.Arbitrary<T>): fc.Arbitrary<[T[], T[]]> {
  return fc
    .array(drafts, { minLength: 1, maxLength: 8 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
}

test('with the rules any, all or a union of lists, the order of records does not matter', {
  timeout: TIMEOUT,
}, () => {
  const draft = fc.record({
    key: fc.constant('k'),
    secrets: fc.constant(null),
    attributes: fc.record({ emailVerified: fc.boolean() }, { requiredKeys: [] }),
  })
  const roles = fc.record({
    key: fc.constant('k'),
    secrets: fc.constant(null),
    attributes: fc.record({ roles: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }) }),
  })
  fc.assert(
    fc.property(twoOrders(draft), twoOrders(roles), ([one, other], [some, others]) => {
      for (const emailVerified of ['any', 'all'] as const) {
        const { attributes } = mergeDrafts(user, one, { emailVerified })
        expect(mergeDrafts(user, other, { emailVerified }).attributes).toEqual(attributes)
      }
      const united = (drafts: typeof some) => mergeDrafts(membership, drafts, { roles: 'union' }).attributes.roles
      expect(united(others)).toEqual(united(some))
      expect(united(some)).toEqual([...new Set(some.flatMap(({ attributes }) => attributes.roles))].sort())
    }),
    runs(1000),
  )
})

test('a union loses no metadata key, and every discarded value is listed', { timeout: TIMEOUT }, () => {
  const value = fc.constantFrom('x', 'y')
  const draft = fc.record({
    key: fc.constant('k'),
    secrets: fc.constant(null),
    attributes: fc.record({
      metadata: fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '__proto__'), value, { minKeys: 1 }),
    }),
  })
  fc.assert(
    fc.property(twoOrders(draft), ([drafts]) => {
      const { attributes, conflicts } = mergeDrafts(user, drafts, { metadata: 'union' })
      const merged = new Map(Object.entries(attributes.metadata as object))
      for (const { attributes: given } of drafts) {
        for (const [member, held] of Object.entries(given.metadata)) {
          expect(merged.has(member)).toBe(true)
          const told = conflicts.some(({ field, dropped }) => field === `metadata.${member}` && dropped === held)
          expect(merged.get(member) === held || told).toBe(true)
        }
      }
    }),
    runs(1000),
  )
})

test('merged users keep every membership and role', {
  timeout: TIMEOUT,
}, async () => {
  const name = (prefix: string, most: number) => fc.integer({ min: 0, max: most }).map((n) => `${prefix}${n}`)
  const person = fc.record({
    key: name('u', 9),
    mail: fc.nat(3),
    organizations: fc.uniqueArray(name('o', 4), { minLength: 1, maxLength: 3 }),
    role: fc.constantFrom('admin', 'member', 'billing'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(person, { minLength: 1, maxLength: 12, selector: ({ key }) => key }),
      async (people) => {
        const records = people.map(
          ({ key, mail, organizations, role }): RecordPart => ({
            users: [{ key, email: `mail${mail}@example.com` }],
            organizations: organizations.map((organization) => ({ key: organization })),
            memberships: organizations.map((organization) => ({ user: key, organization, roles: [role] })),
          }),
        )
        const set = await assembled(records)
        const wanted = new Map<string, Set<string>>()
        for (const { mail, organizations, role } of people) {
          for (const organization of organizations) {
            const place = `mail${mail}@example.com ${organization}`
            wanted.set(place, (wanted.get(place) ?? new Set()).add(role))
          }
        }
        const found = new Map<string, Set<string>>()
        const keys = set.rundb.statement("SELECT key FROM desired WHERE kind = 'membership'").all()
        for (const { key } of keys) {
          const desired = set.get('membership', String(key))
          const email = set.get('user', desired?.refs.user ?? '')?.attributes.email
          found.set(`${email} ${desired?.refs.organization}`, new Set(desired?.attributes.roles as string[]))
        }
        expect(found).toEqual(wanted)
        expect(set.rejectCount()).toBe(0)
      },
    ),
    runs(100),
  )
})

/** Rows of users, many of them duplicates, with all possible differences. */
const someone = fc.record({
  id: fc.constantFrom('u1', 'u2', 'u3', 'u4', 'u5'),
  mail: fc.constantFrom('a@example.com', 'A@example.com', 'b@example.com', 'a+x@example.com', 'c@example.com'),
  external: fc.constantFrom('u1', 'u2', 'e1', 'e2', null),
  verified: fc.constantFrom('yes', 'no', null),
  name: fc.constantFrom('Ada', 'Eda', 'Ida Ion', null),
  plan: fc.constantFrom('free', 'pro', null),
  password: fc.constantFrom('p1', 'p2', null),
  at: fc.constantFrom('2024-01-01', '2024-02-01', null),
  score: fc.constantFrom(1, 2, null),
  orgs: fc.uniqueArray(fc.constantFrom('acme', 'beta'), { maxLength: 2 }),
  role: fc.constantFrom('admin', 'member', 'billing', null),
  domains: fc.shuffledSubarray(['x.example', 'y.example', 'z.example']),
})

const MAP: Manifest['map'] = {
  user: {
    key: 'id',
    externalId: 'external',
    email: 'mail',
    emailVerified: 'verified',
    firstName: 'name',
    name: 'name',
    metadata: { plan: 'plan', score: 'score' },
    password: 'password',
  },
  organization: { each: 'orgs', key: '$', name: '$', domains: '$record.domains' },
  membership: { each: 'orgs', organization: '$', roles: '$record.role' },
}

const rules = fc.record({
  strategy: fc.constantFrom('merge', 'first', 'last', 'newest', 'error'),
  prefer: fc.constantFrom('emailVerified', ['$record.score', 'firstName'], 'metadata.plan'),
  updatedAt: fc.constant('$record.at'),
  email: fc.record({ plusTags: fc.constantFrom('keep', 'ignore'), gmailDots: fc.constant('keep' as const) }),
  fields: fc.record({
    firstName: fc.constantFrom('first', 'last', 'newest', 'longest', 'concat'),
    emailVerified: fc.constantFrom('any', 'all', 'first', 'newest'),
    externalId: fc.constantFrom('first', 'last', 'newest'),
    'metadata.plan': fc.constantFrom('first', 'newest', 'longest', 'concat'),
    password: fc.constantFrom('first', 'last', 'newest'),
  }),
}) as fc.Arbitrary<Partial<UserDedupe>>

test('with prefer, the order of rows does not matter: the desired set is the same, byte for byte', {
  timeout: TIMEOUT,
}, async () => {
  const rows = fc
    .array(someone, { minLength: 2, maxLength: 10 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
  await fc.assert(
    fc.asyncProperty(rows, rules, async ([one, other], dedupe) => {
      const changed = { dedupe: dedupeWith(dedupe) }
      const set = await mappedSet(MAP, one, changed)
      const shuffled = await mappedSet(MAP, other, changed, 3)
      expect(wanted(shuffled)).toBe(wanted(set))
      expect(shuffled.rejectCounts()).toEqual(set.rejectCounts())
      expect(caseCounts(shuffled.rundb)).toEqual(caseCounts(set.rundb))
    }),
    runs(100),
  )
})

test('equal records merge as if each were compared', { timeout: TIMEOUT }, async () => {
  const organization = fc.record(
    {
      key: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('One', 'Two'),
      domains: fc.subarray(['x.example', 'y.example']),
    },
    { requiredKeys: ['key'] },
  )
  const records = fc.array(fc.record({ organizations: fc.array(organization, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  const names = fc.constantFrom('first', 'last', 'most' as const)
  await fc.assert(
    fc.asyncProperty(records, names, fc.integer({ min: 1, max: 5 }), async (parts, onNameConflict, size) => {
      const organizations = {
        ...manifestWith({}).organizations,
        onNameConflict,
        sharedDomains: 'drop',
      } as Manifest['organizations']
      const chunks = Map.groupBy(parts.keys(), (index) => Math.floor(index / size))
      const set = await assembled(parts as RecordPart[], { organizations }, [...chunks.values()])
      const { strategy, rules, order } = policyFor(manifestWith({}, { organizations }), 'organization')
      const definition = kindDefinition('organization')
      for (const members of draftGroups(set.rundb, 'organization', order)) {
        const [first] = members
        const row = set.rundb
          .statement("SELECT * FROM desired WHERE kind = 'organization' AND key = ?")
          .get(first?.key ?? '')
        expect(row).toMatchObject({ seq: first?.seq, line: first?.line, file: first?.file })
        expect(row?.records).toBe(members.reduce((sum, { records }) => sum + records, 0))
        const { name } = JSON.parse(String(row?.attributes))
        expect(name).toBe(mergeDrafts(definition, members, rules, strategy).attributes.name)
      }
    }),
    runs(60),
  )
})
