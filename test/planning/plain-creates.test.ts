import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { account } from '../../src/desired/accounting.ts'
import { DesiredSet } from '../../src/desired/desired-set.ts'
import { digestSecrets } from '../../src/digest.ts'
import type { KindDefinition } from '../../src/kinds/kind.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { loadKnown } from '../../src/planning/load-known.ts'
import { planKind } from '../../src/planning/plan-kind.ts'
import type { Attributes, LiveResource } from '../../src/resource.ts'
import {
  actionsOfType,
  actionText,
  countActions,
  countActionsOfKind,
  countActionsOfType,
  countCreatesWith,
} from '../../src/rundb/actions.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { rejectDependents } from '../../src/rundb/rejects.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState, StateResource, StateStore } from '../../src/state/store.ts'
import { runs, TIMEOUT } from '../fuzz/runs.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createWorld } from './world.ts'

/**
 * SQL must decide as code would. Both plan the same generated resources, state and WorkOS, by kind:
 * with the SQL of the definitions and a state copied in one statement, and without both.
 */

type Text = string
interface Thing {
  refs: Record<string, string>
  attributes: Attributes
  secrets: Record<string, Attributes[string]> | null
}

/** Items of one kind, by key. */
type Things = Map<string, Thing>

interface Known extends Thing {
  id: string
  ownership: StateResource['ownership']
  gone: boolean
  answered: boolean
}

interface Generated {
  desired: Map<string, Things>
  others: Map<string, Things>
  known: Map<string, Map<string, Known>>
  live: Map<string, LiveResource[]>
  rejected: string[]
  /** Items that refer to something not desired are rejected. */
  closed: boolean
}

const PARTS = ['a', 'b', 'c', 'd"', "e'\\", 'f\u0000\u0007', 'g\ud800', '😀\u2028', 'é\u007f', '@']

/** Few, so that names repeat. */
const name = fc.constantFrom(...PARTS)
const email = name.map((part) => `${part}@example.com`)
const slug = fc.constantFrom('admin', 'viewer', 'org-x')
const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

function present(fields: Record<string, Attributes[string] | undefined>): Attributes {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])),
  )
}

/** By kind, the possible attributes and references. */
const ATTRIBUTES: Record<string, fc.Arbitrary<Attributes>> = {
  permission: fc.record({ name }),
  role: fc.record({ name: maybe(name) }).map(present),
  organization: fc
    .record({
      name: maybe(name),
      externalId: maybe(name),
      id: rarely(name),
      domains: rarely(fc.array(fc.constant('x.example'), { maxLength: 1 })),
    })
    .map(present),
  'organization-role': fc.record({ name: maybe(name) }).map(present),
  user: fc.record({ email: maybe(email), externalId: maybe(name), firstName: maybe(name) }).map(present),
  'totp-factor': fc.record({ account: maybe(name) }).map(present),
  membership: fc.record({ roles: maybe(fc.uniqueArray(slug, { maxLength: 2 })) }).map(present),
  group: fc.record({ name: maybe(name) }).map(present),
  'group-role': fc.constant({}),
  'group-membership': fc.constant({}),
  connection: fc.record({ type: fc.constantFrom('oidc', 'saml'), name: maybe(name), externalId: name }).map(present),
}
const SECRETS: Record<string, fc.Arbitrary<Thing['secrets']>> = {
  user: fc.option(
    fc.oneof(
      fc.record({ password: name }),
      fc.record({ passwordHash: fc.record({ hash: name, type: fc.constant('bcrypt') }) }),
    ),
  ),
  'totp-factor': fc.option(fc.record({ totpSecret: name })),
}

const REFS: Record<string, fc.Arbitrary<Record<string, string>>> = {
  'organization-role': fc.record({ organization: name }),
  'totp-factor': fc.record({ user: name }),
  membership: fc.record({ user: name, organization: name }),
  group: fc.record({ organization: name }),
  'group-role': fc.tuple(name, name).map(([organization, own]) => ({ group: `${own}@${organization}`, organization })),
  'group-membership': fc.tuple(name, name, name).map(([user, organization, own]) => ({
    group: `${own}@${organization}`,
    organization,
    user,
    membership: `${user}@${organization}`,
  })),
  connection: fc.record({ organization: name }),
}

function keyOf(kind: string, own: Text, refs: Record<string, string>): string {
  switch (kind) {
    case 'role':
      return own.startsWith('a') ? 'admin' : own
    case 'organization-role':
      return `${own.startsWith('a') ? 'viewer' : own}@${refs.organization}`
    case 'totp-factor':
      return refs.user ?? ''
    case 'membership':
      return `${refs.user}@${refs.organization}`
    case 'group':
      return `${own}@${refs.organization}`
    case 'group-role':
      return `${own.startsWith('a') ? 'admin' : 'viewer'}@${refs.group}`
    case 'group-membership':
      return `${refs.user}@${refs.group}`
    default:
      return own
  }
}

const thing = (kind: string): fc.Arbitrary<[string, Thing]> =>
  fc
    .tuple(name, REFS[kind] ?? fc.constant({}), ATTRIBUTES[kind] ?? fc.constant({}), SECRETS[kind] ?? fc.constant(null))
    .map(([own, refs, attributes, secrets]) => [keyOf(kind, own, refs), { refs, attributes, secrets }])

const things = (kind: string, maxLength: number): fc.Arbitrary<Things> =>
  fc.array(thing(kind), { maxLength }).map((list) => new Map(list.map(([key, one]) => [stored(key), one])))

/** As SQLite returns it. */
function stored(text: string): string {
  return text.toWellFormed()
}

const known = (kind: string, maxLength: number): fc.Arbitrary<Map<string, Known>> =>
  fc
    .tuple(
      things(kind, maxLength),
      fc.array(
        fc.record({
          ownership: fc.constantFrom('created' as const, 'adopted' as const),
          gone: rarely(fc.constant(true)),
          answered: rarely(fc.constant(true)),
        }),
        { minLength: maxLength, maxLength },
      ),
    )
    .map(([all, more]) => {
      const rows = [...all].map(([key, one], n): [string, Known] => {
        const { ownership = 'created', gone = false, answered = false } = more[n] ?? {}
        return [key, { ...one, id: `${kind}_${n}`, ownership, gone: gone === true, answered: answered === true }]
      })
      return new Map(rows)
    })

const ids = (kind: string) => fc.nat(4).map((n) => `${kind}_${n}`)

/** Possible identifiers of live resources. */
const NATURAL: Record<string, fc.Arbitrary<string | null>> = {
  permission: name,
  role: slug,
  organization: fc.constant(null),
  'organization-role': fc.tuple(slug, ids('organization')).map(([of, id]) => `${of}@${id}`),
  user: email,
  'totp-factor': ids('user'),
  membership: fc.tuple(ids('user'), ids('organization')).map(([user, id]) => `${user}@${id}`),
  group: fc.tuple(ids('organization'), name).map(([id, called]) => `${id}/${called}`),
  'group-role': fc.tuple(slug, ids('group')).map(([of, id]) => `${of}@${id}`),
  'group-membership': fc.tuple(ids('group'), ids('membership')).map(([group, member]) => `${group}/${member}`),
  connection: fc.tuple(name, ids('organization')).map(([of, id]) => `${of}@${id}`),
}

function withoutId({ id: _id, ...attributes }: Attributes): Attributes {
  return attributes
}

const live = (kind: string): fc.Arbitrary<LiveResource[]> =>
  fc.array(
    fc
      .record({
        id: ids(kind),
        externalId: kind === 'user' || kind === 'organization' ? fc.option(name) : fc.constant(null),
        naturalKey: NATURAL[kind] ?? fc.constant(null),
        attributes: ATTRIBUTES[kind] ?? fc.constant({}),
      })
      .map((one) => ({ ...one, attributes: withoutId(one.attributes) })),
    { maxLength: 4 },
  )

const byKind = <T>(of: (kind: string) => fc.Arbitrary<T>) =>
  fc
    .tuple(...kindDefinitions.map(({ name: kind }) => of(kind).map((value) => [kind, value] as const)))
    .map((list) => new Map(list))

const empty = <T>(value: T) => fc.constant(value)

const generated: fc.Arbitrary<Generated> = fc.record({
  desired: byKind((kind) => things(kind, 8)),
  others: fc.oneof(
    { weight: 3, arbitrary: empty(new Map<string, Things>()) },
    byKind((kind) => things(kind, 3)),
  ),
  known: fc.oneof(
    empty(new Map<string, Map<string, Known>>()),
    byKind((kind) => known(kind, 5)),
  ),
  live: fc.oneof(empty(new Map<string, LiveResource[]>()), byKind(live)),
  rejected: fc.array(slug, { maxLength: 1 }),
  closed: fc.boolean(),
})

const rules = fc.record({
  by: fc.constantFrom<'email' | 'externalId'>('email', 'externalId'),
  mode: fc.constantFrom<'match' | 'never'>('match', 'never'),
  matchByName: fc.boolean(),
  onDeleted: fc.constantFrom<'keep' | 'recreate' | 'fail'>('keep', 'recreate', 'fail'),
  onChange: fc.constantFrom<'keep' | 'send'>('keep', 'send'),
  refresh: fc.boolean(),
  partial: fc.boolean(),
})
type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never

const NOTHING = { mapped: 0, leftOut: 0, leftOutBy: [], assigned: 0 }
const API = { read: async () => ({ data: [], list_metadata: {} }), write: async () => ({}) }

/** A run's database with desired resources and resources out of scope. */
function desiredSet({ desired, others, rejected, closed }: Generated, partial: boolean): DesiredSet {
  const rundb = new RunDatabase(undefined)
  const place = { fileId: rundb.fileId('people.csv'), line: 1 }
  const accounting = account(rundb, new Map(), [], NOTHING, 0)
  createPlanTables(rundb)
  for (const [kind, all] of desired) {
    for (const [key, one] of all) insertDesired(rundb, { kind, key, ...one, seq: 0, place, records: 1 })
  }
  // As in assembling, so that planning knows where references lead. Not always, so that lookups are
  // tested, too.
  if (closed) for (const { name: kind, refs } of kindDefinitions) rejectDependents(rundb, { kind, refs })
  for (const [kind, all] of others) {
    for (const [key, { refs, attributes }] of all) {
      if (desired.get(kind)?.has(key)) continue
      const values = [kind, key, JSON.stringify(refs), JSON.stringify(attributes)]
      rundb.run('INSERT INTO out_of_scope VALUES (?, ?, ?, ?, 1)', ...values)
    }
  }
  for (const key of rejected) {
    const file = rundb.fileId('roles.csv')
    const sql =
      "INSERT INTO rejects VALUES ('role-definition', ?, 'code', NULL, 'message', NULL, 0, ?, 1, '{}', 1, NULL, NULL)"
    rundb.run(sql, key, file)
  }
  const scope = others.size === 0 ? undefined : { only: ['user:a'], limit: null, outOfScope: [], rejected: 0 }
  return new DesiredSet(rundb, accounting, { partial }, undefined, scope)
}

async function fill(state: OpenState, { known, desired }: Generated): Promise<void> {
  const saved = [...known].flatMap(([kind, all]) =>
    [...all].map(([key, { refs, attributes, secrets, id, ownership, gone, answered }], n): StateResource => {
      // Some are as in the source.
      const same = n % 2 === 0 ? desired.get(kind)?.get(key) : undefined
      return {
        kind,
        key,
        id,
        attributes: same?.attributes ?? attributes,
        digests: digestSecrets(state.digestKey, same?.secrets ?? secrets),
        refs: same?.refs ?? refs,
        ownership,
        run: 1,
        ...(gone && { gone: 1 }),
        ...(answered && { answered: { name: 'z', firstName: 'y' } }),
      }
    }),
  )
  const unique = saved.filter(({ kind, id }, at) => saved.findIndex((one) => one.kind === kind && one.id === id) === at)
  await state.commit({ intents: [], outcomes: unique.map((resource) => ({ type: 'saved', resource })) })
}

/** Lists generated resources. Nothing is read in another way. */
function listing(definition: KindDefinition, { live }: Generated, plain: boolean): KindDefinition {
  const held = live.get(definition.name) ?? []
  const { plain: _plain, ...coded } = definition.planned ?? {}
  return {
    ...definition,
    planned: { ...(plain ? definition.planned : coded), needsList: () => true },
    list: async function* () {
      yield held
    },
    find: async () => undefined,
    get: async (_api, id) => held.find((one) => one.id === id),
  }
}

/** The same state, not in a file. */
function inBatches(state: OpenState): StateStore {
  return new Proxy<StateStore>(state, {
    get: (_proxied, member) => {
      if (member === 'inFile') return () => undefined
      const value: unknown = Reflect.get(state, member, state)
      return typeof value === 'function' ? value.bind(state) : value
    },
  })
}

const TYPES = ['create', 'update', 'adopt', 'blocked', 'delete']
const FIELDS = ['name', 'domains', 'roles', 'id']

/** Everything that planning writes. */
async function planned(
  all: Generated,
  manifest: Manifest,
  state: StateStore,
  { refresh, partial }: Rules,
  plain: boolean,
) {
  const set = desiredSet(all, partial)
  const { rundb } = set
  try {
    const context = { set, state, api: API, manifest, refresh, onProgress: () => {} }
    await loadKnown(rundb, state, kindDefinitions)
    for (const definition of kindDefinitions) await planKind(context, listing(definition, all, plain))
    // Before anything reads the table: plain creates of a whole kind are not in it yet.
    const counted = countActions(rundb)
    const ofKinds = kindDefinitions.map(({ name }) => [
      countActionsOfKind(rundb, name),
      ...TYPES.map((type) => [countActionsOfType(rundb, name, type), [...actionsOfType(rundb, name, type, 3)]]),
      FIELDS.map((field) => countCreatesWith(rundb, name, field)),
    ])
    const rows = (sql: string) => rundb.statement(sql).all()
    expect(rows('SELECT count(*) AS n FROM actions')).toEqual([{ n: counted }])
    return {
      ofKinds,
      actions: rows(
        `SELECT phase, kind, key, type, id, ${actionText(rundb)} AS action FROM actions a ORDER BY position`,
      ),
      drift: rows('SELECT * FROM drift'),
      notes: rows('SELECT * FROM notes'),
      apart: rows('SELECT * FROM apart ORDER BY kind, key'),
      known: rows(
        'SELECT kind, key, id, attributes, digests, refs, ownership, run, reduced, answered, gone FROM known ORDER BY kind, key',
      ),
    }
  } finally {
    rundb.close()
  }
}

test('SQL and code make the same decisions, in the same order', { timeout: TIMEOUT }, async () => {
  const { loaded } = await createWorld([])
  let creates = 0
  let others = 0
  await fc.assert(
    fc.asyncProperty(generated, rules, async (all, rule) => {
      const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
      await fill(state, all)
      const { manifest: least } = loaded
      const manifest: Manifest = {
        ...least,
        adopt: { ...least.adopt, mode: rule.mode },
        dedupe: { ...least.dedupe, user: { ...least.dedupe.user, by: [rule.by] } },
        organizations: { ...least.organizations, matchByName: rule.matchByName },
        passwords: { ...least.passwords, onChange: rule.onChange },
        onDeleted: rule.onDeleted,
      }
      const bySql = await planned(all, manifest, state, rule, true)
      const byCode = await planned(all, manifest, inBatches(state), rule, false)
      await state.close()
      expect(bySql).toEqual(byCode)
      const ofAll = bySql.actions.filter(({ type }) => type === 'create').length
      creates += ofAll
      others += bySql.actions.length - ofAll
    }),
    runs(60),
  )
  expect(creates).toBeGreaterThan(0)
  expect(others).toBeGreaterThan(0)
})
