import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import type { Project } from '../../e2e/cli.ts'
import { member, peopleProject, person, type Row } from '../../e2e/people.ts'
import { KEY, startWorkos, type Workos, writes } from '../../e2e/workos.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('bea', 'acme'), person('cleo')]
const STATE = '.workos-migrate/state.sqlite'

async function applied(workos: Workos, rows: readonly Row[] = ROWS): Promise<Project> {
  const project = peopleProject(workos, rows)
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect(exit, stderr).toBe(0)
  workos.takeLog()
  return project
}

async function list(project: Project): Promise<Record<string, string>> {
  const { stdout } = await project.run(['state', 'list', '--json'])
  const lines = stdout.split('\n').filter((line) => line !== '')
  return Object.fromEntries(
    lines.map((line) => JSON.parse(line)).map(({ kind, key, ownership }) => [`${kind}:${key}`, ownership]),
  )
}

const idOf = async (workos: Workos, name: string) =>
  (await workos.snapshot()).users.find(({ email }) => email === `${name}@example.com`)?.id ?? ''

test('state show uses singular and plural for writes', async () => {
  const project = peopleProject(await startWorkos(), [person('cleo')], { roles: { define: {} } })
  const runs = async () => {
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    return (await project.run(['state', 'show'])).stdout.split('\nruns\n')[1]
  }
  expect(await runs()).toMatch(/ 1 write, 1 created\n$/)
  project.csv('users.csv', [person('cleo'), person('ada'), person('bea')])
  expect(await runs()).toMatch(/ 2 writes, 2 created, 1 unchanged\n/)
})

describe('state backup', () => {
  test('writes a complete new file next to the state', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { exit, stdout, stderr } = await project.run(['state', 'backup'])
    const path = stdout.trimEnd()
    expect(exit, stderr).toBe(0)
    expect(path).toMatch(/state\.sqlite\.\d{8}T\d{9}Z\.bak$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(stderr).toContain('7 resources')
    const copy = openStateFile(path)
    expect(await copy.count('user')).toBe(3)
    await copy.close()
  })

  test('works during a run, and never replaces a file', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    onTestFinished(acquireLock(project.path(STATE), 'apply', new Date()))
    expect((await project.run(['state', 'backup', 'mine.bak'])).exit).toBe(0)
    const before = readFileSync(project.path('mine.bak'))
    const again = await project.run(['state', 'backup', 'mine.bak'])
    expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining('already exists')])
    expect(readFileSync(project.path('mine.bak'))).toEqual(before)
    const nowhere = await project.run(['state', 'backup', 'no/such/folder.bak'])
    expect([nowhere.exit, nowhere.stderr]).toEqual([3, expect.stringContaining('backup_unwritable')])
  })

  test('replaces a damaged state, and the next apply continues', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    await project.run(['state', 'backup'])
    writeFileSync(project.path(STATE), 'not a database at all'.repeat(500))
    const refused = await project.run(['apply', '--yes'], { env })
    expect(refused.exit).toBe(1)
    const backup = /cp (\S+) (\S+);/.exec(refused.stderr)
    expect(backup?.[2]).toBe(project.path(STATE))
    writeFileSync(project.path(STATE), readFileSync(backup?.[1] ?? ''))
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
  })
})

describe('state rm', () => {
  test('forgets and does not delete: the next apply finds and adopts it without a write', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { exit, stderr } = await project.run(['state', 'rm', 'user:id-cleo', '--yes'])
    expect(exit, stderr).toBe(0)
    expect(await list(project)).not.toHaveProperty('user:id-cleo')
    expect((await workos.snapshot()).users).toHaveLength(3)
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
    expect(await list(project)).toHaveProperty('user:id-cleo', 'adopted')
  })

  test('rejects resources with dependents, unless these go too or --force is set', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const alone = await project.run(['state', 'rm', 'user:id-ada', '--yes'])
    expect([alone.exit, alone.stderr]).toEqual([5, expect.stringContaining('membership:id-ada@acme on user:id-ada')])
    expect(Object.keys(await list(project))).toHaveLength(7)
    const together = ['state', 'rm', 'user:id-ada', 'membership:id-ada@acme', '--yes']
    expect((await project.run(together)).exit).toBe(0)
    expect((await project.run(['state', 'rm', 'organization:acme', '--yes'])).exit).toBe(5)
    expect((await project.run(['state', 'rm', 'organization:acme', '--yes', '--force'])).exit).toBe(0)
    expect(Object.keys(await list(project))).toHaveLength(4)
  })

  test('asks, and no changes nothing', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const args = ['state', 'rm', 'user:id-cleo']
    const unasked = await project.run(args)
    expect([unasked.exit, unasked.stderr]).toEqual([3, expect.stringContaining('--yes')])
    const no = await project.run(args, { typed: 'no\n' })
    expect([no.exit, no.stderr]).toEqual([0, expect.stringContaining('Nothing was forgotten')])
    expect(await list(project)).toHaveProperty('user:id-cleo')
    expect((await project.run(args, { typed: 'yes\n' })).exit).toBe(0)
    expect(await list(project)).not.toHaveProperty('user:id-cleo')
  })

  test('rejects an unknown address, and forgets none of the others', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { exit, stderr } = await project.run(['state', 'rm', 'user:id-cleo', 'user:nobody', '--yes'])
    expect([exit, stderr]).toEqual([3, expect.stringContaining('the state has no resource user:nobody')])
    expect(await list(project)).toHaveProperty('user:id-cleo')
  })

  test('does not wait for a running command', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    onTestFinished(acquireLock(project.path(STATE), 'apply', new Date()))
    expect((await project.run(['state', 'rm', 'user:id-cleo', '--yes'])).exit).toBe(6)
  })

  test('rejects resources with unfinished writes', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const state = openStateFile(project.path(STATE))
    const intent = { kind: 'user', key: 'id-cleo', action: 'update' as const, startedAt: '2026-01-01T00:00:00Z' }
    await state.commit({ intents: [{ ...intent, attributes: {}, digests: {}, refs: {} }], outcomes: [] })
    await state.close()
    const { exit, stderr } = await project.run(['state', 'rm', 'user:id-cleo', '--yes'])
    expect([exit, stderr]).toEqual([5, expect.stringContaining('write_open')])
  })
})

describe('state import', () => {
  const importing = (project: Project, ...args: string[]) => project.run(['state', 'import', ...args], { env })

  test('adopts a user with another email address only with --force', async () => {
    const workos = await startWorkos()
    const { id } = await workos.call('POST', '/user_management/users', {
      email: 'ada.l@example.com',
      first_name: 'Ada',
    })
    const project = peopleProject(workos, ROWS)
    workos.takeLog()
    const unsure = await importing(project, 'user:id-ada', id)
    expect([unsure.exit, unsure.stderr]).toEqual([5, expect.stringContaining('other_identity')])
    const { exit, stdout, stderr } = await importing(project, 'user:id-ada', id, '--force')
    expect(exit, stderr).toBe(0)
    expect(stdout).toContain(`user:id-ada is now ${id}: adopted`)
    expect(stdout).toContain('≠ email: "ada.l@example.com" in WorkOS, "ada@example.com" in the source')
    expect(writes(workos.takeLog())).toEqual([])

    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const { users, memberships } = await workos.snapshot()
    expect(users).toHaveLength(3)
    expect(memberships.map(([title]) => title)).toContain('ada.l@example.com@@acme')
    expect(await list(project)).toHaveProperty('user:id-ada', 'adopted')
  })

  test('another external ID needs --force too, even with the same email address', async () => {
    const workos = await startWorkos()
    const account = { email: 'ada@example.com', external_id: 'elsewhere-1', email_verified: true }
    const { id } = await workos.call('POST', '/user_management/users', account)
    const project = peopleProject(workos, ROWS)
    const unsure = await importing(project, 'user:id-ada', id)
    expect([unsure.exit, unsure.stderr]).toEqual([5, expect.stringContaining('external ID elsewhere-1')])
    expect((await importing(project, 'user:id-ada', id, '--force')).exit).toBe(0)
  })

  test('with a readable source, the next apply writes nothing to it', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    await project.run(['state', 'rm', 'user:id-cleo', '--yes'])
    expect((await importing(project, 'user:id-cleo', await idOf(workos, 'cleo'))).exit).toBe(0)
    workos.takeLog()
    expect((await project.run(['plan', '--refresh', '--detailed-exitcode'], { env })).exit).toBe(0)
  })

  test.each([
    ['an id that WorkOS does not have', ['user:id-cleo', 'user_nobody'], 3, 'not_in_workos'],
    ['a kind that there is not', ['person:id-cleo', 'user_x'], 3, 'unknown_kind'],
    ['no address', ['cleo', 'user_x'], 3, 'bad_address'],
    ['an address that the source does not have', ['user:id-zoe', 'CLEO'], 3, 'not_desired'],
    ["an organization's id for a user", ['user:id-cleo', 'ACME'], 3, 'not_in_workos'],
    ['an id that stands for another', ['user:id-cleo', 'ADA'], 5, 'id_claimed'],
    ['an address that has one', ['user:id-ada', 'CLEO'], 5, 'address_taken'],
    ["somebody else's membership", ['membership:id-ada@acme', 'BEA@ACME'], 5, 'other_identity'],
    [
      'a membership of a user that the state does not know',
      ['membership:id-bea@acme', 'BEA@ACME'],
      5,
      'reference_unknown',
    ],
  ] as const)('rejects %s', async (_, [address, id], exit, code) => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { users, organizations, membershipIds } = await workos.snapshot()
    const ids: Record<string, string | undefined> = {
      ADA: users.find(({ email }) => email === 'ada@example.com')?.id,
      CLEO: users.find(({ email }) => email === 'cleo@example.com')?.id,
      ACME: organizations[0]?.id,
      'BEA@ACME': membershipIds.get('bea@example.com@@acme'),
    }
    const forgotten = ['user:id-cleo', 'membership:id-ada@acme', 'membership:id-bea@acme', 'user:id-bea']
    await project.run(['state', 'rm', ...forgotten, '--yes'])
    const before = await list(project)
    workos.takeLog()
    const refused = await importing(project, address, ids[id] ?? id)
    expect([refused.exit, refused.stderr]).toEqual([exit, expect.stringContaining(`[${code}]`)])
    expect(await list(project)).toEqual(before)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('without a source it uses the values in WorkOS, also for a membership', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    const { membershipIds } = await workos.snapshot()
    await project.run(['state', 'rm', 'membership:id-ada@acme', 'user:id-cleo', '--yes'])
    project.remove('users.csv')
    const user = await importing(project, 'user:id-cleo', await idOf(workos, 'cleo'))
    expect(user.exit, user.stderr).toBe(0)
    expect(user.stderr).toContain('source_not_read')
    const wrong = await importing(project, 'membership:id-cleo@acme', membershipIds.get('ada@example.com@@acme') ?? '')
    expect([wrong.exit, wrong.stderr]).toEqual([5, expect.stringContaining('other_references')])
    const right = await importing(project, 'membership:id-ada@acme', membershipIds.get('ada@example.com@@acme') ?? '')
    expect(right.exit, right.stderr).toBe(0)
    const shown = JSON.parse((await project.run(['state', 'show', 'membership:id-ada@acme', '--json'])).stdout)
    expect(shown).toMatchObject({ ownership: 'adopted', refs: { user: 'id-ada', organization: 'acme' } })
    project.csv('users.csv', ROWS)
    workos.takeLog()
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('manual changes are in the list of runs', async () => {
    const workos = await startWorkos()
    const project = await applied(workos)
    await project.run(['state', 'rm', 'user:id-cleo', '--yes'])
    await importing(project, 'user:id-cleo', await idOf(workos, 'cleo'))
    const { stdout } = await project.run(['state', 'show'])
    expect(stdout).toMatch(
      /1 {2}\S+ {2}apply {2}completed.*\n.*2 {2}\S+ {2}state rm {2}completed {2}1 forgotten\n.*state import {2}completed {2}1 imported/,
    )
    expect((await project.run(['errors'])).stdout).toContain('Run 1')
  })
})

test('a large state is listed and exported as a stream, or one kind of it', async () => {
  const workos = await startWorkos()
  const project = await applied(workos)
  const state = openStateFile(join(project.folder, STATE))
  const outcomes = Array.from({ length: 5_000 }, (_, n) => ({
    type: 'saved' as const,
    resource: {
      kind: 'user',
      key: n === 0 ? '=cmd|calc' : `x${n}`,
      id: `user_${n}`,
      attributes: {},
      digests: {},
      refs: {},
      ownership: 'created' as const,
      run: 1,
    },
  }))
  await state.commit({ intents: [], outcomes })
  await state.close()
  const listed = await project.run(['state', 'list', '--kind', 'user'])
  expect(listed.stdout.trimEnd().split('\n')).toHaveLength(5_003)
  const exported = await project.run(['state', 'export', '--kind', 'user'])
  expect(exported.stdout.trimEnd().split('\n')).toHaveLength(5_004)
  expect(exported.stdout).toContain("user,'=cmd|calc,")
})
