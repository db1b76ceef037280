import { describe, expect, test } from 'vitest'
import type { ApplyContext } from '../../src/applying/apply-context.ts'
import { create } from '../../src/applying/create.ts'
import { membership } from '../../src/kinds/membership/membership.ts'
import { role } from '../../src/kinds/role/role.ts'
import { totpFactor } from '../../src/kinds/user/totp-factor.ts'
import { user } from '../../src/kinds/user/user.ts'
import { desiredOf, held, knowing, lost, refusal, type Scripted, type Step, scripted } from './scripted.ts'

const USERS = '/user_management/users'
const ADA = desiredOf('user', 'ada', { attributes: { email: 'ada@example.com', externalId: 'ada' } })
const OURS = { id: 'user_1', email: 'ada@example.com', external_id: 'ada', email_verified: false }

function createAda(rig: Scripted) {
  return create(rig.context, user, { kind: 'user', key: 'ada' }, ADA)
}

describe('a user', () => {
  test('is created: intent, request, state', async () => {
    const rig = scripted([[`POST ${USERS}`, OURS]])
    expect(await createAda(rig)).toMatchObject({ type: 'created', resource: { id: 'user_1', ownership: 'created' } })
    expect(rig.log).toEqual(['intend create user:ada', `POST ${USERS}`, 'saved user:ada'])
    expect(rig.context.answered.size).toBe(0)
  })

  test('with a sparse response is not judged by missing fields', async () => {
    const attributes = { ...ADA.attributes, lastName: 'Lovelace', metadata: { plan: 'pro' }, emailVerified: true }
    const rig = scripted([[`POST ${USERS}`, { id: 'user_1', email: 'ada@example.com' }]])
    const outcome = await create(rig.context, user, { kind: 'user', key: 'ada' }, { ...ADA, attributes })
    expect(outcome).toMatchObject({ type: 'created', resource: { attributes } })
    expect(outcome).not.toHaveProperty('answered')
  })

  test('with a lost response is found, is ours, and is not sent again', async () => {
    const rig = scripted([
      [`POST ${USERS}`, lost()],
      [`GET ${USERS}/external_id/ada`, OURS],
    ])
    expect(await createAda(rig)).toMatchObject({ type: 'created', resource: { ownership: 'created' } })
    expect(rig.writes).toHaveLength(1)
  })

  test('that someone else created meanwhile and never verified is blocked', async () => {
    const stranger = { ...OURS, external_id: null }
    const rig = scripted([
      [`POST ${USERS}`, lost()],
      [`GET ${USERS}/external_id/ada`, undefined],
      [`GET ${USERS}`, { data: [stranger], list_metadata: { after: null } }],
    ])
    expect(await createAda(rig)).toMatchObject({ type: 'blocked', code: 'unverified_account' })
    expect(rig.log.at(-1)).toBe('cleared user:ada')
  })

  test('that exists is adopted, and its empty fields are filled in', async () => {
    const there = { ...OURS, email_verified: true, external_id: null }
    const rig = scripted(
      [
        [`POST ${USERS}`, refusal(422, 'email_not_available')],
        [`GET ${USERS}/external_id/ada`, undefined],
        [`GET ${USERS}`, { data: [there], list_metadata: { after: null } }],
        [`PUT ${USERS}/user_1`, { ...there, external_id: 'ada' }],
      ],
      { adopting: { mode: 'match', fill: ['externalId'], unverified: 'block' } },
    )
    expect(await createAda(rig)).toMatchObject({ type: 'adopted', resource: { ownership: 'adopted' } })
    expect(rig.writes.at(-1)?.request.body).toEqual({ external_id: 'ada' })
    expect(rig.log.filter((line) => line.startsWith('intend'))).toEqual([
      'intend create user:ada',
      'intend update user:ada',
    ])
  })

  test('that already belongs to another key is a clash', async () => {
    const rig = knowing(
      [held('user', 'other', 'user_1')],
      [
        [`POST ${USERS}`, refusal(422, 'external_id_already_used')],
        [`GET ${USERS}/external_id/ada`, OURS],
      ],
    )
    expect(await createAda(rig)).toMatchObject({ type: 'failed', code: 'identity_clash' })
  })

  test('created by others between plan and write is not adopted with adopt.mode never', async () => {
    const rig = scripted(
      [
        [`POST ${USERS}`, refusal(422, 'email_not_available')],
        [`GET ${USERS}/external_id/ada`, undefined],
        [`GET ${USERS}`, { data: [{ ...OURS, external_id: null }], list_metadata: { after: null } }],
      ],
      { adopting: { mode: 'never', fill: ['externalId'], unverified: 'allow' } },
    )
    expect(await createAda(rig)).toMatchObject({
      type: 'blocked',
      code: 'exists_already',
      message: expect.stringContaining('adopt.mode is never'),
    })
    expect(rig.writes).toHaveLength(1)
    expect(rig.resources.size + rig.intents.size).toBe(0)
  })

  test.each([
    ['another address', { ...OURS, email: 'eve@example.com' }, '(eve@example.com), which is not recorded', []],
    ['another external id', { ...OURS, external_id: 'eve' }, '(external ID eve), which is not recorded', []],
    ['the id of another key', OURS, 'user_1, which is already user:other', [held('user', 'other', 'user_1')]],
  ])('is not recorded if the response has %s: its intent stays open', async (_what, body, words, known) => {
    const rig = knowing(known, [[`POST ${USERS}`, body]])
    const code = known.length > 0 ? 'id_answered_twice' : 'answer_of_another'
    expect(await createAda(rig)).toMatchObject({ type: 'failed', code, message: expect.stringContaining(words) })
    expect([...rig.intents.keys()]).toEqual(['user:ada'])
    expect(rig.resources.has('user:ada')).toBe(false)
  })

  test('is not recorded if two parallel creates return one ID: the second is an error', async () => {
    const rig = scripted([
      [`POST ${USERS}`, OURS],
      [`POST ${USERS}`, { ...OURS, email: 'bea@example.com', external_id: 'bea' }],
    ])
    const bea = desiredOf('user', 'bea', { attributes: { email: 'bea@example.com', externalId: 'bea' } })
    const outcomes = await Promise.all([createAda(rig), create(rig.context, user, { kind: 'user', key: 'bea' }, bea)])
    expect(outcomes).toMatchObject([{ type: 'created' }, { type: 'failed', code: 'id_answered_twice' }])
    expect(outcomes[1]).toMatchObject({ message: expect.stringContaining('user_1, which is already user:ada') })
    expect([...rig.resources.keys()]).toEqual(['user:ada'])
  })

  test('that was deleted before is created with another idempotency key', async () => {
    const first = scripted([[`POST ${USERS}`, OURS]])
    await createAda(first)
    const again = knowing([held('user', 'ada', 'user_0')], [[`POST ${USERS}`, OURS]])
    await createAda(again)
    expect(again.writes[0]?.key).not.toBe(first.writes[0]?.key)
  })
})

const MEMBERSHIPS = '/user_management/organization_memberships'
const REFS = { user: 'ada', organization: 'acme' }
const HOLDERS = [held('user', 'ada', 'user_1'), held('organization', 'acme', 'org_1')]
const FIRST_ROLE: ApplyContext['roles'] = {
  define: {},
  unmapped: 'error',
  notEnabled: 'first',
  priority: ['admin', 'member'],
}

function createMembership(rig: Scripted, key = 'ada@acme') {
  const desired = desiredOf('membership', key, { refs: REFS, attributes: { roles: ['admin', 'member'] } })
  return create(rig.context, membership, { kind: 'membership', key }, desired)
}

function answer(id: string, ...slugs: string[]) {
  const roles = slugs.map((slug) => ({ slug }))
  return { id, user_id: 'user_1', organization_id: 'org_1', status: 'active', roles }
}

describe('a membership', () => {
  test.each([
    ['was never created', [held('user', 'ada', 'user_1')], 'dependency_blocked', 'does not exist'],
    [
      'is gone',
      [HOLDERS[0], held('organization', 'acme', 'org_1', { gone: 3 })],
      'reference_gone',
      'is no longer in WorkOS',
    ],
  ])('whose organization %s is blocked before an intent is written', async (_what, known, code, message) => {
    const rig = knowing(
      known.filter((one) => one !== undefined),
      [],
    )
    const outcome = await createMembership(rig)
    expect(outcome).toMatchObject({ type: 'blocked', code, message: expect.stringContaining(message) })
    expect(rig.log).toEqual([])
  })

  test('gets one role if WorkOS accepts only one, and the run remembers it', async () => {
    const refused: Step = [`POST ${MEMBERSHIPS}`, refusal(422, 'multiple_roles_not_enabled')]
    const rig = knowing(
      HOLDERS,
      [refused, [`POST ${MEMBERSHIPS}`, answer('om_1', 'admin')], [`POST ${MEMBERSHIPS}`, answer('om_2', 'admin')]],
      { roles: FIRST_ROLE },
    )
    expect(await createMembership(rig)).toMatchObject({ type: 'created', reduced: { code: 'role_lost' } })
    rig.resources.delete('membership:ada@acme')
    expect(await createMembership(rig, 'ada@acme')).toMatchObject({ type: 'created', resource: { id: 'om_2' } })
    expect(rig.writes.map(({ request }) => request.body?.role_slug)).toEqual([undefined, 'admin', 'admin'])
  })

  test("is rejected with WorkOS's code if the manifest requires all roles or none", async () => {
    const rig = knowing(HOLDERS, [[`POST ${MEMBERSHIPS}`, refusal(422, 'multiple_roles_not_enabled')]])
    expect(await createMembership(rig)).toMatchObject({ type: 'failed', code: 'multiple_roles_not_enabled' })
    expect(rig.log.at(-1)).toBe('cleared membership:ada@acme')
  })

  test('is not recorded if the response has another user', async () => {
    const rig = knowing(HOLDERS, [[`POST ${MEMBERSHIPS}`, { ...answer('om_1', 'admin'), user_id: 'user_9' }]])
    expect(await createMembership(rig)).toMatchObject({ type: 'failed', code: 'answer_of_another' })
    expect(rig.resources.has('membership:ada@acme')).toBe(false)
  })

  test('that exists with a role of a group is adopted as in planning: nothing is sent', async () => {
    const rig = knowing(
      HOLDERS,
      [
        [`POST ${MEMBERSHIPS}`, refusal(409)],
        [`GET ${MEMBERSHIPS}`, { data: [answer('om_1', 'billing')], list_metadata: { after: null } }],
      ],
      {
        adopting: {
          mode: 'match',
          fill: ['externalId', 'firstName', 'lastName', 'name', 'metadata'],
          unverified: 'block',
        },
      },
    )
    expect(await createMembership(rig)).toMatchObject({
      type: 'adopted',
      resource: { ownership: 'adopted', attributes: { roles: ['admin', 'member'] } },
    })
    expect(rig.writes).toHaveLength(1)
  })

  test('that finds its user deleted marks the user as gone and is blocked', async () => {
    const rig = knowing(HOLDERS, [
      [`POST ${MEMBERSHIPS}`, refusal(404)],
      [`GET ${USERS}/user_1`, undefined],
      ['GET /organizations/org_1', { id: 'org_1', name: 'Acme' }],
    ])
    expect(await createMembership(rig)).toMatchObject({ type: 'blocked', code: 'reference_gone' })
    expect(rig.resources.get('user:ada')?.gone).toBe(rig.context.run)
    expect(rig.intents.size).toBe(0)
  })

  test('that finds all its references reports a missing endpoint', async () => {
    const rig = knowing(HOLDERS, [
      [`POST ${MEMBERSHIPS}`, refusal(404)],
      [`GET ${USERS}/user_1`, OURS],
      ['GET /organizations/org_1', { id: 'org_1', name: 'Acme' }],
    ])
    expect(await createMembership(rig)).toMatchObject({
      type: 'failed',
      code: 'endpoint_missing',
      message: expect.stringContaining('although everything it refers to exists'),
    })
  })
})

describe('a role', () => {
  const ROLES = '/authorization/roles'
  const ADMIN = desiredOf('role', 'admin', { attributes: { name: 'Admin', permissions: ['a:b'] } })
  const action = { kind: 'role', key: 'admin' }

  test('gets its permissions in a separate request, and is in the state before', async () => {
    const body = { id: 'role_1', slug: 'admin', name: 'Admin', permissions: [] }
    const rig = scripted([
      [`POST ${ROLES}`, body],
      [`PUT ${ROLES}/admin/permissions`, { ...body, permissions: ['a:b'] }],
    ])
    expect(await create(rig.context, role, action, ADMIN)).toMatchObject({
      type: 'created',
      resource: { attributes: { permissions: ['a:b'] } },
    })
    expect(rig.log).toEqual([
      'intend create role:admin',
      `POST ${ROLES}`,
      'saved role:admin',
      'intend update role:admin',
      `PUT ${ROLES}/admin/permissions`,
      'saved role:admin',
    ])
  })

  test('whose permissions are rejected is in the state without them: the next plan sees what is missing', async () => {
    const rig = scripted([
      [`POST ${ROLES}`, { id: 'role_1', slug: 'admin', name: 'Admin', permissions: [] }],
      [`PUT ${ROLES}/admin/permissions`, refusal(422, 'permission_not_found')],
    ])
    expect(await create(rig.context, role, action, ADMIN)).toMatchObject({ code: 'permission_not_found' })
    expect(rig.resources.get('role:admin')?.attributes).toEqual({ name: 'Admin' })
  })
})

describe('a TOTP factor', () => {
  const FACTORS = `${USERS}/user_1/auth_factors`
  const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const desired = desiredOf('totp-factor', 'ada', { refs: { user: 'ada' }, secrets: { totpSecret: SECRET } })
  const action = { kind: 'totp-factor', key: 'ada' }
  const factor = { id: 'auth_factor_1', type: 'totp', user_id: 'user_1' }

  test('is first looked up if its user already existed, and left alone', async () => {
    const rig = knowing(
      [held('user', 'ada', 'user_1', { ownership: 'adopted' })],
      [[`GET ${FACTORS}`, { data: [factor], list_metadata: { after: null } }]],
    )
    expect(await create(rig.context, totpFactor, action, desired)).toMatchObject({ type: 'adopted' })
    expect(rig.writes).toEqual([])
  })

  const OTHER = 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU'
  const ENROLLED: Step = [`POST ${FACTORS}`, { authentication_factor: { ...factor, totp: { secret: OTHER } } }]
  const DELETE = 'DELETE /auth/factors/auth_factor_1'
  const READ = 'GET /auth/factors/auth_factor_1'
  const LEFT = 'it could not be deleted again; delete auth_factor_1 in WorkOS'

  test.each<[string, Step[], string]>([
    ['deleted again', [[DELETE, {}]], 'it was deleted again'],
    [
      'looked up where that is not answered: gone',
      [
        [DELETE, lost()],
        [READ, undefined],
      ],
      'it was deleted again',
    ],
    [
      'looked up where that is not answered: still there',
      [
        [DELETE, lost()],
        [READ, factor],
      ],
      LEFT,
    ],
    [
      'reported if that is rejected',
      [
        [DELETE, refusal(403)],
        [READ, factor],
      ],
      LEFT,
    ],
    [
      'named where it cannot even be read',
      [
        [DELETE, refusal(403)],
        [READ, refusal(403)],
      ],
      LEFT,
    ],
  ])('that WorkOS enrolled with another secret is %s', async (_what, steps, words) => {
    const rig = knowing([held('user', 'ada', 'user_1', { run: 7 })], [ENROLLED, ...steps])
    const outcome = await create(rig.context, totpFactor, action, desired)
    expect(outcome).toMatchObject({
      type: 'failed',
      code: 'totp_answered_otherwise',
      message: expect.stringContaining(words),
    })
    expect(JSON.stringify(outcome)).not.toMatch(new RegExp(`${SECRET}|${OTHER}`))
    // The intent of the create covers the deletion: it is closed afterwards, and there is no other.
    expect(rig.log.filter((line) => /^(intend|cleared)/.test(line))).toEqual([
      'intend create totp-factor:ada',
      'cleared totp-factor:ada',
    ])
    expect(rig.log.at(-1)).toBe('cleared totp-factor:ada')
  })

  test('is not withdrawn while the run is interrupted: the intent of the create stays open', async () => {
    const reason = new Error('interrupted')
    const rig = knowing([held('user', 'ada', 'user_1', { run: 7 })], [ENROLLED, [DELETE, reason]])
    await expect(create(rig.context, totpFactor, action, desired)).rejects.toBe(reason)
    expect([...rig.intents.keys()]).toEqual(['totp-factor:ada'])
  })
})
