import { expect, test } from 'vitest'
import { tried } from '../tried.ts'
import { createProject, type Project } from './cli.ts'

/** A project with its own sandbox, these files and this manifest. */
function project(files: Record<string, string>, manifest?: object): Project {
  const made = createProject()
  for (const [name, content] of Object.entries(files)) made.write(name, content)
  if (manifest !== undefined) made.manifest({ ...manifest, target: { type: 'sandbox' } })
  return made
}

async function planOf(made: Project) {
  const { exit, stdout, stderr } = await made.run(['plan', '--json'])
  const plan = JSON.parse(stdout)
  const created = Object.fromEntries(
    plan.summary.kinds.flatMap(({ plural, create }: { plural: string; create: number }) =>
      create > 0 ? [[plural, create]] : [],
    ),
  )
  const codes: string[] = plan.summary.warnings.map(({ code }: { code: string }) => code)
  return { exit, plan, stderr, created, codes }
}

/** An applied resource in the state. */
async function shown(made: Project, address: string) {
  return JSON.parse((await made.run(['state', 'show', address, '--json'])).stdout)
}

const CLERK = {
  'users.csv':
    'id,primary_email_address,verified_email_addresses\nuser_1,ada@example.com,ada@example.com\nuser_2,bo@example.com,\n',
  'memberships.csv': 'clerk_user_id,org_external_id,org_name\nuser_1,NULL,NULL\nuser_2,NULL,NULL\n',
}
const CSV = {
  'users.csv':
    'email,external_id,org_name,last_name\na@example.com,1,Acme,Null\nb@example.com,2,NULL,B\nc@example.com,3,NULL,C\n',
}
const HASH = '$2b$10$OcWSUGdAB2tvimbEXaJTk.HxIMmfS0ka8grON5JEOFEvH097HyKi2'
const SUPABASE = {
  'users.csv': `id,email,encrypted_password,email_confirmed_at,raw_user_meta_data,phone,banned_until,deleted_at,is_anonymous
a1,ada@example.com,${HASH},2024-01-15 10:30:00+00,{},NULL,NULL,NULL,false
a2,bo@example.com,NULL,NULL,{},NULL,\\N,null,false
`,
}
const LARAVEL = `"id","name","email","email_verified_at","password"
"1","Ada Lovelace","ada@example.com","2024-01-02 03:04:05","${HASH}"
"2","Bo","bo@example.com",NULL,"${HASH}"
"3","Cy","cy@example.com","0000-00-00 00:00:00",NULL
`

test.each([
  [
    'clerk',
    CLERK,
    { type: 'clerk', users: './users.csv', memberships: './memberships.csv' },
    ['org_external_id', 'org_name'],
    'NULL in 2 of 2',
  ],
  ['csv', CSV, { type: 'csv', path: './users.csv' }, ['org_name'], 'NULL in 2 of 3'],
] as const)('%s: strangers do not silently become members of NULL, and never with nulls', async (_type, files, source, columns, count) => {
  const unseen = project(files, { source })
  const before = await planOf(unseen)
  expect(before.exit).toBe(0)
  expect(before.codes).toEqual(['written_null'])
  const markdown = await unseen.run(['plan', '--format', 'markdown'])
  const text = await unseen.run(['plan'])
  const inspect = await unseen.run(['inspect'])
  for (const column of columns) {
    const said = new RegExp(`${column} (contains the text |\\()${count} rows`)
    for (const output of [text.stdout, before.stderr, inspect.stderr]) expect(output).toMatch(said)
    expect(text.stderr).toBe('')
    expect(markdown.stdout.replaceAll('&#95;', '_').replaceAll('&#40;', '(')).toMatch(said)
  }
  expect(text.stdout).toContain('source.nulls')
  expect(inspect.stderr).toContain('source.nulls')
  const { organizations = 0 } = before.created
  const nulls = project(files, { source: { ...source, nulls: ['NULL'] } })
  const after = await planOf(nulls)
  expect(after.exit).toBe(0)
  expect(after.created.users).toBe(before.created.users)
  expect(after.codes).toEqual([])
  expect(after.created.organizations ?? 0).toBe(organizations - 1)
  expect(after.created.memberships ?? 0).toBe((before.created.memberships ?? 0) - 2)
  expect((await nulls.run(['inspect'])).stderr).not.toContain('written_null')
})

test('a column without an expression is not in the plan, but in an inspected file without a manifest', async () => {
  const made = project(
    { 'users.csv': 'email,external_id,note\na@example.com,1,NULL\n' },
    { source: { type: 'csv', path: './users.csv' } },
  )
  expect((await planOf(made)).codes).toEqual([])
  expect((await made.run(['inspect'])).stderr).not.toContain('written_null')
  expect((await made.run(['inspect', 'users.csv'])).stderr).toContain(
    'the column note contains the text NULL in 1 of 1 row',
  )
  const { stdout } = await made.run(['inspect', 'users.csv', '--json'])
  expect(JSON.parse(stdout).writtenNulls).toMatchObject([
    { column: 'note', values: [{ value: 'NULL', count: 1 }], of: 1 },
  ])
})

test.each([
  "$sift($, function($v, $k) { $k != 'email' })",
  '$merge([$, { "from": "crm" }])',
  '{ "all": $join($record.*, " ") }',
])('an expression that reads the whole record reads all of its columns: %s', async (metadata) => {
  const made = project(
    { 'users.csv': 'email,note\na@example.com,NULL\n' },
    {
      source: { type: 'file', streams: { users: { path: './users.csv' } } },
      map: { user: { email: 'email', metadata } },
    },
  )
  const { exit, codes } = await planOf(made)
  expect(exit).toBe(0)
  expect(codes).toContain('written_null')
})

test('JSON causes warnings too, also in joined streams', async () => {
  const made = project(
    { 'users.json': '[{"id":"1","email":"a@example.com"}]', 'teams.ndjson': '{"user":"1","team":"undefined"}\n' },
    {
      source: {
        type: 'file',
        streams: {
          users: { path: './users.json' },
          teams: { path: './teams.ndjson', join: { key: 'user', to: 'id' } },
        },
      },
      map: {
        user: { key: 'id', email: 'email' },
        organization: { each: 'teams', key: 'team', name: 'team' },
        membership: { each: 'teams', organization: 'team' },
      },
    },
  )
  const { codes, stderr } = await planOf(made)
  expect(codes).toEqual(['written_null'])
  expect(stderr).toContain(
    'teams.ndjson:1 warning: users: the column teams.team contains the text undefined in 1 of 1 row',
  )
})

test(tried('Supabase', 'auth.users as CSV and JSON', 'nulls as database tools write them'), async () => {
  const made = project(SUPABASE, { extends: 'supabase', source: { streams: { users: { path: './users.csv' } } } })
  const { exit, codes, created } = await planOf(made)
  expect([exit, codes, created]).toEqual([0, [], { users: 2 }])
  expect((await made.run(['apply', '--yes'])).exit).toBe(0)
  expect((await shown(made, 'user:a1')).attributes).toMatchObject({ emailVerified: true })
  const { attributes, secrets } = await shown(made, 'user:a2')
  expect(attributes).toMatchObject({ email: 'bo@example.com', emailVerified: false })
  expect([attributes.metadata, secrets]).toEqual([{}, []])
})

test.each([
  [
    'a plan that leaves everybody out says so',
    { when: 'id = "x"' },
    'all 2 records of users are left out by map.user.when',
    [],
  ],
  ['by each, too', { each: 'nothing' }, 'all 2 records of users are left out by map.user.each', ['column_not_in_file']],
])('%s', async (_what, condition, message, others) => {
  const made = project(
    { 'users.csv': 'id,email\n1,a@example.com\n2,b@example.com\n' },
    {
      source: { type: 'file', streams: { users: { path: './users.csv' } } },
      map: { user: { key: 'id', email: 'email', ...condition } },
    },
  )
  const { exit, codes, stderr, plan } = await planOf(made)
  expect([exit, codes]).toEqual([0, ['everybody_left_out', ...others]])
  expect(stderr).toContain(message)
  expect(plan.summary.warnings[0].at).toMatchObject({ file: 'migrate.config.yaml', line: expect.any(Number) })
  expect((await made.run(['plan'])).stdout).toContain(message)
  expect((await made.run(['plan', '--format', 'markdown'])).stdout).toContain('**Warning**: no user is migrated')
})

test.each([
  ['some are left out', { when: 'id = "1"' }],
  ['nobody is', {}],
])('a plan in which %s has no such warning', async (_what, condition) => {
  const made = project(
    { 'users.csv': 'id,email\n1,a@example.com\n2,b@example.com\n' },
    {
      source: { type: 'file', streams: { users: { path: './users.csv' } } },
      map: { user: { key: 'id', email: 'email', ...condition } },
    },
  )
  expect((await planOf(made)).codes).toEqual([])
})

/** A plan of this many users, all but `open` of them verified. */
async function verified(users: number, emailVerified: string, open = 0) {
  const rows = Array.from({ length: users }, (_, n) => `${n},u${n}@example.com,${n < open ? '' : 'yes'}`)
  const made = project(
    { 'users.csv': `id,email,at\n${rows.join('\n')}\n` },
    {
      source: { type: 'file', streams: { users: { path: './users.csv' } } },
      map: { user: { key: 'id', email: 'email', emailVerified } },
    },
  )
  return { made, ...(await planOf(made)) }
}

test.each([
  [2, 'at ? true : false', 0, true],
  [2, '$exists(at)', 0, true],
  [1, 'at ? true : false', 0, false],
  [12, 'at ? true : false', 1, false],
  [12, 'at', 0, true],
  [9, 'at', 0, false],
  [12, '"true"', 0, false],
  [12, 'true', 0, false],
])('%i users with emailVerified: %s and %i without: the plan reports that all are verified: %s', async (users, expression, open, said) => {
  const { codes, stderr } = await verified(users, expression, open)
  expect(codes).toEqual(said ? ['everybody_verified'] : [])
  expect(stderr.includes(`the email addresses of all ${users} users count as verified`)).toBe(said)
})

test('a plan that changes no user does not report again that all are verified', async () => {
  const { made, exit } = await verified(3, 'at ? true : false')
  expect(exit).toBe(0)
  expect((await made.run(['apply', '--yes'])).exit).toBe(0)
  expect((await planOf(made)).codes).toEqual([])
})

test('init finds nulls written as text, writes nulls, and proposes nothing based on them', async () => {
  const made = project({ 'users.csv': LARAVEL })
  const init = await made.run(['init', '--users', 'users.csv', '--yes', '--target', 'sandbox', '--env', 'none'])
  expect([init.exit, init.stderr.includes('written_null')]).toEqual([0, false])
  const { stdout } = await made.run(['config', '--json'])
  expect(JSON.parse(stdout).source.nulls).toEqual(['NULL', '0000-00-00 00:00:00'])
  const { codes, created, exit, plan } = await planOf(made)
  expect([exit, codes, created]).toEqual([0, [], { users: 3 }])
  expect(JSON.stringify(plan.summary.passwords)).not.toContain('unknown')
  expect((await made.run(['apply', '--yes'])).exit).toBe(0)
  const users = await Promise.all(['1', '2', '3'].map((id) => shown(made, `user:${id}`)))
  expect(users.map(({ attributes }) => attributes.emailVerified)).toEqual([true, false, false])
  expect(users.map(({ secrets }) => secrets)).toEqual([['passwordHash'], ['passwordHash'], []])
})

test("init adds what it finds to the recipe's nulls, and proposes none for JSON", async () => {
  const made = project({ 'users.csv': SUPABASE['users.csv'].replace('{},NULL,NULL', '{},None,NULL') })
  await made.run(['init', '--users', 'users.csv', '--yes', '--target', 'sandbox', '--env', 'none'])
  const written = async (one: Project) => JSON.parse((await one.run(['config', '--json'])).stdout).source.nulls
  expect(await written(made)).toEqual(['NULL', 'null', '\\N', '[NULL]', '(NULL)', '<null>', 'None'])
  const json = project({ 'users.json': '[{"id":"1","email":"a@example.com","name":"undefined"}]' })
  await json.run(['init', '--users', 'users.json', '--yes', '--target', 'sandbox', '--env', 'none'])
  expect(await written(json)).toBeUndefined()
  const { codes, plan } = await planOf(json)
  expect(codes).toEqual(['written_null'])
  expect(plan.summary.warnings[0].at).toEqual({ file: './users.json', line: 1, record: 1 })
})
