import { describe, expect, test } from 'vitest'
import type { ValueRules } from '../../src/kinds/draft.ts'
import { membership } from '../../src/kinds/membership/membership.ts'
import { role } from '../../src/kinds/role/role.ts'
import { rolesDefined } from '../../src/kinds/role/role-definition.ts'
import type { DesiredResource } from '../../src/resource.ts'
import { ApiRefusal } from '../../src/workos/api.ts'
import { collect, type Live, live, only } from './live.ts'
import { RULES } from './rules.ts'

function desired(fields: Record<string, unknown>, rules: ValueRules = RULES): DesiredResource {
  const result = membership.normalise(fields, rules)
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  const { key, attributes, secrets, refs } = result.value
  return { kind: 'membership', key, attributes, secrets, refs }
}

async function people(api: Live): Promise<{ user: string; organization: string }> {
  const user = await api.write({ method: 'POST', path: '/user_management/users', body: { email: 'a@example.com' } })
  const organization = await api.write({ method: 'POST', path: '/organizations', body: { name: 'Acme' } })
  return { user: String(user.id), organization: String(organization.id) }
}

describe('the fields of a membership', () => {
  test('roles are mapped, each once, in the order of their characters', () => {
    const rules: ValueRules = {
      ...RULES,
      roles: { define: {}, map: { 'org:admin': 'admin', owner: 'admin', 'org:member': 'member' }, unmapped: 'drop' },
    }
    const result = membership.normalise(
      { user: 'u', organization: 'o', roles: 'org:member,owner,guest,org:admin' },
      rules,
    )
    expect(result).toEqual({
      ok: true,
      value: {
        key: 'u@o',
        attributes: { roles: ['admin', 'member'] },
        secrets: null,
        refs: { user: 'u', organization: 'o' },
        notes: [{ code: 'role_dropped', detail: 'guest' }],
      },
    })
  })

  test('without roles, roles are not managed', () => {
    expect(desired({ user: 'u', organization: 'o', roles: '' }).attributes).toEqual({})
  })

  test.each([
    [{ user: 'u' }, 'membership_incomplete', null],
    [{ organization: 'o' }, 'membership_incomplete', null],
    [{ user: 'u', organization: 'o', roles: 'Admin' }, 'invalid_role_slug', 'u@o'],
    [{ user: 'u', organization: ['o'] }, 'not_text', null],
  ])('%j is rejected: %s', (fields, code, key) => {
    const result = membership.normalise(fields, RULES)
    expect(result).toMatchObject({ ok: false, key })
    expect(!result.ok && result.problems.map((problem) => problem.code)).toEqual([code])
  })

  test('its key follows from its references', () => {
    expect(membership.keyFromRefs?.({ user: 'u2', organization: 'o' })).toBe('u2@o')
    expect(membership.naturalKey(desired({ user: 'u', organization: 'o' }), { user: 'user_1' })).toBeNull()
  })
})

describe('memberships and roles in WorkOS', () => {
  test('one role is sent as role_slug, several as role_slugs, none as neither', () => {
    const refIds = { user: 'user_1', organization: 'org_1' }
    const body = (roles?: string) => membership.create(desired({ user: 'u', organization: 'o', roles }), refIds).body
    const base = { user_id: 'user_1', organization_id: 'org_1' }
    expect(body('admin')).toEqual({ ...base, role_slug: 'admin' })
    expect(body('admin,member')).toEqual({ ...base, role_slugs: ['admin', 'member'] })
    expect(body()).toEqual(base)
    expect(() => membership.create(desired({ user: 'u', organization: 'o' }), { user: 'user_1' })).toThrow(TypeError)
  })

  test('a membership is created, found in any status, updated and listed', async () => {
    const api = await live()
    for (const wanted of rolesDefined({ roles: { define: { admin: { name: 'Admin' } }, unmapped: 'error' } })) {
      await api.write(role.create(wanted, {}))
    }
    const refIds = await people(api)
    const wanted = desired({ user: 'u', organization: 'o', roles: 'admin' })
    expect(await membership.find(api, wanted, refIds)).toBeUndefined()

    const created = membership.parse(await api.write(membership.create(wanted, refIds)), {})
    expect(created).toMatchObject({
      naturalKey: membership.naturalKey(wanted, refIds),
      attributes: { roles: ['admin'], status: 'active' },
    })

    const again = await api.write(membership.create(wanted, refIds)).catch((error) => error)
    expect(again).toBeInstanceOf(ApiRefusal)
    expect(membership.exists(again.codes, again.status)).toBe(true)
    expect(membership.exists(['invalid_role'], 422)).toBe(false)

    await api.write({ method: 'PUT', path: `/user_management/organization_memberships/${created.id}/deactivate` })
    expect((await membership.find(api, wanted, refIds))?.attributes.status).toBe('inactive')

    const changes = { roles: ['member'] }
    const updated = membership.parse(await api.write(only(membership.update(created.id, changes, wanted))), {})
    expect(updated.attributes.roles).toEqual(['member'])

    const listed = await collect(membership.list(api, [refIds.organization]))
    expect(listed.flat().map(({ id }) => id)).toEqual([created.id])
  })

  test('a role is created once, found and listed, and never removed', async () => {
    const api = await live()
    const [wanted] = rolesDefined({
      roles: { define: { editor: { name: 'Editor', description: 'May edit' } }, unmapped: 'error' },
    })
    if (wanted === undefined) throw new Error('no role')
    expect(await role.find(api, wanted, {})).toBeUndefined()
    const created = role.parse(await api.write(role.create(wanted, {})), {})
    expect(created).toEqual({
      id: 'editor',
      externalId: null,
      naturalKey: 'editor',
      attributes: { name: 'Editor', description: 'May edit', permissions: [] },
    })
    expect(await role.find(api, wanted, {})).toEqual(created)
    const refusal = await api.write(role.create(wanted, {})).catch((error) => error)
    expect(role.exists(refusal.codes, refusal.status)).toBe(true)
    const listed = (await collect(role.list(api, []))).flat()
    expect(listed.map(({ id }) => id).sort()).toEqual(['editor', 'member'])
    expect(role.remove('editor')).toBeUndefined()
  })

  test('a role that WorkOS would reject is rejected in the manifest', () => {
    const define = { Admin: { name: 'Admin' }, ok: { name: 'x'.repeat(49) } }
    expect(() => rolesDefined({ roles: { define: { Admin: define.Admin }, unmapped: 'error' } })).toThrow(/"Admin"/)
    expect(() => rolesDefined({ roles: { define: { ok: define.ok }, unmapped: 'error' } })).toThrow(/49 characters/)
  })
})
