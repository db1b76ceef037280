import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KindDefinition, ReadContext } from '../../src/kinds/kind.ts'
import { kindDefinition, kindDefinitions } from '../../src/kinds/registry.ts'
import type { Attributes, LiveResource } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { createVerifyTables, matchedId } from '../../src/rundb/findings.ts'
import { insertKnown } from '../../src/rundb/known.ts'
import { insertLive } from '../../src/rundb/live.ts'
import {
  addUnlikeInState,
  addUnlikeInWorkos,
  idsTwice,
  isAsInState,
  unlikeInWorkos,
} from '../../src/rundb/plain-match.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import type { KindVerification } from '../../src/verifying/verification.ts'
import { matchedRefs, plainMatchOf, verifyKind } from '../../src/verifying/verify-kind.ts'
import { runs, TIMEOUT } from '../fuzz/runs.ts'
import { manifestWith } from '../mapping/manifest.ts'

/**
 * Matching in SQL and in code must give the same result. In each generated world most desired
 * resources are applied and unchanged in WorkOS; the rest differ in the source, in the state or in
 * WorkOS.
 */

/** One resource, in the source, in the state and in WorkOS. */
interface Thing {
  kind: string
  key: string
  refs: Record<string, string>
  desired: Attributes | undefined
  known: { id: string; refs?: Record<string, string>; attributes: Attributes; adopted: boolean } | undefined
  live: LiveResource[]
}

interface World {
  things: Thing[]
  /** Roles that memberships have from groups. */
  given: { membership: string; role: string }[]
}

const KINDS = ['organization', 'user', 'membership', 'totp-factor']

const few = (prefix: string) => fc.nat(3).map((n) => `${prefix}${n}`)

/** A field, or its absence. */
const present = (fields: Record<string, Attributes[string] | undefined>): Attributes =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Attributes[string]] => entry[1] !== undefined),
  )

const metadata = fc.constantFrom<(Attributes | undefined)[]>(
  undefined,
  {},
  { plan: 'pro' },
  { plan: 'pro', note: 'a {b} "c"' },
  { plan: null },
  { ['__proto__']: 'x' },
)

type FieldOfUser = 'email' | 'emailVerified' | 'firstName' | 'externalId' | 'metadata'

/** @param weight how many times more often everything is as it should be */
function worldOf(weight: number): fc.Arbitrary<World> {
  /** Usually the first value. */
  const mostly = <T>(usual: T, ...others: T[]) =>
    fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

  const userFields = (n: number) =>
    fc.record({
      email: mostly(`user${n}@example.com`, 'user0@example.com', 'user1@example.com', `other${n}@example.com`),
      emailVerified: fc.constantFrom(true, false, undefined),
      firstName: fc.constantFrom('Ada', ' Ada', 'Bea', '', undefined),
      externalId: mostly<string | undefined>(`x${n}`, 'x0', 'x1', undefined),
      metadata,
    })

  /** A user in WorkOS's form. */
  function liveUser(id: string, fields: Attributes): LiveResource {
    const { email, externalId = null } = fields
    const attributes = { firstName: null, lastName: null, metadata: {}, lastSignInAt: null, ...fields, externalId }
    return { id, externalId: typeof externalId === 'string' ? externalId : null, naturalKey: String(email), attributes }
  }

  const user = (n: number): fc.Arbitrary<Thing> =>
    fc
      .record({
        fields: userFields(n),
        desired: mostly<'same' | 'other' | 'none'>('same', 'other', 'none'),
        known: mostly<'same' | 'other' | 'none' | 'elsewhere'>('same', 'other', 'none', 'elsewhere'),
        adopted: fc.boolean(),
        live: mostly<'same' | 'other' | 'none' | 'elsewhere'>('same', 'other', 'none', 'elsewhere'),
        other: userFields(n),
        field: fc.constantFrom<FieldOfUser[]>(
          'email',
          'emailVerified',
          'firstName',
          'externalId',
          'metadata',
          'metadata',
        ),
        id: few('user_'),
      })
      .map(({ fields, desired, known, adopted, live, other, field, id }) => {
        const [own, changed] = [present(fields), present({ ...fields, [field]: other[field] })]
        const liveId = live === 'elsewhere' ? id : `user_${n}`
        return {
          kind: 'user',
          key: `u${n}`,
          refs: {},
          desired: desired === 'none' ? undefined : desired === 'same' ? own : changed,
          known:
            known === 'none'
              ? undefined
              : {
                  id: known === 'elsewhere' ? id : `user_${n}`,
                  attributes: known === 'other' ? changed : own,
                  adopted,
                },
          live: live === 'none' ? [] : [liveUser(liveId, live === 'other' ? changed : own)],
        }
      })

  const organization = (n: number): fc.Arbitrary<Thing> =>
    fc
      .record({
        name: mostly(`Org ${n}`, 'Org 0', 'Other'),
        externalId: mostly<string | undefined>(`o${n}`, 'o0', undefined),
        metadata,
        domains: fc.constantFrom<(string[] | undefined)[]>(undefined, ['acme.example']),
        known: mostly(true, false),
        live: mostly<'same' | 'renamed' | 'none'>('same', 'renamed', 'none'),
      })
      .map(({ name, externalId, metadata, domains, known, live }) => {
        const attributes = present({ name, externalId, metadata, domains })
        const id = `org_${n}`
        const held = { id, metadata: {}, domains: [], ...attributes, externalId: externalId ?? null }
        return {
          kind: 'organization',
          key: `o${n}`,
          refs: {},
          desired: attributes,
          known: known ? { id, attributes, adopted: false } : undefined,
          live:
            live === 'none'
              ? []
              : [
                  {
                    id,
                    externalId: externalId ?? null,
                    naturalKey: null,
                    attributes: live === 'renamed' ? { ...held, name: 'Renamed' } : held,
                  },
                ],
        }
      })

  const roles = fc.constantFrom<(string[] | undefined)[]>(
    ['admin'],
    ['member'],
    ['admin', 'editor'],
    ['editor', 'admin'],
    undefined,
  )

  const membership = (user: number, org: number): fc.Arbitrary<Thing> =>
    fc
      .record({
        wanted: roles,
        given: mostly<'same' | 'default' | 'none'>('same', 'default', 'none'),
        held: mostly<'same' | 'other'>('same', 'other'),
        other: roles,
        status: mostly<string | null | undefined>('active', 'inactive', null, undefined),
        live: mostly<'own' | 'none' | 'strange'>('own', 'none', 'strange'),
        known: mostly(true, false),
        desired: mostly(true, false),
        id: fc.nat(5).map((n) => `om_${n}`),
        elsewhere: mostly(false, true),
        stated: mostly<'same' | 'other'>('same', 'other'),
      })
      .map(({ wanted, given, held, other, status, live, known, desired, id, elsewhere, stated }) => {
        const own = `om_${user}${org}`
        const told: Attributes =
          given === 'none' ? {} : { roles: given === 'default' ? ['member'] : (wanted ?? ['member']) }
        const shown = held === 'other' ? (other ?? []) : (told.roles ?? ['member'])
        const naturalKey = live === 'strange' ? `user_${org}@org_${user}` : `user_${user}@org_${org}`
        return {
          kind: 'membership',
          key: `u${user}@o${org}`,
          refs: { user: `u${user}`, organization: `o${org}` },
          desired: desired ? present({ roles: wanted }) : undefined,
          known: known
            ? {
                id: elsewhere ? id : own,
                attributes: told,
                adopted: false,
                ...(stated === 'other' && { refs: { user: `u${org}`, organization: `o${user}` } }),
              }
            : undefined,
          live:
            live === 'none'
              ? []
              : [{ id: own, externalId: null, naturalKey, attributes: { roles: shown, ...present({ status }) } }],
        }
      })

  const factor = (n: number): fc.Arbitrary<Thing> =>
    fc
      .record({ known: mostly(true, false), there: mostly(true, false), of: mostly(n, 0, 1) })
      .map(({ known, there, of }) => ({
        kind: 'totp-factor',
        key: `u${n}`,
        refs: { user: `u${n}` },
        desired: { issuer: 'Acme', account: 'ada' },
        known: known ? { id: `auth_factor_${n}`, attributes: {}, adopted: false } : undefined,
        live: there
          ? [
              {
                id: `auth_factor_${n}`,
                externalId: null,
                naturalKey: `user_${of}`,
                attributes: { type: 'totp', issuer: 'Acme', account: 'bea' },
              },
            ]
          : [],
      }))

  return fc.record({
    things: fc
      .tuple(
        fc.tuple(...[0, 1].map(organization)),
        fc.tuple(...[0, 1, 2, 3].map(user)),
        fc.tuple(...[0, 1, 2, 3].flatMap((n) => [membership(n, 0), membership(n, 1)])),
        fc.tuple(...[0, 1].map(factor)),
      )
      .map((kinds) => kinds.flat()),
    given: fc.array(
      fc.record({
        membership: fc.constantFrom('om_00', 'om_01', 'om_10', 'om_21'),
        role: fc.constantFrom('admin', 'member'),
      }),
      { maxLength: 3 },
    ),
  })
}

/** Some worlds have several differences, and many have none or one. */
const world = fc.oneof(worldOf(6), worldOf(60))

const manifest = manifestWith({})

function databaseOf({ things, given }: World): RunDatabase {
  const rundb = new RunDatabase(undefined)
  createPlanTables(rundb)
  createVerifyTables(rundb)
  things.forEach(({ kind, key, refs, desired, known, live }, seq) => {
    if (desired)
      insertDesired(rundb, { kind, key, refs, attributes: desired, secrets: null, seq, place: null, records: 1 })
    if (known) {
      const { id, attributes, adopted } = known
      const ownership = adopted ? 'adopted' : 'created'
      insertKnown(rundb, kind, [{ key, id, attributes, digests: {}, refs: known.refs ?? refs, ownership, run: 1 }])
    }
    insertLive(rundb, kind, live)
  })
  for (const { membership, role } of given) {
    rundb.run("INSERT OR IGNORE INTO given_roles VALUES (?, 'org_0/group_1', ?, 'Team', '[]')", membership, role)
  }
  return rundb
}

/** The world already contains what `prepare` reads of groups. */
function prepared(name: string): KindDefinition {
  const { live = {}, ...definition } = kindDefinition(name)
  const { prepare: _, ...hooks } = live
  return { ...definition, live: hooks }
}

function codeAlone(definition: KindDefinition): KindDefinition {
  const { natural: _, ...rest } = definition
  return rest
}

interface Outcome {
  kinds: KindVerification[]
  findings: unknown[]
  matched: unknown[]
}

/** Compares the state with WorkOS and with the desired set first, as a run with threads does. */
function checkState(rundb: RunDatabase): void {
  for (const name of KINDS) {
    const match = plainMatchOf(prepared(name))
    if (match === undefined) continue
    addUnlikeInState(rundb, match)
    const unlike = rundb.statement(unlikeInWorkos(match)).all(name, '', '\u{10FFFF}')
    const twice = rundb.statement(idsTwice).all(name)
    addUnlikeInWorkos(
      rundb,
      name,
      [...unlike, ...twice].map(({ key }) => String(key)),
    )
  }
}

async function verified(
  world: World,
  how: (definition: KindDefinition) => KindDefinition,
  before: (rundb: RunDatabase) => void = () => {},
): Promise<Outcome> {
  const rundb = databaseOf(world)
  try {
    before(rundb)
    const kinds: KindVerification[] = []
    for (const name of KINDS) {
      const definition = how(prepared(name))
      const context: ReadContext = {
        rundb,
        manifest,
        scoped: false,
        api: { read: Promise.reject, write: Promise.reject },
        listed: true,
        unknown: () => [],
        refIds: (desired) => matchedRefs(rundb, definition, desired),
      }
      kinds.push(await verifyKind({ reading: { partial: false }, scope: undefined }, definition, context))
    }
    return {
      kinds,
      findings: rundb.statement('SELECT finding FROM findings ORDER BY position').all(),
      matched: world.things.map(({ kind, key }) => matchedId(rundb, kind, key)),
    }
  } finally {
    rundb.close()
  }
}

test('matching in SQL and in code gives the same result', { timeout: TIMEOUT }, async () => {
  const databases: RunDatabase[] = []
  await fc.assert(
    fc.asyncProperty(world, async (world) => {
      const expected = await verified(world, codeAlone)
      expect(await verified(world, (definition) => definition)).toEqual(expected)
      const checked = await verified(
        world,
        (definition) => definition,
        (rundb) => {
          checkState(rundb)
          databases.push(rundb)
        },
      )
      expect(checked).toEqual(expected)
    }),
    runs(600),
  )
  // Worlds in which all memberships are in the source and in WorkOS as in the state.
  expect(databases.filter((rundb) => isAsInState(rundb, 'membership')).length).toBeGreaterThan(20)
})

test('a role from a group is found, also if the state and the source assign none', async () => {
  const thing = (kind: string, key: string, id: string, attributes: Attributes, live: LiveResource): Thing => ({
    ...{ kind, key, refs: {}, desired: attributes, live: [live] },
    known: { id, attributes, adopted: false },
  })
  const org = { id: 'org_0', externalId: 'o0', naturalKey: null, attributes: { externalId: 'o0', name: 'Org 0' } }
  const user = { id: 'user_0', externalId: null, naturalKey: 'a@example.com', attributes: { email: 'a@example.com' } }
  const attributes = { roles: ['admin'], status: 'active' }
  const member = { id: 'om_00', externalId: null, naturalKey: 'user_0@org_0', attributes }
  const world: World = {
    things: [
      thing('organization', 'o0', org.id, org.attributes, org),
      thing('user', 'u0', user.id, user.attributes, user),
      { ...thing('membership', 'u0@o0', member.id, {}, member), refs: { user: 'u0', organization: 'o0' } },
    ],
    given: [{ membership: 'om_00', role: 'admin' }],
  }
  for (const before of [() => {}, checkState]) {
    const { findings } = await verified(world, (definition) => definition, before)
    expect(JSON.stringify(findings)).toContain('role_of_group')
  }
})

test('SQL matches some, and leaves the rest to code', async () => {
  let plain = 0
  let rest = 0
  await fc.assert(
    fc.asyncProperty(world, async (world) => {
      const { kinds } = await verified(world, (definition) => definition)
      for (const { verified, different, missing } of kinds) {
        plain += verified
        rest += different + missing
      }
    }),
    { numRuns: 20, seed: 1 },
  )
  expect(plain).toBeGreaterThan(20)
  expect(rest).toBeGreaterThan(20)
})

const REFS = ['user', 'organization', 'group', 'membership']

test.each(
  kindDefinitions.filter(({ natural }) => natural !== undefined).map(({ name }) => name),
)('SQL computes the natural key of %s as code does', (name) => {
  const { natural, naturalKey } = kindDefinition(name)
  const id = fc.constantFrom(undefined, 'org_1', 'om_1', 'org_1/group_2', "o'1")
  fc.assert(
    fc.property(
      fc.record(Object.fromEntries(REFS.map((role) => [role, id]))),
      fc.constantFrom(undefined, 'ada@example.com'),
      (ids, email) => {
        const rundb = new RunDatabase(undefined)
        const refs = Object.fromEntries(REFS.map((role) => [role, `${role}-key`]))
        const desired = { kind: name, key: 'k', refs, attributes: present({ email }), secrets: null }
        insertDesired(rundb, { ...desired, seq: 0, place: null, records: 1 })
        const text = (role: string) => (ids[role] === undefined ? 'NULL' : `'${ids[role].replaceAll("'", "''")}'`)
        const row = rundb.statement(`SELECT ${natural?.(text)} AS natural FROM desired d`).get()
        rundb.close()
        expect(row?.natural ?? null).toBe(naturalKey(desired, present(ids) as Record<string, string>))
      },
    ),
  )
})
