import { expect, test } from 'vitest'
import type { Exchange } from '../../src/sandbox/server.ts'
import { forEachKind, PROJECT, type StateKind } from '../state/kinds.ts'
import { cases, WHOLE } from '../whole.ts'
import { type Child, createProject, type Project } from './cli.ts'
import { FAST, startWorkos, type Workos } from './workos.ts'

const USERS = WHOLE ? 500 : 120
const ORGANIZATIONS = 20
const HASH = `$2b$10$${'k'.repeat(53)}`

/** The organizations of user n: none, one, two, three or five. */
function organizationsOf(n: number): number[] {
  const count = [1, 2, 0, 3, 5][n % 5] ?? 0
  return Array.from({ length: count }, (_, i) => (n + i * 7) % ORGANIZATIONS)
}

function rolesOf(n: number): string[] {
  return [['admin'], ['member'], ['admin', 'billing']][n % 3] ?? []
}

const rows = Array.from({ length: USERS }, (_, n) => {
  const user = {
    email: `user${n}@example.com`,
    external_id: `u-${n}`,
    first_name: `First ${n}`,
    email_verified: 'yes',
    metadata: JSON.stringify({ number: n }),
    password_hash: n % 2 === 0 ? HASH : '',
    password_hash_type: n % 2 === 0 ? 'bcrypt' : '',
  }
  const inOrganizations = organizationsOf(n).map((organization) => ({
    ...user,
    org_external_id: `org-${organization}`,
    org_name: `Organization ${organization}`,
    role_slugs: rolesOf(n).join(','),
  }))
  return inOrganizations.length === 0 ? [user] : inOrganizations
}).flat()

const MEMBERSHIPS = Array.from({ length: USERS }, (_, n) =>
  organizationsOf(n).map((organization): [string, string[]] => [
    `user${n}@example.com@@org-${organization}`,
    rolesOf(n),
  ]),
)
  .flat()
  .sort(([a], [b]) => (a < b ? -1 : 1))

/** Roles, organizations, users and memberships. */
const WRITES = 2 + ORGANIZATIONS + USERS + MEMBERSHIPS.length

/** mulberry32: the same moments in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * When to kill: as the n-th write arrives, after it took effect and before its response, or some
 * time later.
 */
interface Moment {
  write: number
  at: 'before it takes effect' | 'before its answer' | 'a little later'
  /** Milliseconds. */
  later: number
}

const random = randomFrom(20_26)
/**
 * One in each twentieth of the run, to reach all its phases. Near the end, `later` would be too
 * late.
 */
const MOMENTS: Moment[] = Array.from({ length: 20 }, (_, n) => ({
  write: 1 + Math.floor(((n + random()) / 20) * WRITES),
  at:
    (['before it takes effect', 'before its answer', 'a little later'] as const)[n < 14 ? n % 3 : n % 2] ??
    'a little later',
  later: Math.floor(random() * 40),
}))

/** A sandbox that kills its client at a moment. */
class Killer {
  #moment: Moment | undefined
  #child: Child | undefined
  #seen = 0

  aim(child: Child, moment: Moment): void {
    this.#child = child
    this.#moment = moment
    this.#seen = 0
  }

  async before({ request }: Exchange): Promise<boolean> {
    await delay(random() * 4)
    if (request.method === 'GET') return false
    this.#seen += 1
    if (this.#seen === this.#moment?.write && this.#moment.at !== 'before its answer') await this.#kill()
    return false
  }

  async after({ request }: Exchange): Promise<boolean> {
    if (request.method !== 'GET' && this.#seen >= (this.#moment?.write ?? Number.POSITIVE_INFINITY)) {
      if (this.#moment?.at === 'before its answer') await this.#kill()
    }
    return false
  }

  async #kill(): Promise<void> {
    const [child, moment] = [this.#child, this.#moment]
    this.#moment = undefined
    if (moment?.at === 'a little later') setTimeout(() => child?.process.kill('SIGKILL'), moment.later)
    else {
      child?.process.kill('SIGKILL')
      await child?.result
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

interface Target {
  project: Project
  /** With the key of a separate environment. */
  env: Record<string, string>
}

async function projectOf(kind: StateKind, workos: Workos, key: string): Promise<Target> {
  const project = createProject()
  const place = await kind.newPlace()
  project.csv('users.csv', rows)
  project.manifest({
    version: 1,
    name: PROJECT,
    source: { type: 'csv', path: './users.csv' },
    roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
    target: workos.target,
    run: { ...FAST, workers: 1 },
    ...place.manifest,
  })
  return { project, env: { KEY: key, ...place.env } }
}

async function expectExact(workos: Workos, { project, env }: Target): Promise<void> {
  const live = await workos.snapshot(env.KEY)
  expect(live.roles).toEqual(['admin', 'billing', 'member'])
  expect(live.organizations.map(({ external_id }) => external_id).sort()).toEqual(
    Array.from({ length: ORGANIZATIONS }, (_, n) => `org-${n}`).sort(),
  )
  expect(live.users.map(({ email, external_id, metadata }) => [email, external_id, metadata]).sort()).toEqual(
    Array.from({ length: USERS }, (_, n) => [`user${n}@example.com`, `u-${n}`, { number: `${n}` }]).sort(),
  )
  expect(live.memberships).toEqual(MEMBERSHIPS)

  const exported = await project.run(['state', 'list', '--json'], { env })
  const ids = (kind: string) =>
    new Map(
      exported.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter((resource) => resource.kind === kind)
        .map(({ key: address, workos_id }) => [address, workos_id]),
    )
  expect(ids('user')).toEqual(new Map(live.users.map(({ external_id, id }) => [external_id, id])))
  expect(ids('organization')).toEqual(new Map(live.organizations.map(({ external_id, id }) => [external_id, id])))
  expect(new Set(ids('membership').values())).toEqual(new Set(live.membershipIds.values()))
  expect(ids('membership').size).toBe(MEMBERSHIPS.length)
  const state = JSON.parse((await project.run(['state', 'show', '--json'], { env })).stdout)
  expect(state.openWrites).toBe(0)
}

/** Applies until the end. Every rejected create must be of something that is ours in the end. */
async function applyToTheEnd({ project, env }: Target): Promise<void> {
  const { result } = project.spawn(['apply', '--yes', '--json'], env)
  const { exit, stdout, stderr } = await result
  expect(exit, stderr).toBe(0)
  for (const kind of JSON.parse(stdout).kinds) {
    expect(kind, stdout).toMatchObject({ failed: 0, blocked: 0, pending: 0 })
  }
}

forEachKind((kind) => {
  test('after a kill at any moment of an apply, the next apply reaches exactly the end state', async () => {
    const killer = new Killer()
    const workos = await startWorkos({ interceptor: killer })
    for (const [n, moment] of cases(MOMENTS, kind.name === 'SQLite' ? [1, 5, 9, 17] : [4, 15]).entries()) {
      const target = await projectOf(kind, workos, `sk_test_kill${n}`)
      const { project, env } = target
      const child = project.spawn(['apply', '--yes'], env)
      killer.aim(child, moment)
      expect((await child.result).signal, JSON.stringify(moment)).toBe('SIGKILL')
      workos.takeLog()
      await applyToTheEnd(target)
      const log = workos.takeLog()
      const refused = log.filter(({ method, status }) => method === 'POST' && status >= 400)
      // Each was followed by a lookup that made it ours: expectExact finds its ID in the state.
      expect(refused.every(({ status }) => status === 400 || status === 409)).toBe(true)
      await expectExact(workos, target)
      const again = await project.run(['apply', '--yes'], { env })
      expect(again.exit, again.stdout).toBe(0)
      expect(workos.takeLog()).toEqual([])
    }
  }, 600_000)

  test('killed again and again, applying still finishes', async () => {
    const killer = new Killer()
    const workos = await startWorkos({ interceptor: killer })
    const target = await projectOf(kind, workos, 'sk_test_again')
    let kills = 0
    for (;;) {
      const child = target.project.spawn(['apply', '--yes', '--json'], target.env)
      killer.aim(child, { write: Math.floor(WRITES * (0.05 + random() * 0.15)), at: 'before its answer', later: 0 })
      const { signal, exit, stderr } = await child.result
      if (signal !== 'SIGKILL') {
        expect(exit, stderr).toBe(0)
        break
      }
      kills += 1
    }
    expect(kills).toBeGreaterThanOrEqual(3)
    await expectExact(workos, target)
  }, 300_000)
})
