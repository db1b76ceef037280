import { expect, test } from 'vitest'
import { WHOLE } from '../whole.ts'
import { showTenant } from './tenant/show.ts'

/** `npm run show:auth0` shows the same with ten times as many, in every run of the whole suite. */
const SIZE = {
  users: 2500,
  organizations: 40,
  withoutOrganization: 300,
  largest: 1200,
  secondAccounts: 50,
  withoutEmail: 20,
}

test.runIf(WHOLE)(
  'a tenant is exported, planned and applied exactly, despite five kills',
  async () => {
    const shown = await showTenant({ size: SIZE })
    const { expected, withoutEmail, blocked, merged } = shown.truth
    expect(shown.signals).toEqual(Array(5).fill('SIGKILL'))
    // Five of the fifty who have two accounts are blocked in one of them.
    expect([withoutEmail.length, blocked.length, merged]).toEqual([20, 221, 45])
    expect(expected.users.size).toBe(2500 - 20 - 221 - 45)
    expect(shown.comparison).toEqual({
      survived: expected.users.size + expected.organizations.size + expected.memberships.size + expected.roles.length,
      lost: [],
      duplicated: [],
    })
    expect(shown.wrongNames).toEqual([])
    // Users without an email address are rejected by name, as many as the manifest accepts.
    expect(shown.exits).toEqual({ export: 0, apply: 0, plan: 0 })
    expect(shown.planned).toMatchObject({ changes: false })
    expect(shown.asked).toMatchObject({ 'POST /api/v2/jobs/users-exports': 1, 'GET /exports/:job/:file': 1 })
    // Of the twenty read before the kill, only those in flight or being written.
    expect(shown.askedTwice).toBeLessThanOrEqual(10)
    expect(shown.askedLater).toBe(0)
    expect(shown.writtenLater).toBe(0)
  },
  180_000,
)
