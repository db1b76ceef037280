import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClerkSettings, type FakeClerk, startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { clerkUser, generateInstance } from '../fakes/clerk/generate.ts'
import { createProject, type Project } from './cli.ts'
import { night } from './night.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from './workos.ts'

interface Scene {
  fake: FakeClerk
  workos: Workos
  project: Project
  env: Record<string, string>
  manifest(more?: object, source?: object): void
}

/** A live source, really read: over HTTP, in pages. */
async function open(users = 60, settings: ClerkSettings = {}): Promise<Scene> {
  const data = generateInstance({ users, organizations: 3, membershipsEach: 1, withoutOrganization: 5 })
  const fake = await startFakeClerk(data, settings)
  onTestFinished(() => fake.close())
  const workos = await startWorkos()
  const project = createProject()
  const manifest = (more: object = {}, source: object = {}) =>
    project.manifest({
      version: 1,
      name: 'live',
      source: { ...fake.source, secretKey: '${SECRET}', pageSize: 10, rate: '100000/10s', ...source },
      roles: { define: { admin: { name: 'Admin' } } },
      target: workos.target,
      run: { ...FAST, workers: 1 },
      ...more,
    })
  manifest()
  return { fake, workos, project, manifest, env: { KEY, SECRET: fake.source.secretKey } }
}

/** Users that are left of 60 after merging duplicates. */
const people = 57

const snapshotsIn = ({ project }: Scene) => project.list('.workos-migrate/snapshots')

describe('plan, apply and verify', () => {
  test('read a live source once, work from the snapshot, and show its age', async () => {
    const scene = await open()
    const { fake, project, env } = scene
    const planned = await project.run(['plan'], { env })
    expect(planned.exit, planned.stderr).toBe(0)
    expect(planned.stdout).toMatch(
      /source: snapshot of \d{4}-\d\d-\d\d \d\d:\d\d UTC, just read; --fresh reads the source again\n/,
    )
    expect(snapshotsIn(scene)).toEqual([expect.stringMatching(/^clerk-[\da-f]{8}$/)])
    fake.log.length = 0
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const verified = await project.run(['verify', '--strict'], { env })
    expect([verified.exit, verified.stdout]).toEqual([0, expect.stringContaining('source: snapshot of')])
    expect(fake.log).toEqual([])
    expect((await project.run(['verify', '--strict', '--fresh'], { env })).exit).toBe(0)
    expect(fake.log.length).toBeGreaterThan(5)
  })

  test("work from it without the source's credentials, here and on another machine", async () => {
    const { fake, workos, project, env } = await open()
    expect((await project.run(['export', '--out', 'snapshot'], { env: { SECRET: env.SECRET ?? '' } })).exit).toBe(0)
    fake.log.length = 0
    const elsewhere = createProject()
    cpSync(project.path('migrate.config.yaml'), elsewhere.path('migrate.config.yaml'))
    cpSync(project.path('snapshot'), elsewhere.path('snapshot'), { recursive: true })
    const without = { env: { KEY } }
    const planned = await elsewhere.run(['plan', '--snapshot', 'snapshot', '--out', 'plan.ndjson'], without)
    expect([planned.exit, planned.stdout]).toEqual([0, expect.stringContaining('; the source is not read\n')])
    expect(planned.stdout).not.toContain('--fresh')
    expect((await elsewhere.run(['apply', 'plan.ndjson'], without)).exit).toBe(0)
    const verified = await elsewhere.run(['verify', '--strict', '--snapshot', 'snapshot'], without)
    expect([verified.exit, verified.stdout]).toEqual([0, expect.stringContaining('; the source is not read\n')])
    expect((await workos.snapshot()).users).toHaveLength(people)
    expect(fake.log).toEqual([])
    const asked = await elsewhere.run(['plan'], without)
    expect([asked.exit, asked.stderr]).toEqual([3, expect.stringContaining('SECRET is not set')])
    expect(asked.stderr).toContain('migrate.config.yaml:')
  })

  test('do not read the source to apply a saved plan, even after another reading', async () => {
    const { fake, workos, project, env } = await open()
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    expect((await project.run(['export'], { env })).exit).toBe(0)
    fake.log.length = 0
    // The same rows, read again: the plan is still valid.
    expect((await project.run(['apply', 'plan.ndjson'], { env: { KEY } })).exit).toBe(0)
    expect(fake.log).toEqual([])
    expect((await workos.snapshot()).users).toHaveLength(people)
    fake.instance.addUser(clerkUser(900))
    await project.run(['plan', '--fresh', '--out', 'plan.ndjson'], { env })
    fake.instance.addUser(clerkUser(901))
    await project.run(['export'], { env })
    const stale = await project.run(['apply', 'plan.ndjson'], { env })
    expect([stale.exit, stale.stderr]).toEqual([8, expect.stringContaining('the source has changed in users')])
  })

  test('are made again on a machine with only the saved plan, and stay valid if their contents are the same', async () => {
    const { fake, workos, project, env } = await open()
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    project.remove('.workos-migrate')
    fake.instance.addUser(clerkUser(902))
    const stale = await project.run(['apply', 'plan.ndjson'], { env })
    expect([stale.exit, stale.stderr]).toEqual([8, expect.stringContaining('the source has changed in users')])
    await project.run(['plan', '--fresh', '--out', 'plan.ndjson'], { env })
    project.remove('.workos-migrate')
    const unset = await project.run(['apply', 'plan.ndjson'], { env: { KEY } })
    expect([unset.exit, unset.stderr]).toEqual([3, expect.stringContaining('SECRET is not set')])
    expect((await project.run(['apply', 'plan.ndjson'], { env })).exit).toBe(0)
    expect((await workos.snapshot()).users).toHaveLength(people + 1)
    // Read again on purpose: compared with the source of the plan, as any other reading.
    await project.run(['plan', '--out', 'plan.ndjson'], { env })
    expect((await project.run(['apply', 'plan.ndjson', '--fresh'], { env })).exit).toBe(0)
    fake.instance.addUser(clerkUser(903))
    expect((await project.run(['apply', 'plan.ndjson', '--fresh'], { env })).exit).toBe(8)
  })

  test('reject a folder with the snapshot of another instance', async () => {
    const [one, two] = [await open(10), await open(10)]
    one.manifest({}, { snapshot: './shared' })
    await one.project.run(['export'], { env: one.env })
    cpSync(one.project.path('shared'), two.project.path('shared'), { recursive: true })
    two.manifest({}, { snapshot: './shared' })
    for (const args of [['plan'], ['plan', '--fresh'], ['export'], ['plan', '--snapshot', 'shared']]) {
      const { exit, stderr } = await two.project.run(args, { env: two.env })
      expect([args, exit, stderr]).toEqual([args, 1, expect.stringContaining('[snapshot_of_another_source]')])
      expect(stderr).not.toContain(two.env.SECRET)
    }
    const validated = await two.project.run(['validate'], { env: two.env })
    expect([validated.exit, validated.stderr]).toEqual([3, expect.stringContaining('[snapshot_of_another_source]')])
    expect(validated.stderr).toContain('at source.snapshot')
    expect(two.fake.log).toEqual([])
  })
})

describe('an export of a live source', () => {
  test('that is killed at any time is continued by the next, with the rows of one that was not', async () => {
    const scene = await open(120)
    const { fake, project, env } = scene
    const old = JSON.parse((await project.run(['export', '--json'], { env })).stdout)
    const unkilled = JSON.parse((await project.run(['export', '--json', '--out', 'unkilled'], { env })).stdout)
    expect(unkilled.digest).toBe(old.digest)
    let begun = fake.log.length
    for (const answered of [1, 4, 9, 14]) {
      const child = project.spawn(['export'], env)
      const timer = setInterval(() => fake.log.length >= begun + answered && child.process.kill('SIGKILL'), 1)
      const { signal } = await child.result
      clearInterval(timer)
      expect(signal).toBe('SIGKILL')
      expect(existsSync(join(old.folder, 'snapshot.json'))).toBe(true)
      begun = fake.log.length
      const last = JSON.parse((await project.run(['export', '--json'], { env })).stdout)
      expect([answered, last.digest, last.streams.map(({ records }: { records: number }) => records)]).toEqual([
        answered,
        unkilled.digest,
        unkilled.streams.map(({ records }: { records: number }) => records),
      ])
      begun = fake.log.length
    }
    expect(snapshotsIn(scene)).toHaveLength(1)
  })

  test('that is interrupted keeps what was read, and the old snapshot is used meanwhile', async () => {
    const { fake, project, env } = await open(120)
    await project.run(['export'], { env })
    fake.instance.addUser(clerkUser(950))
    const interrupt = new AbortController()
    fake.after(6, () => interrupt.abort())
    const cut = await project.run(['plan', '--fresh'], { env, interrupted: interrupt.signal })
    expect([cut.exit, cut.stderr]).toEqual([130, expect.stringContaining('interrupted while reading the source')])
    expect((await project.run(['plan'], { env })).stdout).toMatch(/\b120\b/)
    const again = await project.run(['plan', '--fresh'], { env })
    expect(again.stderr).toContain('[reading_resumed]')
    expect(again.stdout).toMatch(/\b121\b/)
  })

  test('that reaches its deadline keeps what was read as well', async () => {
    const { fake, project, env } = await open(120)
    const { world, passes } = night()
    fake.after(6, () => passes(2 * 3_600_000))
    const cut = await project.run(['apply', '--yes', '--max-duration', '1h'], { env, ...world })
    expect([cut.exit, cut.stderr]).toEqual([5, expect.stringContaining('[guard_deadline]')])
    const again = await project.run(['plan'], { env })
    expect(again.stderr).toContain('[reading_resumed]')
    expect(again.stdout).toMatch(/\b120\b/)
  })

  test('writes no secret of the source', async () => {
    const { project, env } = await open(10)
    const { stdout, stderr } = await project.run(['export', '--json'], { env })
    const { folder } = JSON.parse(stdout)
    const texts = [stdout, stderr, ...readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))]
    expect(texts.filter((text) => text.includes(env.SECRET ?? ''))).toEqual([])
  })
})

describe('a part of a source', () => {
  const since = () => new Date(Date.now() - 60_000).toISOString()

  async function applied(): Promise<Scene> {
    const scene = await open()
    expect((await scene.project.run(['apply', '--yes'], { env: scene.env })).exit).toBe(0)
    scene.workos.takeLog()
    scene.fake.instance.updateUser(clerkUser(7).id, { first_name: 'Renamed', updated_at: Date.now() })
    return scene
  }

  test('treats nothing as gone: no orphans, nothing extra, only changes are sent', async () => {
    const scene = await applied()
    const { project, workos, env } = scene
    scene.manifest({}, { updatedSince: since() })
    const planned = await project.run(['plan', '--json'], { env })
    const { summary, reading } = JSON.parse(planned.stdout)
    expect(reading.partial).toBe(true)
    const figures = summary.kinds.map(({ orphaned, delete: deleted }: Record<string, number>) => [orphaned, deleted])
    expect(figures.flat().every((figure: number) => figure === 0)).toBe(true)
    const text = await project.run(['plan'], { env })
    expect(text.stdout).toContain('only part of the source was read (source.updatedSince)')
    expect((await project.run(['plan', '--format', 'markdown'], { env })).stdout).toContain('only part of the source')
    expect((await project.run(['apply', '--yes'], { env })).exit).toBe(0)
    const sent = writes(workos.takeLog()).map(({ method, route, body }) => [method, route, body])
    expect(sent).toEqual([['PUT', '/user_management/users/:id', { first_name: 'Renamed' }]])
    const verified = await project.run(['verify', '--strict', '--json'], { env })
    expect(verified.exit).toBe(0)
    expect(JSON.parse(verified.stdout)).toMatchObject({ reading: { partial: true }, counts: { extra: 0 } })
    expect((await project.run(['verify'], { env })).stdout).toContain('only part of the source was read')
    // The complete snapshot is another one, and is unchanged.
    scene.manifest()
    expect(snapshotsIn(scene)).toHaveLength(2)
    expect((await project.run(['plan'], { env })).stdout).not.toContain('only part')
  })

  test('prunes nothing, and shows why', async () => {
    const scene = await applied()
    const { project, workos, env } = scene
    scene.manifest({ prune: ['user'], safety: { maxDeletes: '100%' } }, { updatedSince: since() })
    const planned = await project.run(['plan'], { env })
    expect(planned.exit).toBe(5)
    expect(planned.stdout).toContain('Refused: prune deletes resources that left the source (user)')
    const refused = await project.run(['apply', '--yes'], { env })
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('[guard_prune]')])
    expect(writes(workos.takeLog())).toEqual([])
    expect((await workos.snapshot()).users).toHaveLength(people)
  })
})
