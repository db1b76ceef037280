import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openState } from '../../../src/state/open.ts'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { createProject, type Project } from '../../e2e/cli.ts'
import { member, peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'

const env = { KEY }
const STATE = '.workos-migrate/state.sqlite'
const ROWS = [
  member('ada', 'acme', { password_hash: 'odd', password_hash_type: 'unknown' }),
  person('bea'),
  person('cleo', { email: 'no address' }),
]

/** A project after a migration, with one of each file that the program writes. */
async function migrated(): Promise<Project> {
  const project = peopleProject(await startWorkos(), ROWS, {
    safety: { maxRejects: 10 },
    passwords: { unsupported: 'reset' },
    run: { workers: 1, limits: { writes: '100000/1s' } },
  })
  const run = async (...args: string[]) => {
    const { exit, stdout, stderr } = await project.run(args, { env })
    expect(exit, stderr).toBe(0)
    return stdout
  }
  const files = ['--rejects', 'bad.csv', '--resets', 'resets.csv', '--html', 'plan.html', '--merges', 'merges.json']
  project.write('plan.json', await run('plan', '--json', '--out', 'plan.ndjson', ...files))
  await run('apply', '--yes', '--events', 'events.log')
  project.write('verified.json', await run('verify', '--json'))
  await run('export', '--out', 'recorded')
  await run('state', 'backup')
  await run('state', 'backup', 'elsewhere.bak')
  return project
}

const WRITTEN = [
  'bad.csv',
  'events.log',
  'merges.json',
  'plan.html',
  'plan.json',
  'plan.ndjson',
  'recorded',
  'resets.csv',
  'verified.json',
]

/** All files of a project except locks, which stay. */
function listing({ folder }: Project): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => !/\.lock/.test(name)).toSorted()
}

interface Purged {
  items: { sort: string; path: string; bytes: number; fate: string }[]
  bytes: number
  sources: string[]
}

async function purged(project: Project, ...args: string[]): Promise<Purged> {
  const { exit, stdout, stderr } = await project.run(['purge', '--json', ...args], { env: {} })
  expect(exit, stderr).toBe(0)
  return JSON.parse(stdout)
}

const namesOf = ({ items }: Purged, { folder }: Project) =>
  items.map(({ path }) => path.slice(folder.length + 1)).sort()

test('the files of a migration are listed with sizes, and stay until approval', async () => {
  const project = await migrated()
  const before = listing(project)
  const found = await purged(project, '--dry-run')
  expect(namesOf(found, project)).toEqual(WRITTEN)
  expect(found.bytes).toBe(found.items.reduce((sum, { bytes }) => sum + bytes, 0))
  expect(found.items.every(({ bytes, fate }) => bytes > 0 && fate === 'found')).toBe(true)
  expect(found.sources).toEqual([project.path('users.csv')])

  const refused = await project.run(['purge'])
  expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining('[approval_missing]') })
  const asked = await project.run(['purge'], { typed: 'no\n' })
  expect(asked).toMatchObject({ exit: 0, stderr: expect.stringContaining('Nothing was removed.') })
  expect(asked.stdout).toMatch(/recorded +snapshot +[\d.]+ B|recorded +snapshot +[\d.]+ KiB/)
  expect(listing(project)).toEqual(before)

  const removed = await project.run(['purge'], { typed: 'delete\n' })
  expect(removed).toMatchObject({ exit: 0, stdout: expect.stringContaining(`Removed ${WRITTEN.length} items`) })
  expect(removed.stderr).toContain('SSDs')
  expect(removed.stderr).toContain('Source files were not removed: users.csv')
  const left = before.filter((name) => !WRITTEN.some((gone) => name === gone || name.startsWith(`${gone}/`)))
  expect(listing(project)).toEqual(left)
  expect(await project.run(['plan', '--json'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['purge', '--yes'])).toMatchObject({ exit: 0, stdout: 'There is nothing to remove.\n' })
})

test('the state and its backups are removed only with --state', async () => {
  const project = await migrated()
  // The state of another environment and its backup must stay.
  project.write(`${STATE}.note`, 'mine')
  const other = await project.run(['state', 'backup', '.workos-migrate/staging.sqlite'])
  expect(other.exit, other.stderr).toBe(0)
  const found = await purged(project, '--state', '--yes')
  const states = found.items.filter(({ sort }) => /state/.test(sort)).map(({ sort }) => sort)
  expect(states).toEqual(['state', 'backup of the state'])
  expect(existsSync(project.path(STATE))).toBe(false)
  expect(listing(project)).toEqual([
    '.workos-migrate',
    '.workos-migrate/staging.sqlite',
    `${STATE}.note`,
    'elsewhere.bak',
    'migrate.config.yaml',
    'users.csv',
  ])
})

test('the data of an embedded sandbox is removed with the state', async () => {
  const project = createProject()
  project.csv('users.csv', [person('ada')])
  project.manifest({ version: 1, source: { type: 'csv', path: 'users.csv' }, target: { type: 'sandbox' } })
  expect(await project.run(['apply', '--yes'])).toMatchObject({ exit: 0 })
  expect((await purged(project, '--dry-run')).items).toEqual([])
  const { items } = await purged(project, '--state', '--yes')
  expect(items.map(({ sort, fate }) => [sort, fate])).toEqual([
    ['state', 'removed'],
    ['sandbox', 'removed'],
  ])
  expect(project.list('.workos-migrate').filter((name) => !name.includes('.lock'))).toEqual([])
})

describe('it never touches', () => {
  const OTHERS: Record<string, string> = {
    'plan.ndjson': '{"format":"another-plan"}\n',
    'report.html': '<!doctype html>\n<html><head><title>workos-migrate</title></head></html>\n',
    'snapshot.json': '{"format":"workos-migrate-snapshot"}\n',
    'bad.csv': 'email,_migrate_reason\n',
    'resets.csv': 'email,reason\n',
    'plan.json': '{"formats":"workos-migrate-plan-report"}\n',
    'backup.sqlite.20260101T000000000Z.bak': 'SQLite format 3\0',
  }

  test('files that only look like its own', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    for (const [name, content] of Object.entries(OTHERS)) project.write(name, content)
    // An edited snapshot is not recognized.
    project.write('edited/snapshot.json', '{"format":"workos-migrate-snapshot","version":1}')
    project.write('unfinished.next/progress.sqlite', 'not a database')
    project.write(`${STATE}.20260101T000000000Z.bak`, 'not a backup')
    mkdirSync(project.path(`scratch-elsewhere-1-abc`))
    const before = listing(project)
    expect((await purged(project, '--state', '--yes')).items).toEqual([])
    expect(listing(project)).toEqual(before)
  })

  test('a source file that it wrote itself', async () => {
    const project = await migrated()
    const bad = listing(project).includes('bad.csv')
    expect(bad).toBe(true)
    project.manifest({ version: 1, source: { type: 'csv', path: 'bad.csv' }, target: { type: 'sandbox' } })
    const found = await purged(project, '--yes')
    expect(namesOf(found, project)).not.toContain('bad.csv')
    expect(found.sources).toEqual([project.path('bad.csv')])
    expect(existsSync(project.path('bad.csv'))).toBe(true)
  })

  test('the target of a link', async () => {
    const project = await migrated()
    const other = createProject()
    symlinkSync(project.path('plan.ndjson'), other.path('plan.ndjson'))
    symlinkSync(project.path('recorded'), other.path('recorded'))
    other.manifest({ version: 1, source: { type: 'csv', path: 'users.csv' }, target: { type: 'sandbox' } })
    expect((await purged(other, '--yes')).items).toEqual([])
    expect(existsSync(project.path('plan.ndjson'))).toBe(true)
  })

  test('other files in a snapshot folder, which then stays', async () => {
    const project = await migrated()
    project.write('recorded/notes.txt', 'mine')
    const { items } = await purged(project, '--yes')
    expect(items.find(({ sort }) => sort === 'snapshot')?.fate).toBe('kept')
    expect(project.list('recorded')).toEqual(['notes.txt'])
  })

  test('the notes next to a removed snapshot, as the message says', async () => {
    const project = await migrated()
    project.write('recorded/notes.txt', 'mine')
    const { stdout } = await project.run(['purge', '--yes'], { env: {} })
    expect(stdout).toContain('recorded: its snapshot was removed; the folder stays, because it contains other files\n')
  })

  test('any file while another process uses the state', async () => {
    const project = await migrated()
    onTestFinished(acquireLock(project.path(STATE), 'apply', new Date()))
    expect(await project.run(['purge', '--yes'])).toMatchObject({ exit: 6 })
    expect(existsSync(project.path('plan.ndjson'))).toBe(true)
    // A dry run is still possible.
    expect(namesOf(await purged(project, '--dry-run'), project)).toEqual(WRITTEN)
  })
})

test('a shared state in a database is not removed', async () => {
  const project = createProject()
  const state = { type: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' }
  project.manifest({
    version: 1,
    name: 'shared',
    source: { type: 'csv', path: 'users.csv' },
    target: { type: 'sandbox' },
    state,
  })
  const refused = await project.run(['purge', '--state', '--dry-run'])
  expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining('[state_shared]') })
  expect(refused.stderr).not.toContain('on this machine')
  expect(await project.run(['purge', '--dry-run'])).toMatchObject({ exit: 0 })
  // From before the state was shared.
  mkdirSync(project.path('.workos-migrate'), { recursive: true })
  const path = project.path('.workos-migrate/state.sqlite')
  await (await openState({ type: 'file', path }, { command: 'apply', now: new Date() })).close()
  const named = await project.run(['purge', '--state', '--dry-run'])
  expect(named).toMatchObject({ exit: 3, stderr: expect.stringContaining(path) })
})

test('files are selected by age, and from more folders', async () => {
  const project = await migrated()
  mkdirSync(project.path('reports'))
  const report = await project.run(['errors', '--json'], { env })
  writeFileSync(project.path('reports/errors.json'), report.stdout)
  const old = new Date(Date.now() - 40 * 24 * 3_600_000)
  for (const name of ['plan.ndjson', 'reports/errors.json']) utimesSync(project.path(name), old, old)
  const aged = await purged(project, '--older-than', '30d', '--in', 'reports', '--dry-run')
  expect(namesOf(aged, project)).toEqual(['plan.ndjson', 'reports/errors.json'])
  expect(namesOf(await purged(project, '--dry-run'), project)).not.toContain('reports/errors.json')
  expect(await project.run(['purge', '--older-than', 'old'])).toMatchObject({ exit: 3 })
  expect(await project.run(['purge', '--in', 'nowhere', '--dry-run'])).toMatchObject({ exit: 3 })
})

test('files of a killed run are removed too', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  const scratch = project.path(join('.workos-migrate', `scratch-${hostname()}-1-dead00`))
  mkdirSync(scratch, { recursive: true })
  project.write(join('.workos-migrate', `scratch-${hostname()}-1-dead00`, 'in-use.lock'), '')
  project.write(join('.workos-migrate', `scratch-${hostname()}-1-dead00`, 'run.sqlite'), 'hashes')
  const { items } = await purged(project, '--yes')
  expect(items.map(({ sort, fate }) => [sort, fate])).toEqual([['scratch folder', 'removed']])
  expect(existsSync(scratch)).toBe(false)
})

test('an interrupted snapshot is removed too', async () => {
  const { DatabaseSync } = await import('node:sqlite')
  const project = peopleProject(await startWorkos(), ROWS)
  const folder = '.workos-migrate/snapshots/clerk-00000000.next'
  project.write(`${folder}/users.ndjson.gz`, 'rows')
  const db = new DatabaseSync(project.path(`${folder}/progress.sqlite`))
  db.exec(`CREATE TABLE about (version, source, identity, started_at); CREATE TABLE streams (name, file);
    INSERT INTO streams VALUES ('users', 'users.ndjson.gz'), ('evil', '../../../users.csv')`)
  db.close()
  const { items } = await purged(project, '--yes')
  expect(items.map(({ sort, fate }) => [sort, fate])).toEqual([['unfinished snapshot', 'removed']])
  expect(project.list('.workos-migrate/snapshots')).toEqual([])
  expect(existsSync(project.path('users.csv'))).toBe(true)
})
