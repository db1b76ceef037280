import { existsSync, readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import type { Project } from '../../e2e/cli.ts'
import { member, peopleManifest, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'

const env = { KEY }
const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const lenient = { safety: { maxRejects: 50 } }

function table(project: Project, name: string): Record<string, string>[] {
  return parse(readFileSync(project.path(name), 'utf8'), { columns: true, bom: true })
}

const at = (rows: Record<string, string>[], index: number): Record<string, string> => rows[index] ?? {}

/** Corrects cells of a file as a user would. */
function correct(project: Project, name: string, change: (row: Record<string, string>) => void): void {
  const rows = table(project, name)
  for (const row of rows) change(row)
  project.csv(name, rows)
}

describe('the rows of what a plan rejects', () => {
  test('are in a private file as in the source, with the reasons', async () => {
    const rows = [
      member('ada', 'acme'),
      member('bea', 'acme', {
        email: 'nonsense',
        first_name: ' B"e,a ',
        password_hash: HASH,
        password_hash_type: 'bcrypt',
      }),
      person('cleo', { email: '' }),
    ]
    const project = peopleProject(await startWorkos(), rows, lenient)
    const { exit, stderr } = await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(exit, stderr).toBe(0)
    expect(statSync(project.path('out.csv')).mode & 0o777).toBe(0o600)
    expect(stderr).toContain('Wrote 2 rows of users to out.csv.\n')
    expect(stderr).toContain('including password hashes')
    const written = table(project, 'out.csv')
    expect(written).toHaveLength(2)
    expect(at(written, 0)).toMatchObject({
      ...at(rows, 1),
      _migrate_code: 'invalid_email',
      _migrate_field: 'email',
      _migrate_resource: 'user:id-bea',
      _migrate_outcome: 'rejected',
      _migrate_place: './users.csv:3',
    })
    expect(at(written, 0)._migrate_reason).toContain('not an email address')
    expect(at(written, 1)).toMatchObject({ external_id: 'id-cleo', _migrate_code: 'email_missing' })
    expect(Object.keys(at(written, 0)).slice(0, 7)).toEqual(Object.keys({ ...at(rows, 1) }))
  })

  test('are accepted as the source after a correction, with the same mapping', async () => {
    const workos = await startWorkos()
    const odd = {
      first_name: '=1+1',
      last_name: "'-x",
      metadata: '{"phone":"+49 30 1"}',
      password_hash: HASH,
      password_hash_type: 'bcrypt',
    }
    const rows = [member('ada', 'acme'), member('bea', 'acme', { ...odd, email: 'nonsense' })]
    const project = peopleProject(workos, rows, lenient)
    await project.run(['apply', '--yes'], { env })
    await project.run(['plan', '--rejects', 'out.csv'], { env })
    const text = readFileSync(project.path('out.csv'), 'utf8')
    expect(text).toContain("'=1+1")
    expect(text).toContain("''-x")
    correct(project, 'out.csv', (row) => {
      row.email = 'bea@example.com'
    })
    project.manifest(peopleManifest(workos, { ...lenient, source: { type: 'csv', path: './out.csv' } }))
    const { exit, stdout, stderr } = await project.run(['apply', '--yes'], { env })
    expect(exit, stdout + stderr).toBe(0)
    expect(stderr).not.toContain('_migrate')
    const { stdout: state } = await project.run(['plan', '--json', '--refresh'], { env })
    expect(JSON.parse(state).summary.changes).toBe(false)
    const { users } = await workos.snapshot()
    const bea = users.find(({ email }) => email === 'bea@example.com')
    expect(bea).toMatchObject({ first_name: '=1+1', last_name: "'-x", metadata: { phone: '+49 30 1' } })
  })

  test('are listed once with all their own errors', async () => {
    const rows = [
      member('bea', 'acme', { email: 'nonsense', role_slugs: 'x' }),
      member('bea', 'bolt', { email: 'nonsense' }),
    ]
    const project = peopleProject(await startWorkos(), rows, lenient)
    const { stdout } = await project.run(['plan', '--json', '--rejects', 'out.csv'], { env })
    expect(JSON.parse(stdout).rejects.length).toBeGreaterThan(2)
    const written = table(project, 'out.csv')
    expect(written.map((row) => row._migrate_place)).toEqual(['./users.csv:2', './users.csv:3'])
    expect(written.map((row) => row._migrate_code)).toEqual(['invalid_email', 'invalid_email'])
  })

  test('that are still wrong get only new reasons', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [person('bea', { email: 'nonsense', first_name: "'=1" })], lenient)
    await project.run(['plan', '--rejects', 'out.csv'], { env })
    const first = readFileSync(project.path('out.csv'), 'utf8')
    project.manifest(peopleManifest(workos, { ...lenient, source: { type: 'csv', path: './out.csv' } }))
    await project.run(['plan', '--rejects', 'again.csv'], { env })
    expect(readFileSync(project.path('again.csv'), 'utf8')).toBe(first.replace('./users.csv:2', './out.csv:2'))
  })

  test('of every record of a blocked user are included', async () => {
    const workos = await startWorkos()
    await workos.call('POST', '/user_management/users', { email: 'ada@example.com' })
    const rows = [person('ada'), person('ada', { external_id: 'id-2' }), person('bea')]
    const project = peopleProject(workos, rows, lenient)
    await project.run(['plan', '--rejects', 'out.csv'], { env })
    const written = table(project, 'out.csv')
    expect(written.map((row) => [row.external_id, row._migrate_outcome, row._migrate_code])).toEqual([
      ['id-ada', 'blocked', 'unverified_account'],
      ['id-2', 'blocked', 'unverified_account'],
    ])
  })

  test('are not written if there are none', async () => {
    const project = peopleProject(await startWorkos(), [person('ada')])
    const { exit, stderr } = await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(exit).toBe(0)
    expect(stderr).toContain('Nothing was rejected, blocked or failed: out.csv is not written.')
    expect(existsSync(project.path('out.csv'))).toBe(false)
  })

  test('that cannot be parsed are written as text, which is ignored until corrected', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [], lenient)
    const lines = [
      'email,first_name',
      'a@example.com,Ada',
      'b@example.com',
      'c@example.com,C,C',
      'd@example.com,"D',
      'e"x,E',
    ]
    project.write('users.csv', `${[...lines.slice(0, 4), 'd@example.com,D"x', 'e@example.com,E'].join('\n')}\n`)
    const { stderr } = await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(stderr).toContain('Wrote 3 rows of users')
    const written = table(project, 'out.csv')
    expect(written.map((row) => [row.email, row._migrate_code, row._migrate_text])).toEqual([
      ['', 'ragged_row', 'b@example.com'],
      ['', 'ragged_row', 'c@example.com,C,C'],
      ['', 'stray_quote', 'd@example.com,D"x'],
    ])
    project.manifest(peopleManifest(workos, { ...lenient, source: { type: 'csv', path: './out.csv' } }))
    const { stdout } = await project.run(['plan', '--json', '--rejects', 'again.csv'], { env })
    expect(JSON.parse(stdout).rejects.map(({ code }: { code: string }) => code)).toEqual([
      'row_not_filled_in',
      'row_not_filled_in',
      'row_not_filled_in',
    ])
    expect(table(project, 'again.csv').map((row) => [row.email, row._migrate_place, row._migrate_text])).toEqual([
      ['', './out.csv:2', 'b@example.com'],
      ['', './out.csv:3', 'c@example.com,C,C'],
      ['', './out.csv:4', 'd@example.com,D"x'],
    ])
  })

  test('are kept as NDJSON text too, however often the file is used', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [], lenient)
    const source = (path: string) =>
      project.manifest({
        ...peopleManifest(workos, lenient),
        source: { type: 'file', streams: { users: { path } } },
        map: { user: { key: 'id', email: 'email' } },
      })
    project.write('users.ndjson', '{"id":"1","email":"a@example.com"}\n{"id":"2","email":\n')
    source('./users.ndjson')
    await project.run(['plan', '--rejects', 'out.ndjson'], { env })
    source('./out.ndjson')
    const { stdout } = await project.run(['plan', '--json', '--rejects', 'again.ndjson'], { env })
    expect(JSON.parse(stdout).rejects).toMatchObject([{ kind: 'record', code: 'row_not_filled_in' }])
    expect(JSON.parse(readFileSync(project.path('again.ndjson'), 'utf8'))).toMatchObject({
      _migrate_code: 'row_not_filled_in',
      _migrate_text: '{"id":"2","email":',
    })
  })
})

test.each([
  ['--rejects', 'users.csv', 'a file of the source'],
  ['--rejects', './migrate.config.yaml', 'the manifest'],
  ['--resets', 'users.csv', 'a file of the source'],
  ['--resets', '.workos-migrate/state.sqlite', 'the state'],
  ['--merges', 'users.csv', 'a file of the source'],
  ['--out', 'users.csv', 'a file of the source'],
])('%s %s is rejected: it is %s', async (option, name, holder) => {
  const project = peopleProject(await startWorkos(), [person('ada', { email: 'x' })], lenient)
  const before = readFileSync(project.path('users.csv'), 'utf8')
  const { exit, stderr } = await project.run(['plan', option, name], { env })
  expect(exit).toBe(3)
  expect(stderr).toContain(`${option} names ${name}, which is ${holder}`)
  expect(readFileSync(project.path('users.csv'), 'utf8')).toBe(before)
})

test('two outputs cannot share a file', async () => {
  const project = peopleProject(await startWorkos(), [person('ada')])
  const { exit, stderr } = await project.run(['plan', '--rejects', 'o.csv', '--resets', './o.csv'], { env })
  expect(exit).toBe(3)
  expect(stderr).toContain('--resets names ./o.csv, which is the file of --rejects')
})

describe('a source of several files', () => {
  const map = {
    user: { externalId: 'id', email: 'email', metadata: { '*': 'extra' } },
    organization: { each: 'teams', externalId: 'org', name: 'org' },
    membership: { each: 'teams', organization: 'org', roles: 'role' },
  }
  const join = { into: 'users', key: 'user', to: 'id' }
  const streams = { users: { path: './users.csv' }, teams: { path: './teams.csv', join } }

  function files(project: Project, source: object, workos: { target: object }): void {
    const roles = { define: { admin: { name: 'Admin' } } }
    project.manifest({ version: 1, name: 'files', source, map, roles, target: workos.target, ...lenient })
  }

  test('has a file of rows for each of its streams', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [])
    files(project, { type: 'file', streams }, workos)
    project.write('users.csv', 'id;email\n1;a@example.com\n2;nonsense\n')
    project.write('teams.csv', 'user;org;role\n1;acme;admin\n1;bolt;nobody\n2;acme;admin\n9;acme;admin\n')
    const { stderr } = await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(stderr).toContain('Wrote 1 row of users to out.users.csv.\n')
    expect(stderr).toContain('Wrote 3 rows of teams to out.teams.csv.\n')
    expect(table(project, 'out.users.csv').map(({ id, _migrate_code }) => [id, _migrate_code])).toEqual([
      ['2', 'invalid_email'],
    ])
    const teams = table(project, 'out.teams.csv').map(({ user, org, _migrate_code }) => [user, org, _migrate_code])
    expect(teams).toEqual([
      ['1', 'bolt', 'unknown_role'],
      ['2', 'acme', 'user_rejected'],
      ['9', 'acme', 'unmatched_row'],
    ])
    expect(existsSync(project.path('out.csv'))).toBe(false)
  })

  test('never overwrites a file because of a stream name', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [])
    const own = { users: { path: './out.users.csv' }, teams: { path: './out.teams.csv', join } }
    files(project, { type: 'file', streams: own }, workos)
    project.write('out.users.csv', 'id;email\n2;nonsense\n')
    project.write('out.teams.csv', 'user;org;role\n9;acme;admin\n')
    const { exit, stderr } = await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(exit).toBe(3)
    expect(stderr).toContain('which is a file of the source')
    expect(readFileSync(project.path('out.users.csv'), 'utf8')).toBe('id;email\n2;nonsense\n')
  })

  test('keeps the delimiter of the manifest, and is readable in any encoding', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [])
    const written = { delimiter: ';', encoding: 'latin1' }
    const source = (path: string) => ({ type: 'file', streams: { users: { path, ...written } } })
    files(project, source('./users.csv'), workos)
    project.write('users.csv', 'id;email;note\n1;nonsense;a,b\n')
    await project.run(['plan', '--rejects', 'out.csv'], { env })
    const text = readFileSync(project.path('out.csv'), 'utf8').replace('a,b', 'Zoë')
    project.write('out.csv', text)
    files(project, source('./out.csv'), workos)
    const { stdout } = await project.run(['plan', '--json', '--rejects', 'again.csv'], { env })
    expect(JSON.parse(stdout).rejects).toMatchObject([{ key: '1', field: 'email' }])
    expect(readFileSync(project.path('again.csv'), 'utf8')).toContain(';Zoë;')
  })

  test.each([
    'ndjson',
    'json',
  ])('of JSON writes its records as %s, which are accepted after a correction', async (ending) => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [])
    const source = (path: string) => ({ type: 'file', streams: { users: { path } } })
    files(project, source('./users.json'), workos)
    const extra = { phone: '+49', tags: 'a' }
    const people = [
      { id: '1', email: 'a@example.com', teams: [] },
      { id: '2', email: 'nonsense', extra, teams: [{ org: 'acme', role: 'admin' }] },
      { id: '3', email: 'c@example.com', extra, teams: [{ org: 'acme', role: 'nobody' }] },
    ]
    // All records are on one line.
    project.write('users.json', JSON.stringify(people))
    const { stderr } = await project.run(['plan', '--rejects', `out.${ending}`], { env })
    expect(stderr).toContain(`Wrote 2 rows of users to out.${ending}.\n`)
    const text = readFileSync(project.path(`out.${ending}`), 'utf8')
    const rows =
      ending === 'json'
        ? JSON.parse(text)
        : text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
    expect(rows).toMatchObject([
      { ...people[1], _migrate_code: 'invalid_email' },
      { ...people[2], _migrate_code: 'unknown_role' },
    ])
    project.write(
      `out.${ending}`,
      text.replace('"nonsense"', '"b@example.com"').replace('"role":"nobody"', '"role":"admin"'),
    )
    files(project, source(`./out.${ending}`), workos)
    const { exit, stdout } = await project.run(['apply', '--yes'], { env })
    expect(exit, stdout).toBe(0)
    const { users } = await workos.snapshot()
    expect(users.map(({ email, metadata }) => [email, metadata])).toEqual([
      ['b@example.com', extra],
      ['c@example.com', extra],
    ])
  })

  test('of JSON as CSV has nested values as JSON, and invalid lines unchanged', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [])
    files(project, { type: 'file', streams: { users: { path: './users.ndjson' } } }, workos)
    const teams = [{ org: 'acme', role: 'nobody' }]
    project.write('users.ndjson', `${JSON.stringify({ id: 2, email: 'a@example.com', teams })}\n{"id": 3,\n`)
    await project.run(['plan', '--rejects', 'out.csv'], { env })
    expect(table(project, 'out.csv')).toMatchObject([
      { id: '2', email: 'a@example.com', teams: JSON.stringify(teams), _migrate_code: 'unknown_role' },
      { id: '', email: '', _migrate_code: 'bad_json', _migrate_text: '{"id": 3,' },
    ])
  })
})

test('rows that a join ignores are listed with the option that ignores them', async () => {
  const workos = await startWorkos()
  const project = peopleProject(workos, [])
  const join = { into: 'users', key: 'user', to: 'id', unmatched: 'ignore' }
  const source = { type: 'file', streams: { users: { path: './users.csv' }, teams: { path: './teams.csv', join } } }
  const map = { user: { externalId: 'id', email: 'email' } }
  project.manifest({ version: 1, name: 'files', source, map, target: workos.target })
  project.write('users.csv', 'id,email\n1,a@example.com\n')
  project.write('teams.csv', 'user,org\n1,acme\n9,acme\n,bolt\n')
  const { stdout } = await project.run(['plan', '--json'], { env })
  const { leftOut, accounting } = JSON.parse(stdout)
  const path = 'source.streams.teams.join.unmatched'
  expect(leftOut.toSorted((a: { origin: string }, b: { origin: string }) => (a.origin < b.origin ? -1 : 1))).toEqual([
    { stream: 'teams', kind: null, key: null, origin: './teams.csv:3', path },
    { stream: 'teams', kind: null, key: null, origin: './teams.csv:4', path },
  ])
  expect(accounting.streams[1]).toMatchObject({ ignored: 2 })
  const text = await project.run(['plan'], { env })
  expect(text.stdout).toContain(`\nLeft out (2)\n`)
  expect(text.stdout).toContain(`  · ./teams.csv:3  a record of teams  by ${path}\n`)
})

test('records of a snapshot are written as read', async () => {
  const rows = [person('ada'), person('bea', { email: 'nonsense' })]
  const project = peopleProject(await startWorkos(), rows, lenient)
  await project.run(['export', '--out', 'snapshot'], { env })
  project.remove('users.csv')
  const { exit, stderr } = await project.run(['plan', '--snapshot', 'snapshot', '--rejects', 'out.csv'], { env })
  expect(exit, stderr).toBe(0)
  expect(table(project, 'out.csv')).toMatchObject([{ ...rows[1], _migrate_code: 'invalid_email' }])
  await project.run(['apply', '--snapshot', 'snapshot', '--yes'], { env })
  const errors = await project.run(['errors', '--csv', 'errors.csv', '--snapshot', 'snapshot'])
  expect(errors.exit, errors.stderr).toBe(0)
  expect(readFileSync(project.path('errors.csv'), 'utf8')).toBe(readFileSync(project.path('out.csv'), 'utf8'))
})
