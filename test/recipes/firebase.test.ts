import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command, folderOf } from '../cli/harness.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { tried } from '../tried.ts'
import { migrate } from './example.ts'
import { expectPasswords, type Known } from './passwords.ts'

const PROJECT =
  '$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA'

/**
 * The first is the example that Firebase published with its algorithm; the last is in URL-safe
 * Base64.
 */
const PASSWORDS: readonly Known[] = [
  [
    'ada@acme.example',
    'user1password',
    `${PROJECT}$42xEC+ixf3L2lw$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ`,
  ],
  [
    'chloe.comma@borealis.example',
    'comma-and-comma',
    `${PROJECT}$YYkz0TpJdYq9gg$y34ZDujVFfzK3/v2YWIxNxer11StCCQVlNmPzXMmW9N+dMlxhtbSLbFGyiXASDeGI8SjW5DYJp8OLH5qG6E9iA`,
  ],
  [
    'dmitri@gmail.com',
    'dummy-but-long',
    `${PROJECT}$D8q5xQBdcLaKJA$rAsO51/TAVgLP1tJv0x/bFnYWbutrJzRtgxpOJHDMZaruAl+MR3xCRTMJ1opZshVyXj/6peCIIuX3J67c02Q/Q`,
  ],
]

const LEFT_OUT = 2 // a disabled account and an anonymous one

test(
  tried(
    'Firebase',
    'users.json of auth:export',
    'hash parameters of the project, disabled users, custom claims as a JSON text',
  ),
  async () => {
    const found = await migrate('examples/firebase')
    expectPasswords(found, PASSWORDS)
    expect(found.people).toEqual({
      'ada@acme.example': {
        name: 'Ada Ampersand',
        verified: true,
        externalId: 'L9wGX1lPiDee3HngMSLVkLNo16LT',
        metadata: { role: 'admin', tenant: 'acme', tenantName: 'Acme Anvils' },
        password: 'firebase-scrypt',
      },
      'bjorn@acme.example': {
        name: 'Björn Beispiel',
        verified: true,
        externalId: 'XwiUEEVeLcbnT1AEKM9biARPWQdC',
        metadata: { providers: 'google.com', role: 'member', tenant: 'acme', tenantName: 'Acme Anvils' },
        password: null,
      },
      'chloe.comma@borealis.example': {
        name: 'Chloé Comma',
        verified: false,
        externalId: '0WgKeJxNnPWUJrlwjUGUuiFjJQCK',
        metadata: {
          plan: '{"name":"pro","seats":"12345678901234567890"}',
          providers: 'google.com,github.com',
          role: 'admin',
          tenant: 'borealis',
          tenantName: 'Borealis Outfitters',
        },
        password: 'firebase-scrypt',
      },
      'dmitri@gmail.com': {
        name: 'Dmitri',
        verified: true,
        externalId: 'rjLZmPnEZB1sCotZ92QvxGwgu1kn',
        metadata: { phone: '+15550100004' },
        password: 'firebase-scrypt',
      },
    })
    expect(found).toMatchObject({ organizations: [], memberships: [], notes: [], leftOut: LEFT_OUT })
    expect(found.rejects).toEqual(['user email_missing ./users.json:87'])
  },
)

test('organizations by email domain exclude public providers and unverified addresses', async () => {
  const found = await migrate('examples/organization-per-domain')
  expect(Object.keys(found.people)).toHaveLength(4)
  expect(found.organizations).toEqual([
    { name: 'acme.example', externalId: 'domain:acme.example', metadata: {}, domains: [] },
  ])
  expect(found.memberships).toEqual([
    'ada@acme.example in acme.example: member',
    'bjorn@acme.example in acme.example: member',
  ])
  expect(found).toMatchObject({ leftOut: LEFT_OUT, rejects: ['user email_missing ../firebase/users.json:87'] })
})

test(tried('Firebase', 'users.json of auth:export', 'organizations and roles in custom claims'), async () => {
  const found = await migrate('examples/organization-from-metadata')
  expect(found.organizations).toEqual([
    { name: 'Acme Anvils', externalId: 'acme', metadata: {}, domains: [] },
    { name: 'Borealis Outfitters', externalId: 'borealis', metadata: {}, domains: [] },
  ])
  expect(found.memberships).toEqual([
    'ada@acme.example in Acme Anvils: admin',
    'bjorn@acme.example in Acme Anvils: member',
    'chloe.comma@borealis.example in Borealis Outfitters: admin',
  ])
  expect(found).toMatchObject({ leftOut: LEFT_OUT, rejects: ['user email_missing ../firebase/users.json:87'] })
})

test(tried('Firebase', 'users.csv of auth:export', 'no header, 26 and more columns'), async () => {
  const guide = readFileSync(fileURLToPath(new URL('../../docs/how-to/sources/firebase.md', import.meta.url)), 'utf8')
  const [, source] = guide.match(/```yaml\n(source:\n[^`]*columns:[^`]*)```/) ?? []
  const users = [
    'u1,ada@example.com,true,sKaRSOoKz8s4IdEDWM+8A+ls9KXALW4TfRk4gqaCeMNxBxcwFyxhpAfL4KYpC4mzXnbDtq8G3qA3uESUC70poA==,42xEC+ixf3L2lw==,"Ampersand, Ada",,1001,ada@example.com,Ada,,,,,,,,,,,,,,1700086400000,1707776000000,,,"{""plan"":""pro""}",',
    'u2,bjorn@example.com,false,,,Björn,,,,,,,,,,,,,,,,,,1700086400000,,+15550100002,false,,',
    'u3,elif@example.com,true,,,,,,,,,,,,,,,,,,,,,1700086400000,,,true,,',
  ]
  const cwd = folderOf({
    'users.csv': `${users.join('\n')}\n`,
    'migrate.config.yaml': `extends: firebase\n${source}secrets: { firebaseSignerKey: "\${KEY:-${FIREBASE.signerKey}}" }\ntarget: { type: sandbox }\n`,
  })
  const { code, stdout, stderr } = await command(['plan', '--full'], { cwd })
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('users (./users.csv)  3  = 2 mapped  + 1 left out\n')
  expect(stdout).toMatch(/^ {2}users: 1 left out by map\.user\.when \(recipes\/firebase\.yaml:\d+\)$/m)
  expect(stdout).toContain('+ user:u1  ada@example.com')
  expect(stdout).toContain('+ user:u2  bjorn@example.com')
})
