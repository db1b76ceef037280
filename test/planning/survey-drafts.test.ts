import { expect, onTestFinished, test, vi } from 'vitest'
import type { Manifest } from '../../src/config/manifest.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import { surveyDrafts, surveyValues } from '../../src/planning/survey.ts'
import { SHARE, Surveyor } from '../../src/planning/survey-ahead.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { draftsChange, leaseDrafts } from '../../src/rundb/draft-facts.ts'
import { addToDrafts } from '../../src/rundb/drafts.ts'
import { Lease } from '../../src/rundb/lease.ts'
import type { RunDatabase } from '../../src/rundb/run-database.ts'
import { assembled, type RecordPart } from '../desired/assembled.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const USERS = 300

const manifest = manifestWith({ user: { firstName: 'a', lastName: 'b' } })

/** Users with a role each in one organization. */
function records(): RecordPart[] {
  return Array.from({ length: USERS }, (_, n) => ({
    users: [
      {
        key: `u${n}`,
        email: n === 7 ? 'рerson8@example.com' : `person${n}@example.com`,
        firstName: n % 2 ? 'NULL' : 'Ada',
        metadata: { plan: `p${n % 9}` },
        ...(n % 3 === 0 && { secrets: { passwordHash: { type: 'bcrypt', hash: `h${n}` } } }),
      },
    ],
    organizations: [{ key: 'acme' }],
    memberships: [{ user: `u${n}`, organization: 'acme', ...(n !== 5 && { roles: ['admin'] }) }],
  }))
}

/**
 * Surveys ahead with a thread.
 * @param between called before each kind, once the thread has read what it can
 * @returns the kinds whose drafts were used, and how often the thread began
 */
async function surveyed(
  parts: readonly RecordPart[],
  { changed = {}, between }: { changed?: Partial<Manifest>; between?: (rundb: RunDatabase) => void } = {},
): Promise<{ known: string[]; begun: number }> {
  const surveyor = new Surveyor({ workers: 2, many: 100 })
  onTestFinished(() => surveyor.end())
  surveyor.prepare(USERS)
  let begun = 0
  const set = await assembled(parts, changed, undefined, {
    folder: temporaryFolder(),
    onKind: async (rundb) => {
      await vi.waitFor(() => expect(surveyor.isIdle).toBe(true), { timeout: 20_000 })
      await surveyor.readAhead(rundb, { manifest })
      if (!surveyor.isIdle) begun += 1
      between?.(rundb)
    },
  })
  const { rundb } = set
  await surveyor.begin(rundb, { scoped: false, manifest })
  createPlanTables(rundb)
  const survey = await surveyor.survey(rundb)
  expect(survey).toEqual(surveyValues(rundb, { scoped: false, manifest }, () => true))
  const known = kindDefinitions.filter((_, index) => surveyor.shares[index] === SHARE.known)
  return { known: known.map(({ name }) => name), begun }
}

test('drafts that become desired as they are have been surveyed before', async () => {
  expect(await surveyed(records())).toEqual({ known: ['user', 'membership'], begun: 1 })
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
])('values that change are surveyed again: %s', async (_, known, add, changed = {}) => {
  const parts = records()
  add(parts)
  const found = await surveyed(parts, { changed })
  expect(found.known).toEqual(known)
})

test('drafts that change stop the thread, and it begins again', async () => {
  let changes = 0
  const between = (rundb: RunDatabase) => {
    if (changes++ < 3) draftsChange(rundb)
  }
  const { known, begun } = await surveyed(records(), { between })
  expect(known).toEqual(['user', 'membership'])
  expect(begun).toBeGreaterThanOrEqual(1)
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
