import { expect, onTestFinished, test, vi } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { surveyDrafts, surveyValues } from '../../src/planning/survey.ts'
import { SHARE, Surveyor } from '../../src/planning/survey-ahead.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { draftsChange, draftVersion, leaseDrafts } from '../../src/rundb/draft-facts.ts'
import { addToDrafts } from '../../src/rundb/drafts.ts'
import { Lease } from '../../src/rundb/lease.ts'
import type { RunDatabase } from '../../src/rundb/run-database.ts'
import { hasTrait, TRAIT } from '../../src/rundb/traits.ts'
import { assembled, type RecordPart } from '../desired/assembled.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const USERS = 300

/** In all records together, more fields than are counted. */
const fields = (n: number) => Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`m${3 * n + index}`, 'x']))

const manifest = manifestWith({ user: { firstName: 'a', lastName: 'b' } })

/** As many take a thread longer than the rest of the test. */
const MANY = 15_000

/** Users with a role each in one organization. */
function records(count = USERS, plans = 9): RecordPart[] {
  return Array.from({ length: count }, (_, n) => ({
    users: [
      {
        key: `u${n}`,
        email: n === 7 ? 'рerson8@example.com' : `person${n}@example.com`,
        firstName: n % 2 ? 'NULL' : 'Ada',
        metadata: { [`plan${n % plans}`]: 'pro' },
        ...(n % 3 === 0 && { secrets: { passwordHash: { type: 'bcrypt', hash: `h${n}` } } }),
      },
    ],
    organizations: [{ key: 'acme' }],
    memberships: [{ user: `u${n}`, organization: 'acme', ...(n !== 5 && { roles: ['admin'] }) }],
  }))
}

interface Steps {
  changed?: Partial<Manifest>
  /** Called before each kind, once the thread has read what it can. */
  between?: (rundb: RunDatabase) => void
  /** The thread begins only once all kinds are assembled. */
  late?: boolean
  /** Called once the survey of what is desired has begun. */
  planned?: (rundb: RunDatabase) => void
}

/**
 * Surveys ahead with a thread, and compares the result with a survey of what is desired.
 * @returns the kinds whose drafts were used, and how often the thread began with drafts
 */
async function surveyed(
  parts: readonly RecordPart[],
  { changed = {}, between, late = false, planned }: Steps = {},
): Promise<{ known: string[]; begun: number }> {
  const surveyor = new Surveyor({ workers: 2, many: 100 })
  onTestFinished(() => surveyor.end())
  surveyor.prepare(USERS)
  const idle = () => vi.waitFor(() => expect(surveyor.isIdle).toBe(true), { timeout: 20_000, interval: 5 })
  let begun = 0
  const readAhead = async (rundb: RunDatabase) => {
    await idle()
    await surveyor.readAhead(rundb, { manifest })
    if (!surveyor.isIdle) begun += 1
  }
  const { rundb } = await assembled(parts, changed, undefined, {
    folder: temporaryFolder(),
    onKind: async (rundb) => {
      if (late) return
      await readAhead(rundb)
      await idle()
      between?.(rundb)
    },
  })
  if (late) await readAhead(rundb)
  await surveyor.begin(rundb, { scoped: false, manifest })
  planned?.(rundb)
  createPlanTables(rundb)
  const survey = await surveyor.survey(rundb)
  expect(survey).toEqual(surveyValues(rundb, { scoped: false, manifest }, () => true))
  const known = kindDefinitions.filter((_, index) => surveyor.shares[index] === SHARE.known)
  return { known: known.map(({ name }) => name), begun }
}

test('drafts that become desired as they are have been surveyed before', async () => {
  expect(await surveyed(records())).toEqual({ known: ['user', 'membership'], begun: 1 })
})

test('of several resources of the first record, the first key provides the examples', async () => {
  const parts = records()
  const organizations = ['beta', 'acme'].map((key) => ({ key }))
  parts[0] = {
    ...{ ...parts[0], organizations },
    memberships: organizations.map(({ key }) => ({ user: 'u0', organization: key, roles: [`role of ${key}`] })),
  }
  const noted: boolean[] = []
  const between = (rundb: RunDatabase) => {
    noted.push(hasTrait(rundb, 'membership', TRAIT.sameRecord), hasTrait(rundb, 'user', TRAIT.sameRecord))
  }
  expect(await surveyed(parts, { between })).toEqual({ known: ['user', 'membership'], begun: 1 })
  expect(noted.slice(0, 2)).toEqual([true, false])
})

test.each<[string, string[], (parts: RecordPart[]) => void, Partial<Manifest>?]>([
  ['users that merge', ['membership'], (parts) => parts.push({ users: [{ key: 'u1', email: 'person1@example.com' }] })],
  [
    'a membership that is rejected',
    ['user'],
    (parts) => parts.push({ memberships: [{ user: 'u1', organization: 'unknown' }] }),
  ],
  [
    'second factors taken out of users',
    ['membership'],
    (parts) => parts.push({ users: [{ key: 'o', email: 'o@x.example', secrets: { totpSecret: { secret: 'JBSW' } } }] }),
  ],
  ['a default role', ['user'], () => {}, { roles: { ...manifest.roles, default: 'member' } }],
  [
    'a record that is rejected once memberships have been read',
    ['user', 'membership'],
    (parts) =>
      parts.push({
        users: [{ key: 'u1', email: 'other@example.com', firstName: 'Odd' }],
        memberships: [{ user: 'u1', organization: 'acme', roles: ['owner'] }],
      }),
  ],
  [
    'more fields than are counted',
    ['membership'],
    (parts) => {
      for (const [n, { users }] of parts.entries()) for (const user of users ?? []) user.metadata = fields(n)
    },
  ],
])('values that change are surveyed again: %s', async (_, known, add, changed = {}) => {
  const parts = records()
  add(parts)
  const found = await surveyed(parts, { changed })
  expect(found.known).toEqual(known)
})

test('what was read is read again once drafts have changed', async () => {
  const versions: number[] = []
  const between = (rundb: RunDatabase) => {
    versions.push(draftVersion(rundb))
    if (versions.length <= 3) draftsChange(rundb)
  }
  expect(await surveyed(records(), { between })).toEqual({ known: ['user', 'membership'], begun: 4 })
  expect(new Set(versions).size).toBe(4)
})

test.each<[string, number, Steps['planned']?]>([
  ['finishes', 9],
  ['finds too many fields', 600],
  ['is stopped, because drafts change', 9, draftsChange],
])('every kind is surveyed once, if a thread that begins late %s', async (_, plans, planned) => {
  const { begun } = await surveyed(records(MANY, plans), { late: true, ...(planned && { planned }) })
  expect(begun).toBe(1)
})

test('what was read before drafts change is not used', async () => {
  const { rundb } = await assembled(records(), {}, undefined, { folder: temporaryFolder() })
  const definition = kindDefinitions.find(({ name }) => name === 'user')
  if (definition === undefined) throw new Error('there are no users')
  let pages = 0
  const survey = (atPage: number, stop: () => boolean) => {
    const drafts = { kind: 'user', count: USERS, atOnce: 10 }
    const lease = new Lease(leaseDrafts(rundb).shared)
    pages = 0
    return surveyDrafts(rundb, definition, { drafts, lease, manifest, isUseful: () => ++pages !== atPage || stop() })
  }
  expect(survey(0, () => false)?.own.resources).toBe(USERS)
  expect(pages).toBe(USERS / 10)
  expect(survey(3, () => false)).toBeUndefined()
  expect(pages).toBe(3)
  const add = () => addToDrafts(rundb, { seq: 1, attributes: '{}' }, "kind = ?3 AND key = 'u1'", 'user') === 1
  expect(survey(5, add)).toBeUndefined()
  expect(pages).toBe(5)
})
