import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import type { DesiredSet } from '../../src/desired/desired-set.ts'
import type { JsonObject } from '../../src/json.ts'
import type { MapResult } from '../../src/mapping/result.ts'
import { misfitRows } from '../../src/rundb/misfits.ts'
import { unpackRepeats } from '../../src/rundb/repeats.ts'
import { PLAN_TABLES } from '../../src/rundb/schema.ts'
import { draftGroups } from '../../src/rundb/several.ts'
import { RULES } from '../kinds/rules.ts'
import { contents } from './assembled.ts'
import { mappedSet } from './mapped-set.ts'

/** Organizations, groups and roles that many users share. */
const MAP: Manifest['map'] = {
  user: { key: 'id', email: 'email' },
  organization: { each: 'orgs', key: 'key ? key : $slug(name)', name: 'name', domains: 'domains' },
  group: { each: 'orgs[team]', key: 'team', name: 'team', organization: 'key ? key : $slug(name)' },
  membership: { each: 'orgs', organization: 'key ? key : $slug(name)', roles: 'role' },
  role: { each: 'orgs[role]', key: '$slug(role)', name: 'role_name ? role_name : role', description: 'team' },
}

const domain = (name: string, state?: string): JsonObject => ({ domain: name, ...(state && { state }) })
const organization = fc.record(
  {
    key: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('Acme', 'Acme', 'Acme!', 'Bolt', 'bolt', ''),
    domains: fc.constantFrom<JsonObject[]>(
      [domain('b.example.com'), domain('a.example.com')],
      [domain('a.example.com', 'verified')],
    ),
    team: fc.constantFrom('Red', 'Blue'),
    role: fc.constantFrom('Admin', 'admin', 'Editor'),
    role_name: fc.constantFrom('Boss', 'Chief'),
  },
  { requiredKeys: [] },
)
const records = fc
  .array(fc.array(organization, { maxLength: 3 }), { minLength: 2, maxLength: 14 })
  .map((all) => all.map((orgs, at): JsonObject => ({ id: `u${at}`, email: `u${at}@example.com`, orgs })))
const RULES_OF_NAMES = ['first', 'last', 'most', 'error'] as const

/** Makes every draft a separate row. */
function apart({ drafts }: MapResult): void {
  for (const draft of drafts) delete draft.identity
}

/** Everything that can be read from a set, and its number of staged repeats. */
function read(set: DesiredSet, manifest: Pick<Manifest, 'organizations'>) {
  const { rundb } = set
  const all = (sql: string) =>
    rundb
      .statement(sql)
      .all()
      .map((row) => JSON.stringify(row))
  const repeats = rundb.count('SELECT sum(octet_length(packed)) FROM repeats')
  const found = {
    ...contents(set),
    accounting: set.accounting,
    records: all('SELECT kind, key, seq, records, conflicts FROM merges ORDER BY kind, key, seq, conflicts'),
    remarks: set.noteCounts(),
    rejected: [...set.rejects()],
  }
  rundb.exec(PLAN_TABLES)
  const misfits = [...misfitRows(rundb)].map((row) => JSON.stringify(row)).sort()
  const order = 'seq, id'
  const groups = ['organization', 'group', 'role-definition'].map((kind) => [...draftGroups(rundb, kind, order)])
  unpackRepeats(rundb)
  const drafts = all(
    'SELECT kind, key, dedupe_group, refs, attributes, secrets, file, line, seq, records FROM drafts',
  ).sort()
  return { repeats, found: { ...found, misfits, groups, drafts, manifest } }
}

test('the set is the same whether repeated drafts are separate rows or not', async () => {
  let packed = 0
  const property = fc.asyncProperty(
    records,
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom(...RULES_OF_NAMES),
    async (data, chunkSize, onNameConflict) => {
      const organizations = { ...RULES.organizations, domainState: 'mapped' as const, onNameConflict }
      const set = await mappedSet(MAP, data, { organizations }, chunkSize)
      const plain = await mappedSet(MAP, data, { organizations }, chunkSize, apart)
      const [one, other] = [read(set, { organizations }), read(plain, { organizations })]
      expect(other.repeats).toBe(0)
      expect(one.found).toEqual(other.found)
      packed += one.repeats
    },
  )
  await fc.assert(property, { numRuns: 100 })
  expect(packed).toBeGreaterThan(0)
})
