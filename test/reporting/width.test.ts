import { describe, expect, test } from 'vitest'
import type { ApplyResult } from '../../src/applying/apply-result.ts'
import type { Accounting } from '../../src/desired/accounting.ts'
import type { Inspection } from '../../src/inspecting/inspection.ts'
import { kindDefinitions } from '../../src/kinds/registry.ts'
import type { KindSummary } from '../../src/planning/action.ts'
import { renderAccounting } from '../../src/reporting/accounting-text.ts'
import { renderApplyText } from '../../src/reporting/apply.ts'
import { renderExportText } from '../../src/reporting/export.ts'
import { renderInspectionText } from '../../src/reporting/inspection.ts'
import { renderState } from '../../src/reporting/state.ts'
import { painter } from '../../src/reporting/style.ts'
import { definitions, shortened, sums, table, textWidth, WIDTH } from '../../src/reporting/table.ts'
import { renderVerifyText } from '../../src/reporting/verify.ts'
import type { KindVerification } from '../../src/verifying/verification.ts'
import { createWorld, people } from '../planning/world.ts'
import { asMarkdown, asText } from './rendered.ts'

const plain = painter(false)
const MANY = 3_000_000
const LONG = './exports/2026-11-28/production/eu-central-1/customers-and-partners-with-organizations.csv'
const where = { name: 'acme', environment: null, host: 'sandbox', key: null, state: { lineage: null, serial: 0 } }

function collected(render: (write: (text: string) => void) => void): string {
  let text = ''
  render((piece) => {
    text += piece
  })
  return text
}

function expectNarrow(text: string): void {
  expect(text.split('\n').filter((line) => textWidth(line) > WIDTH)).toEqual([])
}

const accounting: Accounting = {
  streams: [
    { stream: 'users', file: LONG, read: 4 * MANY, passed: MANY, rejected: MANY, ignored: MANY, role: 'main' },
    { stream: 'memberships', file: LONG, read: 2 * MANY, passed: MANY, rejected: MANY, role: 'joined' },
  ],
  records: { mapped: MANY, leftOut: MANY, leftOutBy: [], assigned: 0 },
  kinds: kindDefinitions.map(({ name, plural }) => ({
    kind: name,
    plural,
    yielded: 4 * MANY,
    distinct: MANY,
    merged: MANY,
    rejected: MANY,
    leftOut: MANY,
  })),
}

const kinds: KindSummary[] = kindDefinitions.map(({ name, plural }) => ({
  kind: name,
  plural,
  desired: MANY,
  create: MANY,
  update: MANY,
  adopt: MANY,
  unchanged: MANY,
  gone: MANY,
  blocked: MANY,
  delete: MANY,
  orphaned: MANY,
  drifted: MANY,
}))

describe('with three million of everything, no table is wider than 80 columns', () => {
  test.each([1, 2])('the sums of %i main streams', (mains) => {
    const [first, second] = accounting.streams
    if (first === undefined || second === undefined) throw new Error('two streams')
    const streams = [first, { ...second, role: mains === 1 ? ('joined' as const) : ('main' as const) }]
    const text = renderAccounting({ ...accounting, streams }, plain)
    expectNarrow(text)
    for (const word of ['mapped', 'left out', 'rejected', 'ignored', 'distinct', 'merged']) expect(text).toContain(word)
    expect(text).toContain('3,000,000 rejected')
  })

  test.each(['apply', 'destroy'] as const)('a plan to %s, all columns and kinds', async (purpose) => {
    const plan = await (await createWorld(people(1))).plan()
    Object.assign(plan.summary, { kinds })
    Object.assign(plan, { purpose })
    Object.assign(plan.set, { accounting })
    const text = asText(plan)
    expectNarrow(text)
    const columns = purpose === 'apply' ? ['create', 'update', 'adopt', 'unchanged', 'gone', 'blocked'] : ['gone']
    for (const column of [...columns, 'delete']) expect(text).toMatch(new RegExp(`^ .*\\b${column}\\b`, 'm'))
  })

  test('an apply', () => {
    const result: ApplyResult = {
      run: 1,
      where,
      warnings: [],
      outcome: 'completed',
      kinds: kinds.map(({ kind, plural }) => ({
        ...{
          kind,
          plural,
          desired: MANY,
          toDelete: MANY,
          created: MANY,
          updated: MANY,
          adopted: MANY,
          unchanged: MANY,
        },
        ...{ gone: MANY, deleted: MANY, failed: MANY, blocked: MANY, reduced: 0, answered: 0, pending: MANY },
      })),
      requests: { reads: MANY, writes: MANY, refused: 0, repeated: 0 },
      rejected: 0,
      leftOut: 0,
      stillReduced: 0,
      stillAnswered: 0,
      purpose: 'apply',
      accounting,
    }
    const text = renderApplyText(result, 1, plain)
    // Sentences follow the tables.
    const tables = text.slice(0, text.lastIndexOf('\n\n'))
    expectNarrow(tables)
    expect(tables).toMatch(/ to delete .*created/)
    expect(tables).toMatch(/ pending\n/)
  })

  test('a verification', async () => {
    const { set } = await (await createWorld(people(1))).plan()
    set.rundb.exec('CREATE TABLE findings (position INTEGER PRIMARY KEY, type TEXT, finding TEXT)')
    const verified: KindVerification[] = kinds.map(({ kind, plural }) => ({
      ...{ kind, plural, desired: 3 * MANY, verified: MANY, different: MANY, missing: MANY, notApplied: MANY },
      ...{ deleted: 0, clashes: 0, otherId: 0, notInState: 0, extra: MANY, others: MANY },
    }))
    const text = collected((write) =>
      renderVerifyText(
        {
          ...{
            name: 'acme',
            where,
            warnings: [],
            target: { type: 'sandbox', baseUrl: '' },
            accounting,
            kinds: verified,
          },
          ...{ secrets: { inSource: 0, sent: 0, leftAlone: 0 }, rejected: 0, openWrites: 0, outcome: 'lost', set },
        },
        { paint: plain, full: false, write, now: 0 },
      ),
    )
    expectNarrow(text.slice(0, text.lastIndexOf('\n\n')))
    expect(text).toMatch(/= 3,000,000 +\+ 3,000,000 +\+ 3,000,000/)
    expect(text).toMatch(/ extra +others\n/)
  })

  test('an inspection, with long paths, many values and many roles', () => {
    const path = 'unsafe_metadata.profile.preferences.notifications.channels[].kind_of_delivery'
    const values = Array.from({ length: 12 }, (_, n) => ({ value: `organization-role-${n}`, count: MANY }))
    const shape = {
      path,
      expression: null,
      filled: MANY,
      of: MANY,
      types: [{ type: 'string', count: 1 }],
      secret: false,
    }
    const inspection: Inspection = {
      ...{ type: 'csv', complete: true, records: MANY, writtenNulls: [] },
      streams: [
        {
          ...{ stream: 'users', files: ['./u.csv'], role: 'main', records: MANY, rejected: 0, morePaths: 0 },
          paths: [
            { ...shape, shapes: ['x'.repeat(200)] },
            { ...shape, shapes: [], values },
          ],
        },
      ],
      people: {
        records: MANY,
        email: {
          with: MANY,
          without: MANY,
          invalid: MANY,
          confusable: 1,
          distinct: 1,
          duplicated: MANY,
          extraRecords: MANY,
          lookalikes: MANY,
          unverified: MANY,
        },
        passwords: {
          formats: [
            {
              format: 'firebase-scrypt rounds=8 memory=14',
              fate: 'convertible',
              count: MANY,
              detail: 'write it with $pbkdf2Hash(iterations, salt, hash), where the salt is in a column of its own',
            },
          ],
          without: MANY,
          moreFormats: MANY,
        },
        totp: MANY,
        organizations: {
          distinct: MANY,
          memberships: MANY,
          usersWithout: MANY,
          perUser: [{ memberships: 9, users: 1 }],
        },
        roles: values.map(({ value, count }) => ({ role: value, at: 'membership', count })),
        moreRoles: MANY,
      },
    }
    const text = collected((write) => renderInspectionText(inspection, { title: 'users.csv', paint: plain, write }))
    expectNarrow(text)
    for (const { value } of values) expect(text).toContain(`${value} 3,000,000`)
  })

  test('a snapshot', () => {
    const streams = ['users', 'organization_domain_verification_attempts_of_all_time'].map((name) => {
      return { name, file: LONG, records: MANY, bytes: 999 * MANY, sha256: 'f'.repeat(64) }
    })
    const snapshot = {
      ...{ folder: '/s', source: 'csv', identity: {}, startedAt: '2026-01-01T00:00:00Z', streams, facts: {} },
      ...{ finishedAt: '2026-01-01T00:00:00Z', digest: 'd', read: async function* () {} },
    }
    expectNarrow(renderExportText(snapshot, { paint: plain, isItsOwn: true }))
  })

  test('a state with many kinds and many runs', () => {
    const counts = {
      reads: MANY,
      writes: MANY,
      created: MANY,
      updated: MANY,
      adopted: MANY,
      unchanged: MANY,
      failed: MANY,
    }
    const runs = [1, 1234].map((run) => {
      return { run, startedAt: '2026-11-28T21:14:05.123Z', command: 'state import', outcome: 'interrupted', counts }
    })
    const resources = Object.fromEntries(kindDefinitions.map(({ plural }) => [plural, MANY]))
    const text = renderState({ lineage: '3f2a9c', serial: 12, resources, runs })
    expectNarrow(text)
    expect(text).toContain('3,000,000 TOTP factors')
    expect(text.match(/3,000,000 unchanged/g)).toHaveLength(2)
  })
})

describe('columns of zeros', () => {
  test('are omitted from a plan, in text and in Markdown', async () => {
    const plan = await (await createWorld(people(2))).plan()
    expect(asText(plan)).toMatch(/^Plan\n {17}create\n/m)
    expect(asText(plan)).not.toMatch(/rejected|unchanged|orphaned/)
    expect(asMarkdown(plan)).toContain('|  | create |\n| --- | --: |\n')
    expect(asMarkdown(plan)).not.toMatch(/rejected|unchanged|orphaned/)
  })

  test('stay if a single row has a value', async () => {
    const world = await createWorld([...people(1), { email: 'no address', external_id: 'x' }], {
      safety: { maxRejects: 5 },
    })
    const text = asText(await world.plan())
    expect(text).toMatch(/organizations .*\+ 0 rejected\n {2}users .*\+ 1 rejected/)
  })
})

describe('singular and plural', () => {
  test('of one resource of each kind, in a plan and an apply', async () => {
    const world = await createWorld(people(1))
    const plan = await world.plan()
    const applied = renderApplyText(await world.apply(plan), 1, plain)
    const all = [asText(plan), asMarkdown(plan), applied].join('\n')
    expect(all).not.toMatch(
      /(^|[^\d,])1 (users|memberships|organizations|roles|records|resources|reasons|writes|reads)\b/,
    )
    expect(all).toContain('Creates 1 organization, 1 user and 1 membership.')
  })

  test('of blocked resources', async () => {
    const rows = people(2).map((row) => ({ ...row, org_external_id: 'acme', org_name: 'Acme' }))
    const world = await createWorld(rows, { adopt: { mode: 'never' }, safety: { maxRejects: 50 } })
    const body = { email: 'person0@example.com' }
    await world.target.client.write({ method: 'POST', path: '/user_management/users', body })
    const text = asText(await world.plan())
    expect(text).toMatch(/^ {2}! 1 user {8}/m)
    expect(text).toContain('  ! 1 membership  what it depends on is blocked\n')
    expect(text).not.toMatch(/! 1 \w+:/)
  })
})

describe('the parts', () => {
  test.each([
    ['users (./exports/2026/eu/users.csv)', 30, 'users (./exports/…/users.csv)'],
    ['organization_memberships', 11, 'organ…ships'],
    ['short', 11, 'short'],
    ['日本語の組織の名前', 9, '日本…名前'],
  ])('%s in %i columns', (text, width, expected) => {
    expect(shortened(text, width)).toBe(expected)
    expect(textWidth(shortened(text, width))).toBeLessThanOrEqual(width)
  })

  test('a surrogate pair is never cut', () => {
    for (let width = 3; width < 20; width++) expect(shortened('😀'.repeat(12), width).isWellFormed()).toBe(true)
  })

  test('columns that do not fit follow below, with the names', () => {
    const heads = Array.from({ length: 9 }, (_, n) => `column-${n}`)
    const text = table([
      ['', ...heads],
      ['users', ...heads.map(() => '3,000,000')],
    ])
    expectNarrow(text)
    expect(text.match(/users/g)?.length).toBeGreaterThan(1)
    for (const head of heads) expect(text.split(head)).toHaveLength(2)
  })

  test('a sum that fits stays on its line, and columns of zeros are omitted', () => {
    const row = (name: string, count: number) => ({
      name,
      total: count,
      parts: [{ count, what: 'mapped' }, undefined, { count: 0, what: 'rejected' }],
    })
    expect(sums([row('users', 12), row('roles', 3)])).toBe('  users  12  = 12 mapped\n  roles   3   = 3 mapped\n')
  })

  test('a long text next to a name continues below its beginning', () => {
    const text = definitions([['bcrypt', 'word '.repeat(30).trim()]])
    expectNarrow(text)
    expect(text.split('\n')[1]).toMatch(/^ {10}word/)
  })
})

test('plain text has as many graphemes as characters, each one column wide', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
  const ranges = [
    [0x20, 0x7e],
    [0xa0, 0x2ff],
    [0x2010, 0x2027],
    [0x2190, 0x21ff],
    [0x2500, 0x257f],
  ] as const
  const characters = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index)),
  )
  expect(characters.filter((character) => textWidth(`\u4e2d${character}`) !== 3)).toEqual([])
  const text = characters.flatMap((one, index) => [one, characters[(index * 7 + 3) % characters.length]]).join('')
  expect([...segmenter.segment(text)]).toHaveLength(text.length)
  expect(textWidth(text)).toBe(text.length)
  expect(textWidth(`${text}\u4e2d`)).toBe(text.length + 2)
})
