import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { mergeReport } from '../../src/reporting/plan-documents.ts'
import { createWorld, type Row } from '../planning/world.ts'
import { asJson, asMarkdown, asText } from './rendered.ts'

const isReport = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/merges.schema.json', 'utf8')),
)

const HASH = `$2b$10$${'canaryOfTheFirstHash'.padEnd(53, 'x')}`
const OTHER = `$2b$10$${'canaryOfTheOtherHash'.padEnd(53, 'y')}`

const MAP = {
  user: { externalId: 'external_id', metadata: { plan: 'plan' }, password: 'password', passwordHash: 'password_hash' },
}

const person = (id: string, more: Row = {}): Row => ({ email: 'ada@example.com', external_id: id, ...more })
const hashed = (hash: string): Row => ({ password_hash: hash, password_hash_type: 'bcrypt' })

async function reportOf(rows: Row[], dedupe: object = {}, before?: (world: World) => Promise<void>) {
  const world = await createWorld(rows, { map: MAP, dedupe: { user: dedupe }, safety: { maxRejects: 100 } })
  await before?.(world)
  const plan = await world.plan()
  const text = [...mergeReport(plan, world.loaded.manifest, world.state.digestKey)].join('')
  const report = JSON.parse(text)
  expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true)
  return { report, text, plan }
}

type World = Awaited<ReturnType<typeof createWorld>>

describe('the report of merges', () => {
  test('has every group with its records, its winner, and every discarded value with its rule', async () => {
    const rows = [
      person('u1', { first_name: 'Ada', plan: 'free', updated: '2024-01-01' }),
      person('u0', { email: 'bob@example.com' }),
      person('u2', { first_name: 'Augusta', plan: 'pro', updated: '2024-05-01' }),
    ]
    const fields = { firstName: 'longest', 'metadata.plan': 'newest' }
    const { report } = await reportOf(rows, { fields, updatedAt: '$record.updated' })
    expect(report).toMatchObject({
      format: 'workos-migrate-merges',
      version: 1,
      strategy: 'merge',
      duplicates: { users: 1, records: 2 },
      cases: [{ code: 'same_email_different_external_ids', fate: 'merged', users: 1, records: 2 }],
      clashes: [],
    })
    expect(report.groups).toEqual([
      {
        kind: 'user',
        key: 'u1',
        fate: 'merged',
        strategy: 'merge',
        cases: ['same_email_different_external_ids'],
        winner: 0,
        records: [
          { key: 'u1', externalId: 'u1', origin: expect.any(String), count: 1, updatedAt: '2024-01-01T00:00:00.000Z' },
          { key: 'u2', externalId: 'u2', origin: expect.any(String), count: 1, updatedAt: '2024-05-01T00:00:00.000Z' },
        ],
        conflicts: [
          {
            field: 'firstName',
            rule: 'longest',
            kept: { record: 1, value: 'Augusta' },
            dropped: { record: 0, value: 'Ada' },
          },
          { field: 'externalId', rule: 'first', kept: { record: 0, value: 'u1' }, dropped: { record: 1, value: 'u2' } },
          {
            field: 'metadata.plan',
            rule: 'newest',
            kept: { record: 1, value: 'pro' },
            dropped: { record: 0, value: 'free' },
          },
        ],
      },
    ])
    const origins = report.groups[0].records.map(({ origin }: { origin: string }) =>
      origin.replace(/^.*users/, 'users'),
    )
    expect(origins).toEqual(['users.csv:2', 'users.csv:4'])
  })

  test('names the case of a user that lost an external ID of another user', async () => {
    const rows = [
      person('u1'),
      person('u2'),
      person('u2', { email: 'bob@example.com' }),
      person('u3', { email: 'bob@example.com' }),
    ].map((row, n): Row => ({ ...row, row: `${n + 1}` }))
    const names = ['same_email_different_external_ids', 'same_external_id_different_emails']
    for (const strategy of ['merge', 'error']) {
      const { report } = await reportOf(rows, { strategy }, (world) => {
        const map = { user: { ...MAP.user, key: 'row' } }
        return world.manifest({ map, dedupe: { user: { strategy } }, safety: { maxRejects: 100 } })
      })
      const cases = report.groups.map((group: { key: string; cases: string[] }) => [group.key, group.cases])
      const ofBob = strategy === 'merge' ? names.slice(0, 1) : names
      expect(cases).toEqual([
        ['1', names],
        ['3', ofBob],
      ])
      const counts = report.cases.map((count: { code: string; users: number }) => `${count.code} ${count.users}`)
      expect(counts).toEqual([`${names[0]} 2`, `${names[1]} ${ofBob.length}`])
    }
  })

  test('shows only digests of secrets, which are the same for equal ones', async () => {
    const rows = [
      person('u1', hashed(HASH)),
      person('u2', hashed(OTHER)),
      person('u3', { password: 'canary password 1' }),
      person('u4', hashed(OTHER)),
    ]
    const { report, text, plan } = await reportOf(rows)
    const secrets = report.groups[0].conflicts.filter(({ field }: { field: string }) => field.startsWith('password'))
    expect(secrets).toMatchObject([
      { field: 'passwordHash', rule: 'first', kept: { record: 0 }, dropped: { record: 1 } },
      { field: 'password', rule: 'first', kept: { record: 0, field: 'passwordHash' }, dropped: { record: 2 } },
      { field: 'passwordHash', rule: 'first', kept: { record: 0 }, dropped: { record: 3 } },
    ])
    const [one, , other] = secrets.map(({ dropped }: { dropped: { digest: string } }) => dropped.digest)
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(other).toBe(one)
    expect(secrets[0].kept.digest).not.toBe(one)
    for (const shown of [text, asText(plan, { full: true }), asMarkdown(plan), JSON.stringify(asJson(plan))]) {
      expect(shown).not.toMatch(/canary/)
    }
  })

  test('shows where a password was discarded without proof', async () => {
    const rows = [person('u1', { email_verified: 'no', password: 'canary' }), person('u2', { email_verified: 'yes' })]
    const { report } = await reportOf(rows)
    expect(report.groups[0].conflicts).toMatchObject([
      { field: 'emailVerified', rule: 'any', kept: { record: 1, value: true }, dropped: { record: 0, value: false } },
      { field: 'externalId' },
      { field: 'password', rule: 'proof', kept: null, dropped: { record: 0, digest: expect.any(String) } },
    ])
  })

  test('has no winner if all were rejected', async () => {
    const { report } = await reportOf([person('u1', { first_name: 'A' }), person('u2', { first_name: 'B' })], {
      strategy: 'error',
    })
    expect(report.groups).toMatchObject([
      { fate: 'rejected', winner: null, conflicts: [{ field: 'firstName', rule: 'error' }, { rule: 'error' }] },
    ])
    expect(report.duplicates).toEqual({ users: 0, records: 0 })
  })

  test('has repeated records, and organizations only if they differ', async () => {
    const inOrg = (id: string, name: string) =>
      person(id, { email: `${id}@example.com`, org_external_id: id, org_name: name })
    const { report } = await reportOf([
      person('u1'),
      person('u1'),
      inOrg('acme', 'Acme'),
      inOrg('acme', 'Acme Ltd'),
      inOrg('beta', 'Beta'),
      inOrg('beta', 'Beta'),
    ])
    const told: { kind: string; key: string; conflicts: unknown[] }[] = report.groups
    const named = told.map(({ kind, key, conflicts }) => `${kind}:${key} ${conflicts.length}`)
    expect(named.sort()).toEqual(['organization:acme 1', 'user:acme 0', 'user:beta 0', 'user:u1 0'])
  })
})

test('clashes in the source and with WorkOS are listed together, in every format', async () => {
  const rows = [
    person('u1'),
    person('u1', { email: 'b@example.com' }),
    person('c1', { email: 'clash@example.com' }),
    person('old', { email: 'new@example.com' }),
  ]
  const { report, plan } = await reportOf(rows, {}, async ({ target }) => {
    const body = { email: 'other@example.com', external_id: 'c1' }
    await target.client.write({ method: 'POST', path: '/user_management/users', body })
  })
  expect(report.cases).toEqual([
    { code: 'same_external_id_different_emails', fate: 'rejected', users: 1, records: 1 },
    { code: 'external_id_clash', fate: 'blocked', users: 1, records: 1 },
  ])
  expect(report.clashes).toMatchObject([
    { case: 'same_external_id_different_emails', fate: 'rejected', code: 'key_contradiction', key: 'u1' },
    { case: 'external_id_clash', fate: 'blocked', code: 'external_id_clash', key: 'c1' },
  ])
  expect(asJson(plan).cases).toEqual(report.cases)
  expect(asText(plan)).toMatch(/\n {2}same_external_id_different_emails, rejected +1 +1\n/)
  expect(asText(plan)).toMatch(/\n {2}external_id_clash, blocked +1 +1\n/)
  expect(asMarkdown(plan)).toContain('| external_id_clash, blocked | 1 | 1 |\n')
})

test('a plan without duplicates does not mention them', async () => {
  const { report, plan } = await reportOf([person('u1')])
  expect(report).toMatchObject({ groups: [], clashes: [], cases: [] })
  expect(asText(plan)).not.toContain('Duplicates')
  expect(asMarkdown(plan)).not.toContain('Duplicates')
})
