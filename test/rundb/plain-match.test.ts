import { expect, onTestFinished, test } from 'vitest'
import { kindDefinition } from '../../src/kinds/registry.ts'
import type { Attributes } from '../../src/resource.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { createVerifyTables } from '../../src/rundb/findings.ts'
import { insertKnown } from '../../src/rundb/known.ts'
import { addUnlikeInState } from '../../src/rundb/plain-match.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { plainMatchOf } from '../../src/verifying/verify-kind.ts'

const REFS = { user: 'u', organization: 'o' }

const CASES: [string, string, Attributes, Attributes | undefined, Record<string, string>, boolean][] = [
  ['user', 'with the values of the state', { email: 'a@b.com' }, { email: 'a@b.com' }, {}, false],
  ['user', 'with another value', { email: 'a@b.com' }, { email: 'c@b.com' }, {}, true],
  ['user', 'that is not in the state', { email: 'a@b.com' }, undefined, {}, true],
  ['user', 'without values', {}, { email: 'a@b.com' }, {}, true],
  ['membership', 'without roles', {}, { roles: ['member'] }, REFS, false],
  ['membership', 'without roles and with other references', {}, { roles: ['member'] }, { ...REFS, user: 'v' }, true],
  ['membership', 'without roles but an external ID in the state', {}, { externalId: 'x' }, REFS, true],
]

test.each(CASES)('a desired %s %s', (kind, _, desired, known, refs, isUnlike) => {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  createPlanTables(rundb)
  createVerifyTables(rundb)
  const own = kind === 'membership' ? REFS : {}
  const row = { kind, key: 'k', refs: own, attributes: desired, secrets: null, seq: 1, place: null, records: 1 }
  insertDesired(rundb, row)
  if (known !== undefined) {
    insertKnown(rundb, kind, [
      { key: 'k', id: 'x', attributes: known, digests: {}, refs, ownership: 'created', run: 1 },
    ])
  }
  const match = plainMatchOf(kindDefinition(kind))
  if (match === undefined) throw new Error(`SQL cannot match ${kind}`)
  addUnlikeInState(rundb, match)
  expect(rundb.count('SELECT count(*) FROM unlike')).toBe(isUnlike ? 1 : 0)
})
