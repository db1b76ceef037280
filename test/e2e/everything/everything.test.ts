import { expect, onTestFinished, test } from 'vitest'
import { loadManifest } from '../../../src/config/load.ts'
import { Redactor } from '../../../src/diagnostics/redactor.ts'
import { createScratch } from '../../../src/files/scratch.ts'
import { computeDesired } from '../../../src/planning/compute-desired.ts'
import { randomFrom } from '../../fakes/random.ts'
import { createProject, type Project } from '../cli.ts'
import type { Row } from '../people.ts'
import { KEY, startWorkos } from '../workos.ts'
import { SECRETS_IN_BASE32, writeEverything } from './fixture.ts'

const env = { KEY }

/** The desired set and the rejects as text, without the places they were read from. */
async function desiredText({ folder, path }: Project): Promise<string> {
  const loaded = await loadManifest({ path: path('migrate.config.yaml'), cwd: folder, env, redactor: new Redactor() })
  const scratch = createScratch(folder)
  const { set } = await computeDesired({ loaded, scratch: scratch.path })
  onTestFinished(() => {
    set.close()
    scratch.remove()
  })
  const lines = (sql: string) =>
    set.rundb
      .statement(sql)
      .all()
      .map((row) => Object.values(row).join('\t'))
  return [
    ...lines('SELECT kind, key, refs, attributes, secrets FROM desired ORDER BY kind, key'),
    ...lines('SELECT kind, key, code FROM rejects ORDER BY kind, key, code'),
  ].join('\n')
}

/** The rows in another order, the same for each seed. */
function shuffled(seed: number): (rows: Row[]) => Row[] {
  return (rows) => {
    const next = randomFrom(seed + rows.length)
    return rows
      .map((row) => ({ row, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row)
  }
}

test('everything is planned, applied, verified, and applied again without a write', async () => {
  const workos = await startWorkos()
  await workos.call('POST', '/user_management/users', {
    email: 'existing@example.com',
    email_verified: true,
    first_name: 'Lives here',
  })
  const project = createProject()
  writeEverything(project, workos, (rows) => rows)

  const planned = await project.run(['plan', '--json'], { env })
  expect(planned.exit, planned.stderr + planned.stdout.slice(-2000)).toBe(0)
  const plan = JSON.parse(planned.stdout)
  const created = Object.fromEntries(
    plan.summary.kinds.map(({ kind, create }: { kind: string; create: number }) => [kind, create]),
  )
  expect(created).toMatchObject({ permission: 4, role: 2, organization: 60, group: expect.any(Number) })
  expect(plan.rejects.map(({ code }: { code: string }) => code).toSorted()).toEqual([
    'key_contradiction',
    'user_rejected',
  ])
  expect(plan.summary.passwords).toMatchObject({ kept: 156, reset: 25 })

  workos.takeLog()
  const applied = await project.run(['apply', '--yes', '--json'], { env })
  expect(applied.exit, applied.stderr + applied.stdout.slice(-2000)).toBe(0)
  const result = JSON.parse(applied.stdout)
  expect(result).toMatchObject({ outcome: 'completed', rejected: 2, failures: [] })

  const sent = workos.takeLog().map(({ body }) => body as Record<string, string> | undefined)
  const types = new Set(sent.map((body) => body?.password_hash_type).filter((type) => type !== undefined))
  expect([...types].sort()).toEqual(['argon2', 'bcrypt', 'firebase-scrypt', 'pbkdf2', 'scrypt', 'ssha'])
  const secrets = new Set(sent.map((body) => body?.totp_secret).filter((secret) => secret !== undefined))
  expect([...secrets].sort()).toEqual(SECRETS_IN_BASE32)

  const live = await workos.snapshot()
  expect(live.organizations).toHaveLength(60)
  const of = (email: string) => live.users.find((user) => user.email === email)
  expect(of('both@example.com')).toMatchObject({
    first_name: 'Bodo',
    metadata: { plan: 'pro', seat: '12', merged_external_ids: expect.any(String) },
  })
  expect(of('existing@example.com')?.first_name).toBe('Lives here')

  const verified = await project.run(['verify', '--json'], { env })
  expect(verified.exit, verified.stdout.slice(0, 4000)).toBe(0)
  for (const kind of JSON.parse(verified.stdout).kinds) {
    expect(kind, kind.kind).toMatchObject({ missing: 0, extra: 0, notInState: 0, otherId: 0 })
  }

  workos.takeLog()
  const again = await project.run(['apply', '--yes', '--json'], { env })
  expect(again.exit, again.stderr).toBe(0)
  expect(workos.takeLog().filter(({ method }) => method !== 'GET')).toEqual([])
  for (const kind of JSON.parse(again.stdout).kinds) {
    expect(kind, kind.kind).toMatchObject({ created: 0, updated: 0, adopted: 0, failed: 0, blocked: 0 })
  }
})

test('the rows of every file in any order make the same desired set, byte for byte', async () => {
  const workos = await startWorkos()
  const project = createProject()
  writeEverything(project, workos, (rows) => rows)
  const expected = await desiredText(project)
  expect(expected.split('\n').length).toBeGreaterThan(800)
  for (const order of [(rows: Row[]) => rows.toReversed(), shuffled(1), shuffled(2), shuffled(3)]) {
    writeEverything(project, workos, order)
    expect(await desiredText(project)).toBe(expected)
  }
})
