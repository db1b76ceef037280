import { describe, expect, test } from 'vitest'
import type { ApplyResult } from '../../src/applying/apply-result.ts'
import { renderApplyJson, renderApplyText } from '../../src/reporting/apply.ts'
import { renderFailures } from '../../src/reporting/errors.ts'
import { describeNote } from '../../src/reporting/remarks.ts'
import { remedyFor } from '../../src/reporting/remedies.ts'
import { painter } from '../../src/reporting/style.ts'
import type { Failure } from '../../src/state/store.ts'
import { createWorld, people } from '../planning/world.ts'

const plain = painter(false)

const USERS = {
  kind: 'user',
  plural: 'users',
  desired: 1200,
  created: 1000,
  updated: 100,
  adopted: 50,
  unchanged: 40,
  gone: 0,
  toDelete: 0,
  deleted: 0,
  failed: 6,
  blocked: 3,
  reduced: 0,
  answered: 0,
  pending: 1,
}

const DONE = { ...USERS, failed: 0, blocked: 0, pending: 0 }

const NONE = {
  ...USERS,
  desired: 0,
  created: 0,
  updated: 0,
  adopted: 0,
  unchanged: 0,
  failed: 0,
  blocked: 0,
  reduced: 0,
  pending: 0,
}

const ACCOUNTING = {
  streams: [{ stream: 'users', file: './users.csv', read: 1270, passed: 1267, rejected: 3, role: 'main' as const }],
  records: { mapped: 1207, leftOut: 60, leftOutBy: [], assigned: 0 },
  kinds: [
    { kind: 'user', plural: 'users', yielded: 1207, distinct: 1200, merged: 4, rejected: 3, leftOut: 0 },
    { kind: 'organization', plural: 'organizations', yielded: 0, distinct: 0, merged: 0, rejected: 0, leftOut: 0 },
  ],
}

function result(changed: Partial<ApplyResult> = {}): ApplyResult {
  return {
    run: 3,
    where: { name: 'acme', environment: null, host: 'sandbox', key: null, state: { lineage: null, serial: 0 } },
    warnings: [],
    outcome: 'completed',
    kinds: [USERS, { ...NONE, kind: 'role', plural: 'roles' }],
    requests: { reads: 1, writes: 1160, refused: 0, repeated: 0 },
    rejected: 0,
    leftOut: 0,
    accounting: ACCOUNTING,
    stillReduced: 0,
    stillAnswered: 0,
    purpose: 'apply',
    ...changed,
  }
}

async function* batches(...failures: Failure[][]): AsyncGenerator<Failure[]> {
  yield* failures
}

function failure(key: string, code: string, changed: Partial<Failure> = {}): Failure {
  const made = { kind: 'user', key, action: 'create', code, message: 'no', origin: 'u.csv:2', email: null } as const
  return { ...made, outcome: 'failed', ...changed }
}

test('an apply lists its kinds and requests, without empty kinds', () => {
  const text = renderApplyText(result(), 125.4, plain)
  expect(text).toContain('Run 3')
  expect(text).toMatch(/users +1,200 +1,000 +100 +50 .*40 +6 +3 +1\n/)
  expect(text).not.toContain('roles')
  expect(text).toContain('1,160 writes, 1 read in 2 min 5 s')
})

test('the input accounts for every record: left out, merged, rejected', () => {
  const text = renderApplyText(result(), 1, plain)
  expect(text).toMatch(/Input\n {2}records +1,270 += 1,207 mapped +\+ 60 left out +\+ 3 rejected\n/)
  expect(text).toMatch(/ {2}users +1,207 += 1,200 distinct +\+ 4 merged +\+ 3 rejected\n/)
  expect(text).not.toContain('organizations')
  expect(renderApplyText(result({ purpose: 'destroy' }), 1, plain)).not.toContain('Input\n')
})

test('rate limits and retries are shown only if there were any', () => {
  const requests = { reads: 2, writes: 2, refused: 3, repeated: 4 }
  expect(renderApplyText(result({ requests }), 1, plain)).toContain(
    '2 writes, 2 reads, 3 rate-limited (429), 4 retried',
  )
})

test.each<[Partial<ApplyResult>, string]>([
  [{ kinds: [DONE] }, 'Done: everything in the source is in WorkOS.'],
  [
    { kinds: [DONE, { ...DONE, blocked: 2 }], rejected: 1 },
    'Done, except for the 1 rejected record and the 2 blocked resources (see the plan).',
  ],
  [
    { kinds: [DONE], leftOut: 60 },
    'Done: everything in the source is in WorkOS, except for 60 records that the manifest leaves out.',
  ],
  [{ rejected: 2 }, 'Done, except for the 2 rejected records'],
  [{ outcome: 'incomplete' }, '6 failed and 3 blocked. Apply again'],
  [{ outcome: 'interrupted' }, 'Interrupted with 1 left. Apply again'],
  [{ outcome: 'stopped', stopped: { message: 'too many failures' } }, 'Stopped with 1 left: too many failures'],
])('%j has a final sentence', (changed, words) => {
  expect(renderApplyText(result(changed), 1, plain)).toContain(words)
})

test('memberships that lost roles are an exception', () => {
  const reduced = result({ kinds: [{ ...DONE, reduced: 2 }], leftOut: 1 })
  expect(renderApplyText(reduced, 1, plain)).toContain(
    'Done: everything in the source is in WorkOS, except for 1 record that the manifest leaves out and roles of 2 memberships.',
  )
})

test('the reason of a stop cannot control the terminal', () => {
  const stopped = { message: 'the last: user:\x1b[2J' }
  expect(renderApplyText(result({ outcome: 'stopped', stopped }), 1, plain)).not.toContain('\x1b')
})

describe('as JSON', () => {
  test.each([
    ['without failures', [], 0],
    ['with failures in several batches', [[failure('a', 'x')], [], [failure('b', 'y'), failure('c\n"', 'z')]], 3],
  ])('%s it is one document', async (_, list, count) => {
    let text = ''
    await renderApplyJson(result(), 1.23456, batches(...list), (piece) => {
      text += piece
    })
    const json = JSON.parse(text)
    expect(json).toMatchObject({ format: 'workos-migrate-apply-report', version: 1, seconds: 1.235, run: 3 })
    expect(json.failures).toEqual(list.flat())
    expect(json.failures).toHaveLength(count)
  })
})

describe('failures', () => {
  const shown = async (full: boolean, ...lists: Failure[][]) => {
    let text = ''
    const write = (piece: string) => {
      text += piece
    }
    await renderFailures(batches(...lists), { full, paint: plain, write })
    return text
  }
  const many = Array.from({ length: 8 }, (_, n) => failure(`u${n}`, 'invalid_email'))

  test('are grouped by cause with a remedy, failed ones before blocked ones', async () => {
    const blocked = failure('m1', 'dependency_blocked', { kind: 'membership', outcome: 'blocked' })
    const text = await shown(false, [blocked, blocked, ...many.slice(0, 3)], [failure('x', 'strange_code')])
    expect(text.split('\n').filter((line) => /^\w/.test(line))).toEqual([
      'failed: invalid_email (3)',
      'failed: strange_code (1)',
      'blocked: dependency_blocked (2)',
    ])
    expect(text).toContain('correct the email address in the source')
    expect(text).toContain('✗ user:u0 (u.csv:2): no')
  })

  test('show a few of each, and all with --full', async () => {
    expect((await shown(false, many)).match(/✗/g)).toHaveLength(5)
    expect(await shown(false, many)).toContain('… 3 more')
    expect((await shown(true, many)).match(/✗/g)).toHaveLength(8)
  })

  test('cannot control the terminal', async () => {
    const evil = failure('\x1b[2J', 'co\x1bde', { message: 'a\x07\n', origin: '\u202e.csv' })
    expect(await shown(true, [evil])).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  })

  test('are empty if there are none', async () => {
    expect(await shown(false)).toBe('')
  })
})

test.each([
  ['invalid_email', 'email'],
  ['user_creation_error, invalid_email', 'email'],
  ['http_500', undefined],
  ['constructor', undefined],
])('the remedy for %s', (codes, part) => {
  if (part === undefined) expect(remedyFor(codes)).toBeUndefined()
  else expect(remedyFor(codes)).toContain(part)
})

test.each([
  ['password_changed_in_source', '', '2 users whose password changed in the source: not sent'],
  ['something_else', 'x', '2 users: something else (x)'],
  ['something_else', '', '2 users: something else'],
])('the remark %s on %j', (code, detail, words) => {
  expect(describeNote({ kind: 'user', code, detail, count: 2 })).toContain(words)
})

test('the sums of a real apply are correct', async () => {
  const world = await createWorld(people(4))
  const applied = await world.apply(await world.plan())
  const text = renderApplyText(applied, 1, plain)
  expect(text).toMatch(/desired +created\n.*users +4 +4\n/s)
  expect(text).toContain('9 writes')
})
