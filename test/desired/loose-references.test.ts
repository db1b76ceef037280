import { expect, test } from 'vitest'
import { looseIn } from '../../src/mapping/loose-references.ts'
import { assembled, type RecordPart } from './assembled.ts'

const GROUPED = ['ada', 'bea', 'cleo', 'dora']
const PLACES = ['acme', 'bolt', 'core']

/** Numbers from 0 to below `n`, the same in every run. */
function numbers(seed: number): (n: number) => number {
  let state = seed * 2654435761 + 1
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % n
  }
}

/** Records that share keys and addresses, and do not always describe what they refer to. */
function recordsOf(seed: number): RecordPart[] {
  const next = numbers(seed)
  const one = (names: readonly string[]) => names[next(names.length)] ?? ''
  return Array.from({ length: 2 + next(5) }, () => {
    const [user, organization] = [one(GROUPED), one(PLACES)]
    const email = `${next(12) > 0 ? user : one(GROUPED)}@example.com`
    return {
      users: next(12) === 0 ? [] : [{ key: user, email, group: email }],
      organizations: next(12) === 0 ? [] : [{ key: organization, name: next(4) === 0 ? one(PLACES) : organization }],
      memberships: [{ user, organization }],
      rejects: next(12) === 0 ? [{ kind: 'user', key: user }] : [],
    }
  })
}

const links = `SELECT refs ->> '$.user' AS user, refs ->> '$.organization' AS organization FROM desired WHERE kind = 'membership'`
const missing = `SELECT * FROM (${links}) WHERE user NOT IN (SELECT key FROM desired WHERE kind = 'user')
  OR organization NOT IN (SELECT key FROM desired WHERE kind = 'organization')`

test('no desired resource refers to something that is not desired, in whichever chunk that was', async () => {
  let unchecked = 0
  for (let seed = 0; seed < 300; seed += 1) {
    const records = recordsOf(seed)
    const positions = records.map((_, index) => index)
    const chunks = seed % 2 ? [positions] : [positions.slice(0, 2), positions.slice(2)]
    const { rundb } = await assembled(records, {}, chunks)
    expect(rundb.statement(missing).all(), `seed ${seed}`).toEqual([])
    const checked = "SELECT EXISTS (SELECT 1 FROM loose WHERE kind = 'membership') OR EXISTS (SELECT 1 FROM rejects)"
    if (rundb.count(checked) === 0) unchecked += 1
  }
  expect(unchecked).toBeGreaterThan(20)
})

test('a role is loose if a draft refers to something that its chunk does not describe', () => {
  const draft = (kind: string, key: string, refs: Record<string, string> = {}) => {
    const origin = { file: 'users.csv', line: 1 }
    return { seq: 1, kind, key, group: null, refs, attributes: '{}', secrets: null, origin }
  }
  const ada = draft('user', 'ada')
  const member = draft('membership', 'ada@acme', { user: 'ada', organization: 'acme' })
  expect(looseIn([ada, draft('organization', 'acme'), member], [])).toEqual([])
  // The key of another kind does not count.
  const role = { kind: 'membership', role: 'organization' }
  expect(looseIn([ada, draft('user', 'acme'), member], [])).toEqual([role])
  expect(looseIn([ada, member], [role])).toEqual([])
  expect(looseIn([draft('invitation', 'i')], [])).toEqual([])
})
