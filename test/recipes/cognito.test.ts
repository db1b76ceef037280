import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'

test(tried('Cognito', 'list-users (JSON) and groups', 'identities as a JSON text, disabled users'), async () => {
  const found = await migrate('examples/cognito')
  expect(found.people).toMatchObject({
    'ada@example.com': { name: 'Ada Ampersand', verified: true, metadata: { phone: '+15550100001', plan: 'pro' } },
    // A user with a password and with Google: the address is verified if either record says so.
    'bjorn@example.com': { name: 'Björn Beispiel', verified: true, metadata: { providers: 'Google' } },
    'chloe@example.com': {
      name: 'Chloé Comma',
      verified: false,
      metadata: { providers: 'acme-saml', username: 'acme-saml_chloe@example.com' },
    },
    'dmitri@example.com': { verified: true, metadata: { plan: 'free' } },
    'elif@example.com': { name: '', verified: false },
  })
  expect(Object.values(found.people).map(({ password }) => password)).toEqual([null, null, null, null, null])
  expect(found.organizations).toMatchObject([{ name: 'Acme Anvils', externalId: 'acme' }])
  expect(found.roles).toEqual(['admin', 'support'])
  expect(found.memberships).toEqual([
    'ada@example.com in Acme Anvils: admin,support',
    'bjorn@example.com in Acme Anvils: support',
    'chloe@example.com in Acme Anvils: member',
    'dmitri@example.com in Acme Anvils: member',
    'elif@example.com in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ leftOut: 1, notes: [] })
  expect(found.rejects).toEqual([
    'record unmatched_row ./groups.ndjson:5',
    'user email_missing ./users.json:198',
    'membership user_rejected ./users.json:198',
  ])
})
