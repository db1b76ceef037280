import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import type { Project } from '../../e2e/cli.ts'
import { member, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'

const env = { KEY }
const ROWS = [
  member('ada', 'acme'),
  member('bea', 'acme', {
    password_hash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    password_hash_type: 'bcrypt',
  }),
  person('cleo', { email: 'nonsense' }),
  person('dora'),
]
/** As in docs/how-to/rejects.md. */
const environments = { corrected: { source: { path: './out.csv' }, prune: [] } }
const lenient = { safety: { maxRejects: 5, maxFailures: 100 } }

function table(project: Project, name: string): Record<string, string>[] {
  return parse(readFileSync(project.path(name), 'utf8'), { columns: true, bom: true })
}

/** A run in which WorkOS rejects one user. */
async function failedRun() {
  const interceptor = {
    before({
      request,
      response,
      text,
    }: {
      request: { method?: string }
      response: import('node:http').ServerResponse
      text: string
    }) {
      if (request.method === 'GET' || !text.includes('bea@example.com')) return false
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code: 'invalid_email', message: 'No such domain.' }))
      return true
    },
  }
  const workos = await startWorkos({ interceptor })
  const project = peopleProject(workos, ROWS, { ...lenient, prune: ['user', 'membership'], environments })
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect(exit, stderr).toBe(7)
  return { workos, project }
}

const told = (rows: Record<string, string>[]) =>
  rows.map((row) => [row.email, row._migrate_outcome, row._migrate_resource, row._migrate_code])

test('failed, blocked and rejected rows are written unchanged, without a key or WorkOS', async () => {
  const { project } = await failedRun()
  const { exit, stderr } = await project.run(['errors', '--csv', 'out.csv'])
  expect(exit, stderr).toBe(0)
  expect(stderr).toContain('Wrote 2 rows of users to out.csv.\n')
  expect(statSync(project.path('out.csv')).mode & 0o777).toBe(0o600)
  const written = table(project, 'out.csv')
  expect(told(written)).toEqual([
    ['bea@example.com', 'failed', 'user:id-bea', 'invalid_email'],
    ['nonsense', 'rejected', 'user:id-cleo', 'invalid_email'],
  ])
  expect(written[0]).toMatchObject(ROWS[1] ?? {})
  expect(written[0]?._migrate_reason).toBe('No such domain.')
  expect(project.list('.workos-migrate').filter((name) => name.startsWith('scratch'))).toEqual([])
})

test('corrected rows are the source of the next apply', async () => {
  const { workos, project } = await failedRun()
  await project.run(['errors', '--csv', 'out.csv'])
  const text = readFileSync(project.path('out.csv'), 'utf8')
  project.write(
    'out.csv',
    text.replace('bea@example.com', 'beatrix@example.com').replace('nonsense', 'cleo@example.com'),
  )
  const { exit, stdout } = await project.run(['apply', '-e', 'corrected', '--yes'], { env })
  expect(exit, stdout).toBe(0)
  expect(stdout).toContain('No longer in the source; kept in WorkOS (3)')
  const { users, memberships } = await workos.snapshot()
  expect(users.map(({ email }) => email).sort()).toEqual(
    ['ada', 'beatrix', 'cleo', 'dora'].map((name) => `${name}@example.com`),
  )
  expect(memberships.map(([key]) => key)).toEqual(['ada@example.com@@acme', 'beatrix@example.com@@acme'])
})

test('for a changed source, only key, reason and place are written', async () => {
  const { project } = await failedRun()
  project.csv('users.csv', [person('zoe'), ...ROWS])
  const { exit, stderr } = await project.run(['errors', '--csv', 'out.csv'])
  expect(exit).toBe(0)
  expect(stderr).toContain('The source has changed since')
  expect(stderr).toContain('3 reasons without a row')
  const written = table(project, 'out.csv')
  expect(written.map((row) => [row._migrate_resource, row._migrate_place])).toEqual([
    ['membership:id-bea@acme', './users.csv:3'],
    ['user:id-bea', './users.csv:3'],
    ['user:id-cleo', './users.csv:4'],
  ])
  expect(Object.keys(written[0] ?? {}).every((name) => name.startsWith('_migrate_'))).toBe(true)
})

test('the same is true if the source is gone', async () => {
  const { project } = await failedRun()
  project.remove('users.csv')
  const { exit, stderr } = await project.run(['errors', '--csv', 'out.csv'])
  expect(exit).toBe(0)
  expect(stderr).toContain('The source cannot be read')
  expect(table(project, 'out.csv')).toHaveLength(3)
})

test('a file that the command needs is not overwritten', async () => {
  const { project } = await failedRun()
  for (const name of ['users.csv', 'migrate.config.yaml']) {
    const before = readFileSync(project.path(name), 'utf8')
    const { exit, stderr } = await project.run(['errors', '--csv', name])
    expect(exit).toBe(3)
    expect(stderr).toContain(`--csv names ${name}`)
    expect(readFileSync(project.path(name), 'utf8')).toBe(before)
  }
})

test('an earlier run has its own rows, from its source', async () => {
  const { workos, project } = await failedRun()
  project.csv('out.csv', ROWS.slice(0, 1))
  const { exit, stderr } = await project.run(['apply', '-e', 'corrected', '--yes'], { env })
  expect(exit, stderr).toBe(0)
  const last = await project.run(['errors', '-e', 'corrected', '--csv', 'none.csv'])
  expect(last.stderr).toContain('none.csv is not written')
  await project.run(['errors', '--run', '1', '--csv', 'out.csv'])
  expect(told(table(project, 'out.csv'))).toHaveLength(2)
  expect(workos.log.length).toBeGreaterThan(0)
})
