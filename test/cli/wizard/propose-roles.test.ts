import { expect, test } from 'vitest'
import type { Answers } from '../../../src/cli/wizard/answers.ts'
import { proposeRoles } from '../../../src/cli/wizard/propose-manifest.ts'
import type { Inspection } from '../../../src/inspecting/inspection.ts'

const ANSWERS: Answers = {
  origin: 'auth0',
  files: {},
  organize: 'source',
  target: 'sandbox',
  sides: [],
  unused: [],
  environments: [],
  name: 'x',
}

function found(...roles: string[]): Inspection {
  return {
    type: 'auth0',
    complete: true,
    records: 1,
    streams: [],
    writtenNulls: [],
    people: {
      records: 1,
      email: {
        with: 1,
        without: 0,
        invalid: 0,
        confusable: 0,
        distinct: 1,
        duplicated: 0,
        extraRecords: 0,
        lookalikes: 0,
        unverified: null,
      },
      passwords: { formats: [], without: 1, moreFormats: 0 },
      totp: 0,
      organizations: null,
      roles: roles.map((role) => ({ role, at: 'membership', count: 1 })),
      moreRoles: 0,
    },
  }
}

test.each([
  [['Admin', 'Admin!', 'ADMIN'], { Admin: 'admin', 'Admin!': 'admin-2', ADMIN: 'admin-3' }],
  [['Admin!', 'admin'], { 'Admin!': 'admin-2' }],
  [['Billing Admin', 'Billing Admin'], { 'Billing Admin': 'billing-admin' }],
])('roles %j stay separate', (roles, map) => {
  const proposed = proposeRoles(ANSWERS, found(...roles))
  expect(proposed.map).toEqual(map)
  const slugs = new Set(roles.map((role) => proposed.map[role] ?? role))
  expect(slugs.size).toBe(new Set(roles).size)
  expect(Object.keys(proposed.define).sort()).toEqual([...slugs].sort())
})
