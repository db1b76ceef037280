import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(
  tried(
    'Tools for migrating to WorkOS',
    'package of the official tool (folder)',
    'a user in two organizations, a blocked user',
  ),
  async () => {
    const found = await migrate('examples/workos-package')
    expect(found.people).toMatchObject({
      'ada@example.com': {
        name: 'Ada Ampersand',
        verified: true,
        externalId: 'auth0|ada',
        metadata: { plan: 'pro' },
        password: 'bcrypt',
      },
      'bjorn@example.com': { verified: false, metadata: {}, password: null },
    })
    expect(Object.keys(found.people)).toHaveLength(2)
    expect(found.organizations).toMatchObject([
      { name: 'Acme Anvils', externalId: 'org_acme', metadata: { tier: 'gold' }, domains: ['acme.example'] },
      { name: 'Bolt & Sons', metadata: {} },
      { name: 'Nobody Here Yet' },
    ])
    expect(found.roles).toEqual(['admin', 'billing'])
    expect(found.memberships).toEqual([
      'ada@example.com in Acme Anvils: admin',
      'ada@example.com in Bolt & Sons: billing',
      'bjorn@example.com in Bolt & Sons: member',
    ])
    expect(found.factors).toEqual(['ada@example.com'])
    expect(found.rejects).toEqual([])
  },
)
