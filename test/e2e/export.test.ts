import { appendFileSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createProject, type Project } from './cli.ts'
import { member, peopleManifest, person } from './people.ts'
import { FAST, KEY, startWorkos, type Workos } from './workos.ts'

const env = { KEY }

/**
 * A project of each kind of file source, with rows that are rejected by the source, rejected by a
 * rule, and merged.
 */
const projects: Record<string, (workos: Workos) => Project> = {
  csv(workos) {
    const project = createProject()
    const rows = [
      member('ada', 'acme', { role_slugs: 'admin' }),
      member('ben', 'acme'),
      person('cyd', { email: 'no address' }),
      member('ada', 'borealis'),
    ]
    project.csv('users.csv', rows)
    appendFileSync(project.path('users.csv'), 'dan@example.com,a row of another length\n')
    project.manifest(peopleManifest(workos, { safety: { maxRejects: '100%' } }))
    return project
  },
  clerk({ target }) {
    const project = createProject()
    const digest = `$2b$10$${'a'.repeat(53)}`
    project.csv('users.csv', [
      { id: 'user_1', primary_email_address: 'ada@example.com', password_digest: digest, password_hasher: 'bcrypt' },
      { id: 'user_2', primary_email_address: 'ben@example.com', password_digest: 'x', password_hasher: 'md5' },
      { id: '', primary_email_address: 'cyd@example.com' },
      { id: 'user_4', primary_email_address: 'ADA@example.com', first_name: 'Ada' },
    ])
    project.csv('memberships.csv', [
      { clerk_user_id: 'user_1', org_external_id: 'acme', org_name: 'Acme' },
      { clerk_user_id: 'user_4', org_external_id: 'borealis', org_name: 'Borealis' },
      { clerk_user_id: 'user_9', org_external_id: 'acme', org_name: 'Acme' },
    ])
    project.manifest({
      version: 1,
      name: 'people',
      source: { type: 'clerk', users: './users.csv', memberships: './memberships.csv' },
      roles: { unmapped: 'keep' },
      safety: { maxRejects: '100%' },
      target,
      run: FAST,
    })
    return project
  },
}

const FILES = ['users.csv', 'memberships.csv']

/** The contents of a plan, without its snapshot. */
async function planned(project: Project, args: readonly string[] = []): Promise<object> {
  const { stdout, stderr, exit } = await project.run(['plan', '--json', ...args], { env })
  if (exit !== 0) throw new Error(`plan ended with ${exit}: ${stderr}`)
  const { reading: _reading, ...plan } = JSON.parse(stdout)
  return { ...plan, warnings: stderr }
}

describe.each(Object.entries(projects))('an exported %s source', (_type, makeProject) => {
  test('results in the plan of the files, on another machine without the files', async () => {
    const workos = await startWorkos()
    const project = makeProject(workos)
    const fromFiles = await planned(project)
    // No key is set: the target is not used.
    expect(await project.run(['export', '--out', 'carried'])).toMatchObject({ exit: 0 })
    const elsewhere = createProject()
    cpSync(project.path('migrate.config.yaml'), elsewhere.path('migrate.config.yaml'))
    cpSync(project.path('carried'), elsewhere.path('carried'), { recursive: true })
    const fromSnapshot = await planned(elsewhere, ['--snapshot', 'carried'])
    expect(fromSnapshot).toEqual(fromFiles)

    expect((await elsewhere.run(['apply', '--yes', '--snapshot', 'carried'], { env })).exit).toBe(0)
    const verified = await elsewhere.run(['verify', '--strict', '--json', '--snapshot', 'carried'], { env })
    expect(JSON.parse(verified.stdout)).toMatchObject({
      reading: { partial: false, snapshot: { folder: elsewhere.path('carried') } },
      kinds: expect.arrayContaining([expect.objectContaining({ kind: 'user', missing: 0, different: 0 })]),
    })
    for (const file of project.list('.').filter((name) => FILES.includes(name))) {
      cpSync(project.path(file), elsewhere.path(file))
    }
    expect((await elsewhere.run(['apply', '--yes'], { env })).stdout).toContain('Nothing to apply')
  })

  test('shows what it contains, and is as private as the files', async () => {
    const project = makeProject(await startWorkos())
    const text = await project.run(['export'])
    expect(text.exit).toBe(0)
    expect(text.stdout).toMatch(/^Snapshot of the source \w+, read \d{4}-\d\d-\d\d \d\d:\d\d UTC in \d+ s\n/)
    expect(text.stdout).toMatch(/users \(\.\/users\.csv\)\s+\d+\s+= \d+ records\s+\+ 1 rejected\n/)
    expect(text.stdout).toContain('workos-migrate plan --snapshot')
    const json = await project.run(['export', '--json'])
    const { folder, streams, counts, digest } = JSON.parse(json.stdout)
    expect(text.stdout).toContain(folder)
    expect(text.stdout).toContain(digest)
    expect(readdirSync(join(project.folder, '.workos-migrate', 'snapshots'))).toHaveLength(1)
    expect(counts[0]).toMatchObject({ stream: 'users', role: 'main', rejected: 1 })
    for (const { file, bytes, records } of streams) {
      const packed = readFileSync(join(folder, file))
      expect(packed.length).toBe(bytes)
      expect(gunzipSync(packed).toString().split('\n')).toHaveLength(records + 1)
    }
    const private_ = ['', '..', '../..'].map((path) => statSync(join(folder, path)).mode & 0o777)
    expect(private_).toEqual([0o700, 0o700, 0o700])
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(project.list('.workos-migrate').filter((name) => name.startsWith('scratch-'))).toEqual([])
  })
})

describe('a plan saved from a snapshot', () => {
  test('finds the snapshot again if both are moved together', async () => {
    const workos = await startWorkos()
    const project = projects.csv?.(workos)
    if (project === undefined) throw new Error('no project')
    await project.run(['export', '--out', 'data/snapshot'])
    for (const file of FILES) project.remove(file)
    expect((await project.run(['plan', '--snapshot', 'data/snapshot', '--out', 'plan.ndjson'], { env })).exit).toBe(0)
    const carried = `${project.folder}-carried`
    renameSync(project.folder, carried)
    const moved = createProject()
    rmSync(moved.folder, { recursive: true })
    renameSync(carried, moved.folder)
    const applied = await moved.run(['apply', 'plan.ndjson'], { env })
    expect(applied.stderr).toBe('')
    expect(applied.exit).toBe(0)
    expect((await workos.snapshot()).users).toHaveLength(2)
  })

  test('is out of date if the snapshot differs by now, and has a remedy if it is missing', async () => {
    const workos = await startWorkos()
    const project = projects.csv?.(workos)
    if (project === undefined) throw new Error('no project')
    await project.run(['export', '--out', 'snapshot'])
    await project.run(['plan', '--snapshot', 'snapshot', '--out', 'plan.ndjson'], { env })
    project.csv('users.csv', [member('eve', 'acme')])
    await project.run(['export', '--out', 'snapshot'])
    const stale = await project.run(['apply', 'plan.ndjson'], { env })
    expect(stale.exit).toBe(8)
    expect(stale.stderr).toContain('the source has changed')
    project.remove('snapshot')
    const gone = await project.run(['apply', 'plan.ndjson'], { env })
    expect(gone.exit).toBe(1)
    expect(gone.stderr).toContain('[no_snapshot]')
    expect((await workos.snapshot()).users).toEqual([])
  })
})

describe('the command line', () => {
  test('rejects the options to read again and not to read together', async () => {
    const project = projects.csv?.(await startWorkos())
    if (project === undefined) throw new Error('no project')
    for (const command of ['plan', 'apply', 'verify']) {
      const { exit, stderr } = await project.run([command, '--fresh', '--snapshot', 'x'], { env })
      expect([command, exit, stderr]).toEqual([command, 3, expect.stringContaining('[options_contradict]')])
    }
  })

  test('rejects a snapshot of another type of source, and a folder that is not a snapshot', async () => {
    const workos = await startWorkos()
    const [csv, clerk] = [projects.csv?.(workos), projects.clerk?.(workos)]
    if (csv === undefined || clerk === undefined) throw new Error('no projects')
    await clerk.run(['export', '--out', 'snapshot'])
    const other = await csv.run(['plan', '--snapshot', clerk.path('snapshot')], { env })
    expect([other.exit, other.stderr]).toEqual([1, expect.stringContaining('the source type clerk')])
    const none = await csv.run(['plan', '--snapshot', 'nowhere'], { env })
    expect([none.exit, none.stderr]).toEqual([1, expect.stringContaining('[no_snapshot]')])
  })

  test('does not replace other folders with an export', async () => {
    const project = projects.csv?.(await startWorkos())
    if (project === undefined) throw new Error('no project')
    project.write('docs/thesis.txt', 'dear')
    const { exit, stderr } = await project.run(['export', '--out', 'docs'])
    expect([exit, stderr]).toEqual([3, expect.stringContaining('[folder_in_use]')])
    expect(project.list('docs')).toEqual(['thesis.txt'])
    writeFileSync(project.path('file'), '')
    expect((await project.run(['export', '--out', 'file'])).exit).toBe(3)
  })
})
