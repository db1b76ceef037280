import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../src/sandbox/server.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { Project } from './cli.ts'
import { byKind } from './kinds.ts'
import { member, peopleManifest, peopleProject, type Row } from './people.ts'
import { type Body, KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const USERS = '/user_management/users'
const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const ANOTHER = BCRYPT.replace('N9q', 'M9q')
const PASSWORD = { password_hash: BCRYPT, password_hash_type: 'bcrypt' }
const ALL_MAY_STAY = { safety: { maxRejects: '100%' } }

const signUp = (workos: Workos, name: string, verified: boolean): Promise<Body> =>
  workos.call('POST', USERS, { email: `${name}@example.com`, email_verified: verified })

async function ownership(project: Project, kind: string, key: string): Promise<string | undefined> {
  const state = openStateFile(project.path('.workos-migrate/state.sqlite'))
  const resource = await state.get(kind, key)
  await state.close()
  return resource?.ownership
}

async function planned(project: Project): Promise<{ actions: Row[] }> {
  return JSON.parse((await project.run(['plan', '--json'], { env })).stdout)
}

/** Whether a request creates this user and is not the test's own. */
function creates({ request, text }: Exchange, name: string): boolean {
  return request.method === 'POST' && request.url === USERS && text.includes(`${name}@example.com`)
}

/** Bodies of successful writes of a hash to this account. */
const hashesFor = (workos: Workos, id: string) =>
  writes(workos.log).filter(({ path, body }) => path.includes(id) && JSON.stringify(body).includes('$2b$'))

/** An apply that is killed while the request that creates Ada hangs, and never reaches WorkOS. */
async function killedBeforeAda(rows: readonly Row[], manifest: object = {}) {
  const reached = Promise.withResolvers<void>()
  let armed = true
  const workos = await startWorkos({
    interceptor: {
      async before(exchange) {
        if (!armed || !creates(exchange, 'ada')) return false
        reached.resolve()
        return true
      },
    },
  })
  const project = peopleProject(workos, rows, manifest)
  const child = project.spawn(['apply', '--yes'], env)
  await reached.promise
  child.process.kill('SIGKILL')
  expect((await child.result).signal).toBe('SIGKILL')
  armed = false
  return { workos, project }
}

describe('the request hangs, the process is killed, and someone signs up with the address', () => {
  const rows = [member('ada', 'acme', { ...PASSWORD, email_verified: 'yes' }), member('bea', 'acme', PASSWORD)]

  test('a verified account is adopted: never owned, given no hash, never deleted', async () => {
    const { workos, project } = await killedBeforeAda(rows)
    const { id } = await signUp(workos, 'ada', true)
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect(applied.stdout).toContain('1 not sent: in WorkOS before')
    expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
    const { users, memberships } = await workos.snapshot()
    expect(users.find((user) => user.id === id)).toMatchObject({ external_id: 'id-ada' })
    expect(memberships.map(([title]) => title)).toContain('ada@example.com@@acme')
    expect(hashesFor(workos, id)).toEqual([])
    const destroyed = await project.run(['destroy', '--confirm', 'people', '--include-changed', '--include-active'], {
      env,
    })
    expect(destroyed.exit, destroyed.stdout).toBe(0)
    expect((await workos.snapshot()).users.map((user) => user.id)).toEqual([id])
  })

  test('an unverified one is blocked and listed, gets nothing, and adopt.unverified: allow adopts the account', async () => {
    const { workos, project } = await killedBeforeAda(rows, ALL_MAY_STAY)
    const before = await signUp(workos, 'ada', false)
    const applied = await project.run(['apply', '--yes'], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    const { users, memberships } = await workos.snapshot()
    expect(users).toContainEqual(before)
    expect(memberships.map(([title]) => title)).toEqual(['bea@example.com@@acme'])
    expect((await planned(project)).actions).toMatchObject([
      { key: 'id-ada', type: 'blocked', code: 'unverified_account', message: expect.stringContaining(before.id) },
      { key: 'id-ada@acme', type: 'blocked', code: 'dependency_blocked' },
    ])
    const { stdout } = await project.run(['errors'], { env })
    expect(stdout).toContain('ada@example.com')
    expect(stdout).toContain('adopt.unverified: allow')

    project.manifest(peopleManifest(workos, { adopt: { unverified: 'allow' } }))
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    const live = await workos.snapshot()
    expect(live.users).toContainEqual(
      expect.objectContaining({ id: before.id, external_id: 'id-ada', email_verified: false }),
    )
    expect(live.memberships).toHaveLength(2)
    expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
    expect(hashesFor(workos, before.id)).toEqual([])
  })
})

describe('between plan and write', () => {
  /** A world in which something happens once, as the request that creates Ada arrives. */
  async function world(
    happens: (workos: Workos, exchange: Exchange) => Promise<boolean>,
    rows = [member('ada', 'acme', PASSWORD)],
  ) {
    let done = false
    const workos: Workos = await startWorkos({
      interceptor: {
        async before(exchange) {
          if (done || !creates(exchange, 'ada')) return false
          done = true
          return happens(workos, exchange)
        },
      },
    })
    return { workos, project: peopleProject(workos, rows, ALL_MAY_STAY) }
  }

  const drop = ({ request }: Exchange): true => {
    request.socket.destroy()
    return true
  }

  test.each([
    ['our create is rejected', () => false],
    ['our create is not answered', drop],
  ])('an unverified account is created and %s: blocked with its memberships', async (_what, then) => {
    const { workos, project } = await world(async (workos, exchange) => {
      await signUp(workos, 'ada', false)
      return then(exchange)
    })
    const applied = await project.run(['apply', '--yes', '--json'], { env })
    expect(applied.exit, applied.stdout).toBe(7)
    const result = JSON.parse(applied.stdout)
    expect(byKind(result.kinds)).toMatchObject({ user: { blocked: 1, failed: 0 }, membership: { blocked: 1 } })
    expect(result.failures).toContainEqual(expect.objectContaining({ key: 'id-ada', code: 'unverified_account' }))
    const { users, memberships } = await workos.snapshot()
    expect(users).toMatchObject([{ external_id: null, first_name: null, email_verified: false }])
    expect(memberships).toEqual([])
    const state = openStateFile(project.path('.workos-migrate/state.sqlite'))
    expect(await state.intents()).toEqual([])
    await state.close()
    expect((await planned(project)).actions[0]).toMatchObject({ key: 'id-ada', code: 'unverified_account' })
  })

  test('a verified account is created and our create gets no response: adopted', async () => {
    const { workos, project } = await world(async (workos, exchange) => {
      await signUp(workos, 'ada', true)
      return drop(exchange)
    })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
    // The organization is ours, and so is what is in it.
    expect(await ownership(project, 'membership', 'id-ada@acme')).toBe('created')
    expect((await workos.snapshot()).users).toMatchObject([{ external_id: 'id-ada' }])
  })
})

describe('nothing verifies an address for someone else', () => {
  const verified = member('ada', 'acme', { email_verified: 'yes' })
  const adopting = { adopt: { unverified: 'allow' } }

  test.each<[string, Row, object]>([
    ['adopting', verified, {}],
    ['an update', { ...verified, first_name: 'Adah' }, {}],
    ['onDrift: overwrite', verified, { onDrift: 'overwrite' }],
    ['another key in the source', { ...verified, external_id: 'id-other' }, { onDrift: 'overwrite' }],
  ])('not %s', async (_what, row, more) => {
    const workos = await startWorkos()
    await signUp(workos, 'ada', false)
    const project = peopleProject(workos, [{ ...verified, email_verified: 'no' }], adopting)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    project.csv('users.csv', [row])
    project.manifest(peopleManifest(workos, { ...adopting, ...more }))
    expect(await project.run(['apply', '--yes', '--refresh'], { env })).toMatchObject({ exit: 0 })
    expect((await workos.snapshot()).users).toMatchObject([{ email_verified: false }])
    expect(writes(workos.log).filter(({ body }) => JSON.stringify(body).includes('email_verified'))).toEqual([])
    const { drift } = JSON.parse((await project.run(['plan', '--refresh', '--json'], { env })).stdout)
    expect(drift).toContainEqual(
      expect.objectContaining({ field: 'emailVerified', live: false, reason: 'only its owner can verify it' }),
    )
  })

  test('once the owner has verified it, nothing is left to report', async () => {
    const workos = await startWorkos()
    const { id } = await signUp(workos, 'ada', false)
    const project = peopleProject(workos, [verified], adopting)
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    await workos.call('PUT', `${USERS}/${id}`, { email_verified: true })
    const plan = JSON.parse((await project.run(['plan', '--refresh', '--json'], { env })).stdout)
    expect(plan).toMatchObject({ drift: [], actions: [] })
  })

  test('for an account that we created, the source decides', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [{ ...verified, email_verified: 'no' }])
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    project.csv('users.csv', [verified])
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect((await workos.snapshot()).users).toMatchObject([{ email_verified: true }])
  })

  test('adopt.fill does not accept emailVerified', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, [verified], { adopt: { fill: ['emailVerified'] } })
    const { exit, stderr } = await project.run(['plan'], { env })
    expect(exit).toBe(3)
    expect(stderr).toContain('adopt.fill')
  })
})

test('a hash that changes in the source does not reach an unverified account', async () => {
  const workos = await startWorkos()
  const { id } = await signUp(workos, 'ada', false)
  const manifest = { adopt: { unverified: 'allow' }, passwords: { onChange: 'send' } }
  const project = peopleProject(workos, [member('ada', 'acme', PASSWORD), member('bea', 'acme', PASSWORD)], manifest)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const changed = { ...PASSWORD, password_hash: ANOTHER }
  project.csv('users.csv', [member('ada', 'acme', changed), member('bea', 'acme', changed)])
  workos.takeLog()
  const applied = await project.run(['apply', '--yes'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(applied.stdout).toContain(
    '1 user whose password changed in the source: not sent, since the address of the adopted',
  )
  const sent = writes(workos.takeLog())
  expect(sent).toHaveLength(1)
  expect(sent[0]?.path).not.toContain(id)
})

test('the source without external IDs: a verified account is adopted, another is blocked', async () => {
  const workos = await startWorkos()
  await signUp(workos, 'ada', true)
  await signUp(workos, 'bea', false)
  const rows = ['ada', 'bea'].map((name) => ({ email: `${name}@example.com`, first_name: name }))
  const project = peopleProject(workos, rows, ALL_MAY_STAY)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect((await planned(project)).actions).toMatchObject([{ key: 'bea@example.com', code: 'unverified_account' }])
  expect((await workos.snapshot()).users).toMatchObject([{ first_name: 'ada' }, { first_name: null }])
})

test('an unverified account with the external ID is the right one', async () => {
  const workos = await startWorkos()
  await workos.call('POST', USERS, { email: 'ada@example.com', external_id: 'id-ada' })
  const project = peopleProject(workos, [member('ada', 'acme')])
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
})

test('verify does not mistake the account of a stranger for the user', async () => {
  const workos = await startWorkos()
  await signUp(workos, 'ada', false)
  const project = peopleProject(workos, [member('ada', 'acme')], ALL_MAY_STAY)
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  const { exit, stdout } = await project.run(['verify', '--json'], { env })
  expect(exit).toBe(7)
  expect(JSON.parse(stdout).findings).toContainEqual(
    expect.objectContaining({ type: 'clash', key: 'id-ada', message: expect.stringContaining('not verified') }),
  )
})

test('what is ours stays ours if WorkOS once responds as if it were gone', async () => {
  let gone = false
  const workos = await startWorkos({
    interceptor: {
      before({ request, response }) {
        // Until our create is rejected: a new plan always finds it.
        if (request.method === 'POST') gone = false
        if (!gone || request.method !== 'GET' || !request.url?.startsWith(USERS)) return false
        response.writeHead(404, { 'content-type': 'application/json' })
        response.end('{"message":"Not found","code":"entity_not_found"}')
        return true
      },
    },
  })
  const project = peopleProject(workos, [member('ada', 'acme')], { onDeleted: 'recreate' })
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  project.csv('users.csv', [member('ada', 'acme', { first_name: 'Adah' })])
  gone = true
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stderr).toBe(0)
  expect(byKind(JSON.parse(applied.stdout).kinds)).toMatchObject({ user: { adopted: 1, created: 0 } })
  expect(await ownership(project, 'user', 'id-ada')).toBe('created')
})

describe('a user of ours is deleted in WorkOS, and someone signs up with the address', () => {
  async function world(verified: boolean) {
    const workos = await startWorkos()
    const project = peopleProject(workos, [member('ada', 'acme')], { onDeleted: 'recreate', ...ALL_MAY_STAY })
    await project.run(['apply', '--yes'], { env })
    await workos.call('DELETE', `${USERS}/${(await workos.snapshot()).users[0]?.id}`)
    const { id } = await signUp(workos, 'ada', verified)
    const planned = JSON.parse((await project.run(['plan', '--refresh', '--json'], { env })).stdout)
    const applied = await project.run(['apply', '--yes', '--refresh'], { env })
    return { workos, project, id, actions: planned.actions, applied }
  }

  test('an unverified account is listed by the plan, and gets nothing', async () => {
    const { workos, id, actions, applied } = await world(false)
    expect(actions).toMatchObject([
      { key: 'id-ada', type: 'blocked', code: 'unverified_account', message: expect.stringContaining(id) },
      { key: 'id-ada@acme', type: 'blocked' },
    ])
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).memberships).toEqual([])
  })

  test.each([
    true,
    false,
  ])('what was deleted with the user returns with the adopted account (--refresh: %s)', async (refresh) => {
    const options = refresh ? ['--refresh'] : []
    const workos = await startWorkos()
    const project = peopleProject(workos, [member('ada', 'acme')])
    await project.run(['apply', '--yes'], { env })
    const [ours] = (await workos.snapshot()).users
    await workos.call('DELETE', `${USERS}/${ours?.id}`)
    // A write to it reports that it is gone.
    project.csv('users.csv', [member('ada', 'acme', { last_name: 'L' })])
    expect((await project.run(['apply', '--yes', ...options], { env })).exit).toBe(7)
    await signUp(workos, 'ada', true)
    project.manifest(peopleManifest(workos, { onDeleted: { user: 'recreate' } }))
    const applied = await project.run(['apply', '--yes', ...options], { env })
    expect(applied.exit, applied.stdout).toBe(0)
    expect((await workos.snapshot()).memberships.map(([title]) => title)).toEqual(['ada@example.com@@acme'])
    expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
  })

  test('a verified account is adopted by the plan, and not ours', async () => {
    const { project, id, actions, applied } = await world(true)
    expect(actions).toMatchObject([
      { key: 'id-ada', type: 'adopt', id },
      { key: 'id-ada@acme', type: 'create' },
    ])
    expect(applied.exit, applied.stdout).toBe(0)
    expect(await ownership(project, 'user', 'id-ada')).toBe('adopted')
  })
})
