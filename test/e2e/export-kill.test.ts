import { expect, onTestFinished, test } from 'vitest'
import { readSnapshot } from '../../src/sources/snapshot/read-snapshot.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'
import { startFakeClerk } from '../fakes/clerk/fake-clerk.ts'
import { generateInstance } from '../fakes/clerk/generate.ts'
import type { LogEntry } from '../fakes/http/exchange.ts'
import { type Child, createProject } from './cli.ts'

/** Kills its client as its n-th request arrives. */
class Killer {
  #child: Child | undefined
  #left = 0

  aim(child: Child, requests: number): void {
    this.#child = child
    this.#left = requests
  }

  readonly onRequest = async (_entry: LogEntry): Promise<void> => {
    this.#left -= 1
    if (this.#left !== 0) return
    this.#child?.process.kill('SIGKILL')
    await this.#child?.result
  }
}

interface Origin {
  source: object
  env: Record<string, string>
}

async function auth0(killer: Killer): Promise<Origin> {
  const data = generateTenant({ users: 1300, organizations: 25, withoutOrganization: 100, largest: 1050 })
  const fake = await startFakeAuth0(data, { onRequest: killer.onRequest, pageCap: 50, shortPages: 0.3 })
  onTestFinished(() => fake.close())
  return { source: { ...fake.source, clientSecret: '${SECRET}' }, env: { SECRET: fake.source.clientSecret } }
}

async function clerk(killer: Killer): Promise<Origin> {
  const data = generateInstance({ users: 400, organizations: 6, membershipsEach: 2 })
  const fake = await startFakeClerk(data, { onRequest: killer.onRequest })
  onTestFinished(() => fake.close())
  const source = { ...fake.source, secretKey: '${SECRET}', pageSize: 40, rate: '100000/10s' }
  return { source, env: { SECRET: fake.source.secretKey } }
}

test.each([
  { name: 'an Auth0 tenant', start: auth0, moments: [3, 14, 17, 26, 30] },
  { name: 'a Clerk instance', start: clerk, moments: [3, 5, 8, 6] },
])('$name read by several killed processes ends as if none had been killed', async ({ start, moments }) => {
  const killer = new Killer()
  const { source, env } = await start(killer)
  const rowsOf = async (kills: number[]): Promise<Record<string, unknown[]>> => {
    const project = createProject()
    project.manifest({ version: 1, source, target: { type: 'sandbox' } })
    for (const moment of kills) {
      const child = project.spawn(['export'], env)
      killer.aim(child, moment)
      expect((await child.result).signal).toBe('SIGKILL')
    }
    const { exit, stderr, stdout } = await project.run(['export', '--json'], { env })
    expect(exit, stderr).toBe(0)
    const snapshot = await readSnapshot(JSON.parse(stdout).folder)
    const rows: Record<string, unknown[]> = {}
    for (const { name } of snapshot.streams) {
      const all: unknown[] = []
      for await (const batch of snapshot.read(name)) all.push(...batch.map(({ data }) => data))
      rows[name] = all
    }
    return rows
  }
  const whole = await rowsOf([])
  expect(whole.users?.length).toBeGreaterThan(300)
  expect(await rowsOf(moments)).toEqual(whole)
})
