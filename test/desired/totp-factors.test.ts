import { expect, test } from 'vitest'
import type { DesiredSet } from '../../src/desired/desired-set.ts'
import { canonicalJson } from '../../src/json.ts'
import { gatheringUsers } from '../../src/kinds/user/gather.ts'
import { unsupportedTotp, unsupportedTotpCounts } from '../../src/kinds/user/totp-factor.ts'
import { surveyValues } from '../../src/planning/survey.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { manifestWith } from '../mapping/manifest.ts'
import { assembled } from './assembled.ts'

const HASH = { hash: `$2b$10$${'x'.repeat(53)}`, type: 'bcrypt' }
const user = (key: string, secrets?: object) => ({
  key,
  email: `${key}@example.com`,
  ...(secrets !== undefined && { secrets: JSON.parse(JSON.stringify(secrets)) }),
})
const note = (key: string) => ({ kind: 'user', key, code: 'totp_unsupported' })
const rows = ({ rundb }: DesiredSet, kind: string) =>
  rundb.statement('SELECT key, refs, attributes, secrets, records FROM desired WHERE kind = ? ORDER BY key').all(kind)

test('a secret becomes a factor with the key of its user, and is removed from the user', async () => {
  const set = await assembled(
    [
      {
        users: [user('ada', { totpSecret: { secret: 'AAAA', issuer: 'Acmé "A"', account: 'a' }, passwordHash: HASH })],
      },
      { users: [user('bea', { totpSecret: { secret: 'BBBB' } })] },
      { users: [user('cleo', { passwordHash: HASH })] },
      { users: [user('dora')] },
    ],
    { totp: { encoding: 'auto', unsupported: 'skip', issuer: 'Everybody' } },
  )
  expect(rows(set, 'totp-factor').map((row) => ({ ...row }))).toEqual([
    {
      key: 'ada',
      refs: '{"user":"ada"}',
      attributes: canonicalJson({ account: 'a', issuer: 'Acmé "A"' }),
      secrets: '{"totpSecret":"AAAA"}',
      records: 0,
    },
    {
      key: 'bea',
      refs: '{"user":"bea"}',
      attributes: canonicalJson({ account: 'bea@example.com', issuer: 'Everybody' }),
      secrets: '{"totpSecret":"BBBB"}',
      records: 0,
    },
  ])
  const secrets = rows(set, 'user').map((row) => row.secrets)
  expect(secrets).toEqual([canonicalJson({ passwordHash: HASH }), null, canonicalJson({ passwordHash: HASH }), null])
  createPlanTables(set.rundb)
  const scope = { scoped: false, manifest: manifestWith({}) }
  const found = surveyValues(set.rundb, scope, () => false).gathered.get('user')
  expect(found && gatheringUsers.summary(set.rundb, found)).toMatchObject({ passwords: { kept: 2, none: 2 } })
  expect(set.accounting.kinds.map(({ kind }) => kind)).not.toContain('totp-factor')
  expect(set.origin('totp-factor', 'bea')).toBe('users.csv:3')
})

test('without an issuer there is no factor', async () => {
  const set = await assembled([{ users: [user('ada', { totpSecret: { secret: 'AAAA' } })] }])
  expect(rows(set, 'totp-factor')[0]?.attributes).toBe('{"account":"ada@example.com"}')
})

test('a rejected user has no factor', async () => {
  const set = await assembled([
    { users: [user('ada', { totpSecret: { secret: 'AAAA' } })] },
    { users: [{ ...user('ada', { totpSecret: { secret: 'BBBB' } }), email: 'other@example.com' }] },
  ])
  expect(rows(set, 'totp-factor')).toMatchObject([{ key: 'ada', secrets: '{"totpSecret":"AAAA"}' }])
})

test('users left without a factor are listed once, by the first reason, under the key they merged into', async () => {
  const set = await assembled([
    { users: [user('ada')], notes: [note('ada')] },
    { users: [{ ...user('ada2'), email: 'ada@example.com' }], notes: [note('ada2')] },
    { users: [user('bea')], notes: [note('bea')] },
    { users: [{ ...user('bea2', { totpSecret: { secret: 'BBBB' } }), email: 'bea@example.com' }] },
    { users: [{ ...user('cleo'), email: 'ada@example.com' }], notes: [] },
  ])
  expect([...unsupportedTotp(set)]).toEqual([
    { key: 'ada', email: 'ada@example.com', reason: 'x', origin: 'users.csv:2' },
  ])
  expect(unsupportedTotpCounts(set)).toEqual([{ reason: 'x', count: 1 }])
  expect(set.noteCounts()).toEqual([])
  expect([...unsupportedTotp(set, 0)]).toEqual([])
})
