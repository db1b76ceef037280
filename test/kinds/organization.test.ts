import { describe, expect, test } from 'vitest'
import { organization } from '../../src/kinds/organization/organization.ts'
import type { DesiredResource } from '../../src/resource.ts'
import { ApiRefusal } from '../../src/workos/api.ts'
import { live, only } from './live.ts'
import { RULES } from './rules.ts'

function desired(
  fields: Record<string, unknown>,
  organizations: Partial<typeof RULES.organizations> = {},
): DesiredResource {
  const result = organization.normalise(fields, {
    ...RULES,
    organizations: { ...RULES.organizations, ...organizations },
  })
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  const { key, attributes, secrets, refs } = result.value
  return { kind: 'organization', key, attributes, secrets, refs }
}

describe('the fields of an organization', () => {
  test('the key is the mapped one, else the ID, else the external ID, else the name', () => {
    expect(desired({ key: 'k', externalId: 'acme' }).key).toBe('k')
    expect(desired({ id: 'org_01ABC', name: 'Acme' }).key).toBe('org_01ABC')
    expect(desired({ externalId: 'acme', name: 'Acme' }).key).toBe('acme')
    expect(desired({ name: ' Acme ' }).key).toBe('name:Acme')
  })

  test('an organization with only a name gets an external ID that depends only on the name', () => {
    const first = desired({ name: 'Acme Corp' }).attributes
    expect(first.externalId).toMatch(/^acme-corp-[0-9a-f]{12}$/)
    expect(desired({ name: 'Acme Corp', metadata: { a: 1 } }).attributes.externalId).toBe(first.externalId)
    expect(desired({ id: 'org_01ABC', name: 'Acme Corp' }).attributes).toEqual({ id: 'org_01ABC', name: 'Acme Corp' })
  })

  test('with a WorkOS ID, an external ID is not sent, and is noted', () => {
    const result = organization.normalise({ id: 'org_01ABC', externalId: 'acme', name: 'Acme' }, RULES)
    expect(result).toMatchObject({
      ok: true,
      value: {
        key: 'org_01ABC',
        attributes: { id: 'org_01ABC' },
        notes: [{ code: 'external_id_beside_id', detail: 'acme' }],
      },
    })
    expect(desired({ id: 'org_01ABC', externalId: 'acme' }).attributes).not.toHaveProperty('externalId')
  })

  test.each([
    [{}, 'organization_unnamed'],
    [{ key: 'k' }, 'organization_unnamed'],
    [{ id: 'acme' }, 'invalid_organization_id'],
    [{ externalId: 'acme', domains: 'gmail.com' }, 'consumer_domain'],
    [{ externalId: 'acme', metadata: '[]' }, 'metadata_not_object'],
  ])('%j is rejected: %s', (fields, code) => {
    const result = organization.normalise(fields, RULES)
    expect(!result.ok && result.problems.map((problem) => problem.code)).toEqual([code])
  })

  test('without a name it cannot be created, and by WorkOS ID it never is', () => {
    expect(organization.whyNotCreatable(desired({ externalId: 'acme' }))).toMatchObject({
      code: 'unknown_organization',
      hint: expect.stringContaining('name'),
    })
    expect(organization.whyNotCreatable(desired({ id: 'org_01ABC', name: 'Acme' }))).toMatchObject({
      code: 'unknown_organization',
      message: expect.stringContaining('org_01ABC'),
    })
    expect(organization.whyNotCreatable(desired({ externalId: 'acme', name: 'Acme' }))).toBeUndefined()
  })
})

describe('organizations in WorkOS', () => {
  test('one is created with pending domains, found, updated and removed', async () => {
    const api = await live()
    const wanted = desired({ externalId: 'a c', name: 'Acme', domains: 'acme.example', metadata: { tier: 'gold' } })
    const request = organization.create(wanted, {})
    expect(request.body?.domain_data).toEqual([{ domain: 'acme.example', state: 'pending' }])
    const created = organization.parse(await api.write(request), {})
    expect(created).toMatchObject({ externalId: 'a c', naturalKey: null, attributes: { domains: ['acme.example'] } })

    expect(await organization.find(api, wanted, {})).toEqual(created)
    expect(api.sent.at(-1)).toBe('GET /organizations/external_id/a%20c')
    expect(await organization.find(api, desired({ id: created.id }), {})).toEqual(created)
    expect(await organization.find(api, desired({ externalId: 'none' }), {})).toBeUndefined()

    const changes = { name: 'Acme Ltd', metadata: { tier: null } }
    await api.write(only(organization.update(created.id, changes, wanted)))
    expect((await organization.get(api, created.id))?.attributes).toMatchObject({ name: 'Acme Ltd', metadata: {} })

    const removal = organization.remove(created.id)
    if (removal) await api.write(removal)
    expect(await organization.get(api, created.id)).toBeUndefined()
  })

  test('domains are created as verified if the manifest allows it', async () => {
    const api = await live()
    const domains = ['acme.example', { domain: 'acme.test', state: 'verified' }]
    const wanted = desired({ externalId: 'acme', name: 'Acme', domains }, { domainState: 'mapped' })
    const answer = await api.write(organization.create(wanted, {}))
    expect(answer.domains).toMatchObject([
      { domain: 'acme.example', state: 'pending' },
      { domain: 'acme.test', state: 'verified' },
    ])
    const mistrusted = organization.normalise({ externalId: 'acme', name: 'Acme', domains }, RULES)
    expect(mistrusted.ok && mistrusted.value.attributes.verifiedDomains).toBeUndefined()
    expect(mistrusted.ok && mistrusted.value.notes).toEqual([{ code: 'verified_domain_pending', detail: '' }])
  })

  test('a domain of a public email provider is omitted if the manifest allows it, with a note', () => {
    const fields = { externalId: 'acme', name: 'Acme', domains: 'gmail.com' }
    const rules = { ...RULES, organizations: { ...RULES.organizations, consumerDomains: 'drop' as const } }
    const result = organization.normalise(fields, rules)
    expect(result.ok && result.value).toMatchObject({
      attributes: { externalId: 'acme', name: 'Acme' },
      notes: [{ code: 'consumer_domain_dropped', detail: 'gmail.com' }],
    })
    expect(result.ok && result.value.attributes.domains).toBeUndefined()
  })

  test('a taken external ID means that the organization exists', async () => {
    const api = await live()
    await api.write(organization.create(desired({ externalId: 'acme', name: 'Acme' }), {}))
    const again = organization.create(desired({ externalId: 'acme', name: 'Acme 2' }), {})
    const refusal = await api.write(again).catch((error) => error)
    expect(refusal).toBeInstanceOf(ApiRefusal)
    expect(organization.exists(refusal.codes, refusal.status)).toBe(true)
    expect(organization.exists(['invalid_metadata'], 400)).toBe(false)
  })
})
