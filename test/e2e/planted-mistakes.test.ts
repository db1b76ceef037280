import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readReport } from '../reporting/html/reading.ts'
import { createProject } from './cli.ts'
import { startWorkos } from './workos.ts'

type Row = Record<string, string>

interface Migration {
  rows: Row[]
  /** Merged over the mapping of a migration without a mistake. */
  map?: { user?: object; organization?: object | null; membership?: object | null }
  manifest?: object
  /** The file of the records, if it is not CSV. */
  json?: object[]
}

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const FIRST = ['Ada', 'Bo', 'Cleo', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal', 'Ivy', 'Jo', 'Kay', 'Leo']
const LAST = ['Lovelace', 'Berg', 'Cruz', 'Diaz', 'Eriksen', 'Frey', 'Gray', 'Hart', 'Ito', 'Jones', 'Kim', 'Lund']

/** Twelve users without any mistake. */
function rows(change: (row: Row, n: number) => Row = (row) => row): Row[] {
  return FIRST.map((first, n) =>
    change(
      {
        id: `u${n}`,
        email: `${first}.${LAST[n]}@example.com`.toLowerCase(),
        verified: n % 3 === 0 ? 'no' : 'yes',
        first,
        last: LAST[n] ?? '',
        org: n % 2 === 0 ? 'acme' : 'umbrella',
        role: n % 4 === 0 ? 'admin' : 'member',
        plan: n % 2 === 0 ? 'pro' : 'free',
      },
      n,
    ),
  )
}

const MAP = {
  user: {
    key: 'id',
    externalId: 'id',
    email: 'email',
    emailVerified: 'verified',
    firstName: 'first',
    lastName: 'last',
    metadata: { plan: 'plan' },
  },
  organization: { each: '$[org]', key: 'org', name: 'org' },
  membership: { each: '$[org]', organization: 'org', roles: 'role' },
}

function migration({ rows, map = {}, manifest = {}, json }: Migration) {
  const project = createProject()
  if (json === undefined) project.csv('people.csv', rows)
  else project.write('people.json', JSON.stringify(json))
  project.manifest({
    version: 1,
    name: 'planted',
    source: { type: 'file', streams: { people: { path: json === undefined ? './people.csv' : './people.json' } } },
    roles: { define: { admin: { name: 'Admin' }, member: { name: 'Member' } } },
    target: { type: 'sandbox' },
    map: {
      user: { ...MAP.user, ...map.user },
      organization: map.organization === undefined ? MAP.organization : map.organization,
      membership: map.membership === undefined ? MAP.membership : map.membership,
    },
    ...manifest,
  })
  return project
}

const without = (row: Row, name: string): Row => Object.fromEntries(Object.entries(row).filter(([key]) => key !== name))
const swapped = (row: Row): Row => ({ ...row, first: row.last ?? '', last: row.first ?? '' })

/** A mistake: its name, the migration with it, and the code and text of the warning. */
const PLANTED: [mistake: string, migration: Migration, code: string, says: RegExp][] = [
  ['first and last name are swapped', { rows: rows(swapped) }, 'names_swapped', /swapped in 12 of 12 users/],
  [
    'they are swapped in the mapping',
    { rows: rows(), map: { user: { firstName: 'last', lastName: 'first' } } },
    'names_swapped',
    /swapped/,
  ],
  [
    'they are swapped, and addresses have initials',
    { rows: rows((row) => ({ ...swapped(row), email: `${row.first?.[0]}${row.last}@example.com`.toLowerCase() })) },
    'names_swapped',
    /swapped/,
  ],
  [
    'everybody is an administrator',
    { rows: rows((row) => ({ ...row, role: 'admin' })) },
    'one_role_for_all',
    /all 12 memberships get the same role: admin/,
  ],
  [
    'everybody is one by the expression',
    { rows: rows(), map: { membership: { ...MAP.membership, roles: 'role ? "admin"' } } },
    'one_role_for_all',
    /same role: admin/,
  ],
  [
    'nearly everybody is one, and the others have no role',
    { rows: rows((row, n) => ({ ...row, role: n === 0 ? '' : 'admin' })) },
    'one_role_for_all',
    /11 of 12 memberships get the same role: admin/,
  ],
  [
    'a column is not there',
    { rows: rows(), map: { user: { firstName: 'frist' } } },
    'column_not_in_file',
    /no column "frist"/,
  ],
  [
    'a column of metadata is not there',
    { rows: rows(), map: { user: { metadata: { plan: 'plann' } } } },
    'column_not_in_file',
    /no column "plann"/,
  ],
  [
    'a member of JSON is not there',
    { rows: [], json: rows(), map: { user: { lastName: 'lastt' } } },
    'column_not_in_file',
    /no column "lastt"/,
  ],
  [
    'a field is filled for nobody',
    { rows: rows((row) => ({ ...row, first: '' })) },
    'field_empty',
    /firstName is empty for all 12 users: map.user.firstName reads first, which is empty in all records/,
  ],
  [
    'a field of metadata is filled for nobody',
    { rows: rows((row) => ({ ...row, plan: '' })) },
    'field_empty',
    /metadata.plan is empty for all 12 users/,
  ],
  [
    'an expression yields nothing for anybody',
    { rows: rows(), map: { user: { lastName: '$match(last, /[0-9]+/).match' } } },
    'field_empty',
    /lastName is empty for all 12 users: map.user.lastName reads last \(filled in 100 %\)/,
  ],
  [
    'nobody gets a role',
    { rows: rows((row) => ({ ...row, role: '' })) },
    'field_empty',
    /membership roles is empty for all 12 memberships/,
  ],
  [
    'nobody has a password',
    { rows: rows((row) => ({ ...row, hash: '' })), map: { user: { passwordHash: 'hash' } } },
    'field_empty',
    /passwordHash is empty for all 12 users/,
  ],
  [
    'everybody is verified',
    { rows: rows((row) => ({ ...row, verified: 'yes' })) },
    'everybody_verified',
    /all 12 users count as verified/,
  ],
  [
    'an address is written with a letter of another alphabet',
    { rows: rows((row, n) => (n === 3 ? { ...row, email: 'аda.lovelace@example.com' } : row)) },
    'lookalike_address',
    /ada\.lovelace@example\.com and аda\.lovelace@example\.com \(U\+0430\)/,
  ],
  [
    'an address has a digit for a letter',
    { rows: rows((row, n) => (n === 3 ? { ...row, email: 'ada.1ovelace@example.com' } : row)) },
    'lookalike_address',
    /ada\.1ovelace@example\.com and ada\.lovelace@example\.com/,
  ],
  [
    'an address ends with a digit for a letter',
    {
      rows: rows((row, n) =>
        n < 2 ? { ...row, email: `jean.${['paul', 'pau1'][n]}@example.com`, first: 'Jean', last: 'Paul' } : row,
      ),
    },
    'lookalike_address',
    /jean\.pau1@example\.com and jean\.paul@example\.com/,
  ],
  [
    'the last letter of a name is of another alphabet',
    { rows: rows((row, n) => (n < 2 ? { ...row, email: `dan${['i', 'і'][n]}@example.com` } : row)) },
    'lookalike_address',
    /dani@example\.com and danі@example\.com/,
  ],
  [
    'a domain has a digit for a letter',
    { rows: rows((row, n) => (n === 3 ? { ...row, email: 'ada.lovelace@examp1e.com' } : row)) },
    'lookalike_address',
    /ada\.lovelace@examp1e\.com and ada\.lovelace@example\.com/,
  ],
  [
    'a single address has letters of two alphabets',
    { rows: rows((row, n) => (n === 3 ? { ...row, email: 'dаniel@example.com' } : row)) },
    'lookalike_address',
    /dаniel@example\.com \(U\+0430\), with letters of two alphabets/,
  ],
  [
    'addresses differ in an accent',
    { rows: rows((row, n) => (n === 3 ? { ...row, email: 'adá.lovelace@example.com' } : row)) },
    'lookalike_address',
    /ada\.lovelace@example\.com and adá\.lovelace@example\.com/,
  ],
  [
    'half are left out',
    {
      rows: [...rows(), ...rows((row) => ({ ...row, id: `x${row.id}`, email: `x${row.email}` }))],
      map: { user: { when: '$contains(id, "x")' }, organization: null, membership: null },
    },
    'many_left_out',
    /map\.user\.when leaves out 12 of 24 records of people/,
  ],
  [
    'half are left out as users, and make organizations all the same',
    {
      rows: [...rows(), ...rows((row) => ({ ...row, id: `x${row.id}`, email: `x${row.email}` }))],
      map: { user: { when: '$contains(id, "x")' }, membership: null },
    },
    'many_left_out',
    /map\.user\.when leaves out 12 of 24 records of people/,
  ],
  [
    'a NULL is written',
    { rows: rows((row, n) => (n === 3 ? { ...row, last: 'NULL' } : row)) },
    'written_null',
    /the column last contains the text NULL in 1 of 12 rows/,
  ],
  [
    'several columns hold a written NULL',
    { rows: rows((row, n) => (n === 3 ? { ...row, last: 'NULL', plan: '\\N' } : row)) },
    'written_null',
    /people: 2 columns contain texts that usually mean "no value".*last \(NULL in 1 of 12 rows\).*plan \(\\N in 1 of 12 rows\)/,
  ],
  [
    'an expression writes a null',
    {
      rows: rows((row, n) => (n === 3 ? { ...row, last: '' } : row)),
      map: { user: { name: '(last ? first : "null") & " " & (last ? last : "null")' } },
    },
    'written_null',
    /texts that mean "no value" become values: name of 1 user \(null null\)/,
  ],
  [
    'a spreadsheet has turned a date into a number',
    {
      rows: rows((row, n) => ({ ...row, plan: n < 2 ? String(45292.5 + n) : '2024-01-01' })),
      map: { user: { metadata: { since: '$isoTime(plan)' } } },
    },
    'guessed_time',
    /metadata\.since of 2 users: 45292\.5 was read as a day of a spreadsheet, 2024-01-01T12:00:00\.000Z, and 1 more alike/,
  ],
  [
    'text is meant as JSON and is none',
    {
      rows: rows((row, n) => ({ ...row, plan: n === 0 ? "{'name': 'pro'}" : '{"name":"pro"}' })),
      map: { user: { metadata: { plan: '$tryParseJson(plan).name' } } },
    },
    'unreadable_json',
    /metadata\.plan of 1 user: text that looks like JSON is not valid JSON, and was left out/,
  ],
  [
    'JSON text holds a NUL character',
    {
      rows: rows((row) => ({ ...row, plan: '{"name":"p\\u0000ro"}' })),
      map: { user: { metadata: { plan: '$parseJson(plan).name' } } },
    },
    'nul_in_text',
    /metadata\.plan of 12 users: NUL characters in JSON text were removed/,
  ],
]

/** A mistake that only needs a look: the code of the remark. */
const NOTICED: typeof PLANTED = [
  [
    'a source field that nothing reads',
    { rows: rows((row, n) => ({ ...row, department: n === 0 ? '' : 'Sales' })) },
    'columns_unread',
    /people\.csv: 1 column that no expression reads: department \(92 %\)/,
  ],
  [
    'a source field of JSON that nothing reads',
    { rows: [], json: rows((row) => ({ ...row, department: 'Sales' })) },
    'columns_unread',
    /people\.json: 1 column that no expression reads: department \(100 %\)/,
  ],
]

/** Markdown as its reader sees it. */
const read = (markdown: string) => markdown.replaceAll('`', '').replace(/\\([\\`*{}[\]<>|&~_])/g, '$1')

interface Run {
  args?: string[]
  env?: Record<string, string>
}

async function renderings({ run, path }: ReturnType<typeof createProject>, { args = [], env = {} }: Run = {}) {
  const plan = (...more: string[]) => run(['plan', ...args, ...more], { env })
  const [text, json] = [await plan(), await plan('--json', '--html', 'plan.html')]
  const markdown = await plan('--format', 'markdown', '--mask', 'none')
  const [summary] = readReport(readFileSync(path('plan.html'), 'utf8')).report.sections
  return {
    text,
    plan: JSON.parse(json.stdout),
    json,
    markdown: read(markdown.stdout),
    html: [...textsIn(summary)].join('\n'),
  }
}

/** Every text in a section of a report that a reader sees without a click. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* textsIn(inner)
}

/**
 * The mistake is above the plan, in text, JSON, Markdown and HTML, and on standard error only if
 * the plan is for a program.
 */
async function expectTold(
  made: ReturnType<typeof createProject>,
  { code, says, list, ...run }: { code: string; says: RegExp; list: 'warnings' | 'notices' } & Run,
): Promise<void> {
  const { text, plan, json, markdown, html } = await renderings(made, run)
  expect(text.exit).toBe(0)
  const found: { code: string; message: string; hint?: string; at?: { file: string; line?: number } }[] =
    plan.summary[list]
  expect(found.map((one) => one.code)).toEqual([code])
  expect(found[0]?.message).toMatch(says)
  expect(found[0]?.hint).toBeTruthy()
  expect(found[0]?.at?.file).toMatch(/^(migrate\.config\.yaml|\.\/people\.csv)$/)
  expect(found[0]?.at?.line).toBeGreaterThan(0)
  const above = text.stdout.slice(0, text.stdout.indexOf('\nRecords\n'))
  expect(above).toMatch(says)
  expect(text.stdout.slice(above.length)).not.toContain(found[0]?.message)
  expect(text.stderr).not.toMatch(says)
  expect(markdown).toMatch(says)
  expect(html).toMatch(says)
  if (list === 'warnings') expect(json.stderr).toMatch(says)
  else expect(plan.summary.warnings).toEqual([])
}

describe('a planted mistake is above the plan, in every format, once', () => {
  test.each([
    ...PLANTED.map((planted) => [...planted, 'warnings'] as const),
    ...NOTICED.map((planted) => [...planted, 'notices'] as const),
  ])('%s', (_mistake, made, code, says, list) => expectTold(migration(made), { code, says, list }))

  test('a live key is in an environment called staging', async () => {
    const { url: baseUrl } = await startWorkos()
    const target = { type: 'workos', apiKey: '${KEY}', baseUrl }
    const made = migration({ rows: rows(), manifest: { target, environments: { staging: {} } } })
    const run = { args: ['-e', 'staging'], env: { KEY: 'sk_live_planted' } }
    await expectTold(made, { code: 'live_key_in_staging', says: /is called staging/, list: 'warnings', ...run })
  })

  test('several mistakes are all reported', async () => {
    const made = migration({
      rows: rows((row) => ({ ...swapped(row), role: 'admin', verified: 'yes', plan: '', note: 'x' })),
    })
    const { plan } = await renderings(made)
    const codes = plan.summary.warnings.map(({ code }: { code: string }) => code)
    expect(codes.toSorted()).toEqual(['everybody_verified', 'field_empty', 'names_swapped', 'one_role_for_all'])
    expect(plan.summary.notices).toMatchObject([{ code: 'columns_unread' }])
  })
})

describe('there is no warning', () => {
  test.each<[string, Migration]>([
    ['of a migration without a mistake', { rows: rows() }],
    [
      'where addresses tell nothing of names',
      { rows: rows((row) => ({ ...swapped(row), email: `${row.id}@example.com` })) },
    ],
    ['of two people who are namesakes the other way round', { rows: rows((row, n) => (n < 2 ? swapped(row) : row)) }],
    ['of members who are members', { rows: rows((row) => ({ ...row, role: 'member' })) }],
    [
      'where the manifest assigns its default role to everyone',
      {
        rows: rows((row) => ({ ...row, role: 'admin' })),
        manifest: { roles: { default: 'admin', define: { admin: { name: 'Admin' } } } },
      },
    ],
    [
      'of a few administrators among many without a role',
      {
        rows: [
          ...rows((row) => ({ ...row, role: 'admin' })),
          ...rows((row) => ({ ...row, id: `x${row.id}`, email: `x${row.email}`, role: '' })),
        ],
      },
    ],
    [
      'of Ian and Lan',
      { rows: rows((row, n) => (n < 2 ? { ...row, email: `${n === 0 ? 'ian' : 'lan'}@example.com` } : row)) },
    ],
    [
      'of addresses of another alphabet',
      { rows: rows((row, n) => (n === 3 ? { ...row, email: 'дарья@example.com' } : row)) },
    ],
    [
      'of three families that write the last name first, among a hundred addresses that tell nothing',
      {
        rows: Array.from({ length: 9 }, () => rows())
          .flat()
          .map((row, n) => ({
            ...row,
            id: `u${n}`,
            email: n < 3 ? `${row.last}.${row.first}@example.com`.toLowerCase() : `user${n}@example.com`,
          })),
      },
    ],
    [
      'of namesakes whose addresses end in a number',
      {
        rows: rows((row, n) => {
          const name = ['dani', 'dan1', 'joselo', 'jose10', 'jimi.x', 'jim1.x'][n]
          return name === undefined ? row : { ...row, email: `${name}@example.com` }
        }),
      },
    ],
    ['of a person called Null', { rows: rows((row, n) => (n === 3 ? { ...row, last: 'Null' } : row)) }],
    [
      'where an expression takes the whole record',
      {
        rows: rows((row) => ({ ...row, note: 'x' })),
        map: { user: { metadata: '$sift($, function($v, $k) { $k = "plan" })' } },
      },
    ],
    [
      'of hashes that WorkOS does not take, which are there all the same',
      {
        rows: rows((row) => ({ ...row, hash: '$P$BabcdefghijklmnopqrstuvwxyzABCD' })),
        map: { user: { passwordHash: '$passwordHash(hash)' } },
      },
    ],
    ['of a field that is left empty on purpose', { rows: rows(), map: { user: { name: 'null' } } }],
    [
      'of a column that the expression asks for',
      {
        rows: rows((row) => without(row, 'plan')),
        map: { user: { metadata: { plan: '$exists(plan) ? plan : "none"' } } },
      },
    ],
    [
      'of few who are left out',
      {
        rows: rows((row) => without(row, 'role')),
        map: { user: { when: 'id != "u0" and id != "u1"' }, membership: null },
      },
    ],
  ])('%s', async (_what, made) => {
    const { plan, text } = await renderings(migration(made))
    expect(text.exit).toBe(0)
    expect([plan.summary.warnings, plan.summary.notices]).toEqual([[], []])
    expect(text.stdout).not.toMatch(/^Warnings|^Worth a look/m)
  })

  test('for a pilot whose few users have one role and no plan, while others have some', async () => {
    const made = migration({
      rows: [
        ...rows((row) => ({ ...row, org: 'pilot', role: 'admin', plan: '', hash: '' })),
        ...rows((row, n) => ({ ...row, id: `x${n}`, email: `x${row.email}`, hash: HASH })),
      ],
      map: { user: { passwordHash: 'hash', passwordHashType: 'hash ? "bcrypt"' } },
    })
    for (const args of [
      ['--only', 'organization:pilot'],
      ['--limit', '12'],
    ]) {
      const { plan } = await renderings(made, { args })
      expect(plan.summary.warnings, args.join(' ')).toEqual([])
    }
    // And statements about all users are true for all users.
    const same = migration({ rows: rows((row) => ({ ...row, role: 'admin', plan: '' })) })
    const { plan } = await renderings(same, { args: ['--limit', '3'] })
    expect(plan.summary.warnings.map(({ code }: { code: string }) => code).toSorted()).toEqual([
      'field_empty',
      'one_role_for_all',
    ])
  })

  test('once everything is applied', async () => {
    const made = migration({
      rows: rows((row) => ({ ...swapped(row), role: 'admin', verified: 'yes', plan: '', note: 'x' })),
    })
    expect((await made.run(['apply', '--yes'])).exit).toBe(0)
    const { plan } = await renderings(made)
    expect([plan.summary.warnings, plan.summary.notices]).toEqual([[], []])
  })
})
