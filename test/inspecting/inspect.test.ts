import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { expect, test } from 'vitest'
import type { SourceConfig } from '../../src/config/manifest.ts'
import { inspectSource } from '../../src/inspecting/inspect.ts'
import type { Inspection } from '../../src/inspecting/inspection.ts'
import { proposeMapping } from '../../src/inspecting/propose-mapping.ts'
import type { JsonObject } from '../../src/json.ts'
import { openSource } from '../../src/sources/registry.ts'
import type { Source } from '../../src/sources/source.ts'
import { folderWith } from '../sources/reading.ts'

async function inspectFiles(
  source: SourceConfig,
  files: Record<string, Record<string, string>[]>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Inspection> {
  const entries = Object.entries(files).map(([name, rows]) => {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    return [name, stringify(rows, { header: true, columns })]
  })
  const directory = folderWith(Object.fromEntries(entries))
  const scratch = join(directory, 'scratch')
  return inspectSource({
    type: source.type,
    limit,
    scratch,
    open: (reject) => openSource(source, { directory, scratch, reject, warn: () => {} }),
  })
}

/** A source of one stream with the given records. */
async function inspectRecords(records: JsonObject[], limit = Number.POSITIVE_INFINITY): Promise<Inspection> {
  const source: Source = {
    streams: ['users'],
    async *read(chunkSize) {
      for (let at = 0; at < records.length; at += chunkSize) {
        const chunk = records.slice(at, at + chunkSize)
        yield chunk.map((data, index) => ({ seq: at + index, stream: 'users', origin: { file: 'users' }, data }))
      }
    },
    counts: () => [],
    digest: () => '',
  }
  return inspectSource({ type: 'test', limit, scratch: join(folderWith({}), 'scratch'), open: async () => source })
}

const pathsOf = (inspection: Inspection, stream = 'users') =>
  inspection.streams.find((candidate) => candidate.stream === stream)?.paths ?? []

test('nested JSON is shown as paths, with fill rates of the innermost list', async () => {
  const found = await inspectRecords([
    { id: 1, name: { first: 'Ada' }, identities: [{ connection: 'google', isSocial: true }, { connection: 'db' }] },
    { id: 2, name: { first: null }, identities: [] },
  ])
  expect(pathsOf(found).map(({ path, filled, of }) => [path, filled, of])).toEqual([
    ['id', 2, 2],
    ['name.first', 1, 2],
    ['identities[].connection', 2, 2],
    ['identities[].isSocial', 1, 2],
  ])
  const connection = pathsOf(found).find(({ path }) => path === 'identities[].connection')
  expect(connection?.values).toEqual([
    { value: 'google', count: 1 },
    { value: 'db', count: 1 },
  ])
})

test('a list of attributes by name has a path for each that a mapping can use', async () => {
  const found = await inspectRecords([{ Attributes: [{ Name: 'email', Value: 'ada@example.com' }] }])
  expect(pathsOf(found).map(({ path }) => path)).toEqual(['Attributes[Name="email"].Value'])
  expect(found.people.email.with).toBe(1)
})

test('email addresses are counted as WorkOS compares them', async () => {
  const rows = ['ada@example.com', ' ADA@Example.com ', 'bjorn@example.com', '', 'no address'].map((email, index) => ({
    email,
    email_verified: index === 0 ? 'yes' : 'no',
    external_id: `u-${index}`,
  }))
  const { people } = await inspectFiles({ type: 'csv', path: 'users.csv' }, { 'users.csv': rows })
  expect(people.email).toEqual({
    with: 3,
    without: 1,
    invalid: 1,
    confusable: 0,
    lookalikes: 0,
    distinct: 2,
    duplicated: 1,
    extraRecords: 1,
    unverified: 2,
  })
})

test('memberships, organizations and roles of joined files are counted, and joined files are separate streams', async () => {
  const users = ['a', 'b', 'c'].map((id) => ({ id, primary_email_address: `${id}@example.com` }))
  const memberships = [
    { clerk_user_id: 'a', org_external_id: 'acme', org_name: 'Acme', role_slugs: 'org:admin,org:member' },
    { clerk_user_id: 'a', org_external_id: 'borealis', org_name: 'Borealis', role_slugs: 'org:member' },
    { clerk_user_id: 'b', org_external_id: 'acme', org_name: '', role_slugs: '' },
    { clerk_user_id: 'nobody', org_external_id: 'acme', org_name: '', role_slugs: '' },
  ]
  const config = { type: 'clerk', users: 'users.csv', memberships: 'memberships.csv' }
  const found = await inspectFiles(config, { 'users.csv': users, 'memberships.csv': memberships })
  expect(found.people.organizations).toEqual({
    distinct: 2,
    memberships: 3,
    usersWithout: 1,
    perUser: [
      { memberships: 1, users: 1 },
      { memberships: 2, users: 1 },
    ],
  })
  expect(found.people.roles).toEqual([
    { role: 'org:member', at: 'membership', count: 2 },
    { role: 'org:admin', at: 'membership', count: 1 },
  ])
  expect(found.streams.map(({ stream, role, records, rejected }) => [stream, role, records, rejected])).toEqual([
    ['users', 'main', 3, 0],
    ['memberships', 'joined', 3, 1],
  ])
  expect(pathsOf(found, 'memberships').map(({ path, filled, of }) => [path, filled, of])).toEqual([
    ['clerk_user_id', 3, 3],
    ['org_external_id', 3, 3],
    ['org_name', 2, 3],
    ['role_slugs', 2, 3],
  ])
})

test('without data about organizations or verification, the result is null instead of 0', async () => {
  const { people } = await inspectRecords([{ email: 'ada@example.com' }])
  expect(people.organizations).toBeNull()
  expect(people.email.unverified).toBeNull()
})

test('the result contains no personal data and no secret', async () => {
  const secrets = {
    email: 'ada.canary@example.com',
    first_name: 'Canaryname',
    password: 'canary p@ssword',
    password_hash: '$2b$10$canarycanarycanarycanaryXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX',
    totp_secret: 'JBSWY3DPEHPK3PXP',
    role: 'canary@example.com',
    'canary@example.com': 'x',
    user_metadata: { note: 'canary note', recovery_code: 'canary-4711' },
  }
  const found = JSON.stringify(await inspectRecords([secrets]))
  expect(found).not.toMatch(/canary|JBSWY|p@ss|4711/i)
  expect(found).toContain('user_metadata.recovery_code')
})

test('reading stops at the limit, and reports whether there are more records', async () => {
  const records = Array.from({ length: 2500 }, (_, id) => ({ id, email: `u${id}@example.com` }))
  expect(await inspectRecords(records, 1200)).toMatchObject({ records: 1200, complete: false })
  expect(await inspectRecords(records, 2500)).toMatchObject({ records: 2500, complete: true })
  expect(await inspectRecords(records)).toMatchObject({ records: 2500, complete: true, people: { records: 2500 } })
})

test('an object used as a map does not make the result grow without limit', async () => {
  const records = Array.from({ length: 900 }, (_, id) => ({ id, devices: { [`device-${id}`]: { seen: true } } }))
  const [stream] = (await inspectRecords(records)).streams
  expect(stream?.paths.length).toBeLessThanOrEqual(400)
  expect(stream?.morePaths).toBeGreaterThan(400)
})

test('a column with many values is not a category, and roles beyond the limit are only counted', async () => {
  const records = Array.from({ length: 200 }, (_, id) => ({ id, status: `s${id % 100}`, role: `r-${id % 100}` }))
  const found = await inspectRecords(records)
  expect(pathsOf(found).find(({ path }) => path === 'status')?.values).toBeUndefined()
  expect(found.people.roles).toHaveLength(50)
  expect(found.people.moreRoles).toBe(100)
})

test("a Keycloak user's credentials are judged by their parameters", async () => {
  const credential = (algorithm: string, hashIterations: number) => ({
    type: 'password',
    secretData: JSON.stringify({ value: 'canary', salt: 'canary' }),
    credentialData: JSON.stringify({ algorithm, hashIterations }),
  })
  const found = await inspectRecords([
    { username: 'a', credentials: [credential('pbkdf2-sha512', 210_000), { type: 'otp', secretData: '{}' }] },
    { username: 'b', credentials: [credential('pbkdf2-sha256', 27_500)] },
  ])
  expect(found.people.passwords.formats).toMatchObject([
    { format: 'pbkdf2-sha512 210000', fate: 'convertible', count: 1 },
    { format: 'pbkdf2-sha256 27500', fate: 'reset', count: 1 },
  ])
  expect(found.people.totp).toBe(1)
})

test('a column with password hashes is secret under any name, and shows no shapes', async () => {
  const hash = '$2b$10$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvwxyzabcde'
  const found = await inspectRecords([{ plan: 'in clear' }, { plan: hash }, { plan: 'in clear' }])
  expect(pathsOf(found)).toMatchObject([{ path: 'plan', filled: 3, secret: true, shapes: [] }])
  expect(pathsOf(found)[0]?.values).toBeUndefined()
})

test.each([
  'E-Mail-Adresse',
  'Mail-Adresse',
  'E-Mail Address',
  'emailAddress',
  'correo electronico',
])('addresses in a column %s are counted, like in a proposed mapping', async (name) => {
  const found = await inspectRecords([{ [name]: 'ada@example.com' }])
  expect(found.people.email).toMatchObject({ with: 1, without: 0 })
  expect(proposeMapping(pathsOf(found), { today: '2026-01-01' }).user.email).toBe(pathsOf(found)[0]?.expression)
})

test('a column with only distinct values is not a category, under any name', async () => {
  const plans = ['alpha', 'beta', 'gamma', 'delta', 'epsilon']
  const different = await inspectRecords(plans.map((plan) => ({ plan })))
  expect(pathsOf(different)[0]?.values).toBeUndefined()
  expect(pathsOf(different)[0]?.shapes).toEqual(['xxxxx', 'xxxx', 'xxx…'])
  const again = await inspectRecords([...plans, 'alpha'].map((plan) => ({ plan })))
  expect(pathsOf(again)[0]?.values).toHaveLength(5)
})

test('confusable addresses are counted, and addresses that differ only in letters other than A to Z', async () => {
  const addresses = [
    'mike@x.example',
    'mi\u212ae@x.example',
    'M\u00dcLLER@x.example',
    'm\u00fcller@x.example',
    'zo\u00eb@x.example',
  ]
  const { people } = await inspectRecords(addresses.map((email, id) => ({ id, email })))
  expect(people.email).toMatchObject({ with: 4, invalid: 0, confusable: 1, distinct: 4, duplicated: 0, lookalikes: 2 })
})

test('a list verifies only exactly the same address', async () => {
  const record = (primary_email_address: string, verified_email_addresses: string) => ({
    primary_email_address,
    verified_email_addresses,
  })
  const { people } = await inspectRecords([
    record('mike@x.example', 'mi\u212ae@x.example'),
    record('Ada@x.example', 'bob@x.example, ADA@x.example'),
  ])
  expect(people.email.unverified).toBe(1)
})
