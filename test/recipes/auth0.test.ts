import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

const PASSWORDS: readonly Known[] = [
  ['ada@acme.example', 'ada-has-auth-zero', '$2b$10$AFWFExMzZT1Gw3SDBHnF8unhPwikYXoh/vxjTeWOheNCxDXdUlokK'],
  ['bjorn@acme.example', 'bjorn-knows-two-ways', '$2b$10$WTT6kD1qgJrL2otjq/GweuMdKI7WcE4TckbbXxJZFOQv89JVIE3pW'],
]

test(
  tried(
    'Auth0',
    'bulk export (NDJSON)',
    'with files of password hashes and MFA secrets, and organizations from app_metadata',
  ),
  async () => {
    const found = await migrate('examples/auth0-export')
    // Someone else set this password under Chloé's address, which they never verified.
    expectPasswords(found, PASSWORDS)
    expect(found.people).toMatchObject({
      'ada@acme.example': { name: 'Ada Ampersand', verified: true, metadata: { username: 'ada' } },
      'bjorn@acme.example': { name: 'Björn Beispiel', metadata: { 'idp_google-oauth2': '100000000000000000002' } },
      'chloe@borealis.example': { verified: true, externalId: 'github|3000003', metadata: { idp_github: '3000003' } },
      'femi@acme.example': { name: 'Femi Foobar', verified: false, metadata: { 'idp_acme-saml': 'femi@acme.example' } },
    })
    expect(Object.keys(found.people)).toHaveLength(4)
    expect(found.organizations.map(({ name, externalId }) => `${externalId} ${name}`)).toEqual([
      'acme Acme Anvils',
      'borealis Borealis Outfitters',
    ])
    expect(found.memberships).toEqual([
      'ada@acme.example in Acme Anvils: admin',
      'bjorn@acme.example in Acme Anvils: member',
      'bjorn@acme.example in Borealis Outfitters: member',
      'chloe@borealis.example in Borealis Outfitters: admin',
      'femi@acme.example in Acme Anvils: member',
    ])
    expect(found.leftOut).toBe(1) // blocked
    expect(found.rejects).toEqual(['record no_such_user ./passwords.ndjson:5', 'user email_missing ./users.ndjson:7'])
    expect(found.notes).toContain('user totp_weak_secret 80 1')
    expect(found.factors).toEqual(['ada@acme.example'])
    expect(found.hasFactor('ada@acme.example', 'JBSWY3DPEHPK3PXP')).toBe(true)
  },
)

test(tried('Auth0', 'dashboard export', 'keys that are the names on the screen'), async () => {
  const found = await migrate('examples/auth0-dashboard')
  expectPasswords(found, [
    ['greta@example.com', 'greta-exported-by-hand', '$2b$10$ollYTxg5vp/jCbY68IgIfuSifuL3HFYNHrxjAcCdo/C8bJTFKDyL6'],
  ])
  expect(found.people).toMatchObject({
    'greta@example.com': { name: 'Greta Glyph', verified: true },
    'hugo@example.com': { name: 'Hugo Hyphen', metadata: { 'idp_google-oauth2': '100000000000000000008' } },
    'ines@example.com': { name: '', verified: false },
  })
  expect(found.memberships).toEqual([
    'greta@example.com in Acme Anvils: member',
    'hugo@example.com in Acme Anvils: member',
    'ines@example.com in Acme Anvils: member',
  ])
  expect(found).toMatchObject({ rejects: [], leftOut: 0 })
})
