import { describe, expect, test } from 'vitest'
import { actionValues, describeSecrets } from '../../src/planning/action.ts'
import { asJson, asText } from '../reporting/rendered.ts'
import { createWorld, people, type Row } from './world.ts'

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const SECRET = 'JBSWY3DPEHPK3PXP'

const rows: Row[] = people(2).map((row, n) => ({
  ...row,
  last_name: ' Lovelace',
  email_verified: 'yes',
  password_hash: n === 0 ? HASH : '',
  password_hash_type: n === 0 ? 'bcrypt' : '',
  totp_secret: n === 0 ? SECRET : '',
  metadata: '{"plan":"pro","seats":"3"}',
  role_slugs: n === 0 ? 'admin,billing' : '',
}))
const roles = { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } }

async function actionsOf(world: Awaited<ReturnType<typeof createWorld>>, refresh = false) {
  const plan = await world.plan(refresh)
  const valuesOf = (kind: string, key: string) => {
    const action = [...plan.actions()].find((one) => one.kind === kind && one.key === key)
    return action === undefined ? undefined : actionValues(plan, action)
  }
  return { plan, valuesOf }
}

describe('a created resource', () => {
  test('has its values, a membership its roles, and named secrets', async () => {
    const { valuesOf } = await actionsOf(await createWorld(rows, { roles }))
    expect(valuesOf('user', 'ext-0')).toEqual({
      before: null,
      after: {
        email: 'person0@example.com',
        emailVerified: true,
        externalId: 'ext-0',
        firstName: 'First0',
        lastName: 'Lovelace',
        metadata: { plan: 'pro', seats: '3' },
      },
      secrets: { passwordHash: 'bcrypt' },
    })
    expect(valuesOf('membership', 'ext-0@acme')).toEqual({
      before: null,
      after: { roles: ['admin', 'billing'] },
      secrets: {},
    })
    expect(valuesOf('totp-factor', 'ext-0')?.secrets).toEqual({ totpSecret: null })
  })

  test('is shown by field with --full, and in a sample as far as it fits one line', async () => {
    const { plan } = await actionsOf(await createWorld(rows, { roles }))
    expect(asText(plan, { full: true })).toContain(
      `  + user:ext-0  person0@example.com
      email           person0@example.com
      emailVerified   true
      externalId      ext-0
      firstName       First0
      lastName        Lovelace
      metadata.plan   pro
      metadata.seats  3
      passwordHash    (secret, bcrypt)
`,
    )
    expect(asText(plan, { full: true })).toMatch(/\+ membership:ext-0@acme\n {6}roles {2}admin, billing\n/)
    const sample = asText(plan)
    expect(sample).toMatch(
      /\+ user:ext-0 {2}person0@example\.com\n {6}emailVerified true, firstName First0, lastName Lovelace, .*\n/,
    )
    for (const line of sample.split('\n').filter((one) => one.startsWith('      ')))
      expect(line.length).toBeLessThanOrEqual(80)
    expect(sample).toMatch(/\+ membership:ext-0@acme\n {6}roles admin, billing\n/)
    expect(sample).toMatch(/\+ membership:ext-1@acme\n(?! {6})/)
  })

  test('shows no secret in any form', async () => {
    const { plan } = await actionsOf(await createWorld(rows, { roles }))
    for (const text of [asText(plan), asText(plan, { full: true }), JSON.stringify(asJson(plan))]) {
      expect(text).not.toContain(HASH.slice(7, 40))
      expect(text).not.toContain(SECRET)
    }
  })
})

describe('a changed resource', () => {
  test('has both sides of each field, and of each member of metadata', async () => {
    const world = await createWorld(rows, { roles })
    await world.apply(await world.plan())
    world.rows(
      rows.map((row, n) =>
        n === 0 ? { ...row, first_name: 'Grace', metadata: '{"plan":"free","a.b":"new"}', role_slugs: 'admin' } : row,
      ),
    )
    const { plan, valuesOf } = await actionsOf(world)
    expect(valuesOf('user', 'ext-0')).toEqual({
      before: { firstName: 'First0', metadata: { plan: 'pro', seats: '3', 'a.b': null } },
      after: { firstName: 'Grace', metadata: { plan: 'free', seats: null, 'a.b': 'new' } },
      secrets: {},
    })
    expect(valuesOf('membership', 'ext-0@acme')).toEqual({
      before: { roles: ['admin', 'billing'] },
      after: { roles: ['admin'] },
      secrets: {},
    })
    const text = asText(plan, { full: true })
    expect(text).toContain('      metadata.seats: "3" → removed\n')
    expect(text).toContain('      metadata.plan: "pro" → "free"\n')
  })

  test('shows only the type of a password', async () => {
    const world = await createWorld(rows, { roles, passwords: { onChange: 'send' } })
    await world.apply(await world.plan())
    world.rows(rows.map((row, n) => (n === 0 ? { ...row, password_hash: `${HASH.slice(0, -1)}e` } : row)))
    const { plan, valuesOf } = await actionsOf(world)
    expect(valuesOf('user', 'ext-0')).toEqual({ before: {}, after: {}, secrets: { passwordHash: 'bcrypt' } })
    expect(asText(plan)).toContain('passwordHash: (secret, bcrypt) changed')
  })
})

test('a deleted resource has the values of the state', async () => {
  const world = await createWorld(rows, { roles, prune: ['user'] })
  await world.apply(await world.plan())
  world.rows(rows.slice(0, 1))
  await world.manifest({ roles, prune: ['user'], safety: { maxDeletes: 10 } })
  const { valuesOf } = await actionsOf(world)
  expect(valuesOf('user', 'ext-1')).toMatchObject({
    before: { email: 'person1@example.com', lastName: 'Lovelace' },
    after: null,
    secrets: {},
  })
})

test('a password in clear is only named', () => {
  expect(
    describeSecrets({ password: 'hunter2', passwordHash: { type: 'argon2', hash: 'x' }, totpSecret: { secret: 'x' } }),
  ).toEqual({
    password: 'in clear',
    passwordHash: 'argon2',
    totpSecret: null,
  })
})
