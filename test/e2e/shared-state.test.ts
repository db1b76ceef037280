import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Interceptor } from '../../src/sandbox/server.ts'
import type { PostgresLocation } from '../../src/state/location.ts'
import { openState } from '../../src/state/open.ts'
import { Cluster, newPostgresLocation, postgresPrograms } from '../postgres.ts'
import { WHOLE } from '../whole.ts'
import type { Project } from './cli.ts'
import { member, peopleProject, type Row } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const ORGANIZATIONS = 10
const ROWS: Row[] = Array.from({ length: 200 }, (_, n) => member(`user${n}`, `org-${n % ORGANIZATIONS}`))
/** A role, organizations, users, memberships. */
const WRITES = 1 + ORGANIZATIONS + 2 * ROWS.length

const envOf = ({ url }: PostgresLocation) => ({ KEY, DATABASE_URL: url })

/** A separate folder with the common manifest. */
function runner(workos: Workos, { schema, name }: PostgresLocation): Project {
  return peopleProject(workos, ROWS, { name, state: { type: 'postgres', url: '${DATABASE_URL}', schema } })
}

/**
 * A sandbox that reports the n-th write, and delays writes a little.
 * @param stopAt the write from which all wait, until `go` is called
 */
function braked(milliseconds: number, stopAt = Number.POSITIVE_INFINITY) {
  let seen = 0
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  const waiting: { count: number; resolve(): void }[] = []
  const interceptor: Interceptor = {
    async before({ request }) {
      if (request.method === 'GET') return false
      seen += 1
      for (const { count, resolve } of waiting) if (seen >= count) resolve()
      if (seen >= stopAt) await gone
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      return false
    },
  }
  return {
    interceptor,
    go,
    reached: (count: number) =>
      new Promise<void>((resolve) => (seen >= count ? resolve() : waiting.push({ count, resolve }))),
  }
}

async function expectExact(workos: Workos): Promise<void> {
  const { users, organizations, memberships } = await workos.snapshot()
  expect(users.map(({ email }) => email).sort()).toEqual(ROWS.map(({ email }) => email).sort())
  expect(organizations).toHaveLength(ORGANIZATIONS)
  expect(memberships.map(([title]) => title)).toEqual(
    ROWS.map(({ email, org_external_id }) => `${email}@@${org_external_id}`).sort(),
  )
}

describe.skipIf(postgresPrograms === undefined)('two runners without a shared disk', () => {
  test('one plans, the other applies and is killed, the first takes over at once and ends exactly', async () => {
    const { interceptor, reached, go } = braked(20, 150)
    const workos = await startWorkos({ interceptor })
    const location = await newPostgresLocation()
    const env = envOf(location)
    const [a, b] = [runner(workos, location), runner(workos, location)]
    expect(await a.run(['plan', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
    b.write('plan.ndjson', readFileSync(a.path('plan.ndjson'), 'utf8'))

    const apply = b.spawn(['apply', 'plan.ndjson', '--yes'], env)
    await reached(150)
    const refused = await a.run(['apply', '--yes'], { env })
    expect(refused.exit).toBe(6)
    expect(refused.stderr).toContain(`process ${apply.process.pid} on `)
    expect(refused.stderr).toContain('apply, run 1, since ')

    const looked = await a.run(['doctor', '--offline'], { env })
    expect(looked.stdout).toContain(`schema ${location.schema}`)
    expect(looked.stdout).toContain('(apply, run 1, since ')

    go()
    await reached(200)
    apply.process.kill('SIGKILL')
    const successor = a.spawn(['apply', '--yes'], env)
    expect(await apply.result).toMatchObject({ signal: 'SIGKILL' })
    const ended = await successor.result
    expect(ended, ended.stderr).toMatchObject({ exit: 0 })
    await expectExact(workos)
    expect(existsSync(b.path('.workos-migrate/state.sqlite'))).toBe(false)

    const shown = await b.run(['state', 'show', '--json'], { env })
    expect(JSON.parse(shown.stdout)).toMatchObject({
      openWrites: 0,
      resources: { users: 200, organizations: 10, memberships: 200 },
      runs: [{ outcome: 'running' }, { outcome: 'completed' }],
    })
    workos.takeLog()
    expect(await b.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(writes(workos.takeLog())).toEqual([])
  })

  test('a saved plan is out of date once the other runner has applied something', async () => {
    const workos = await startWorkos()
    const location = await newPostgresLocation()
    const env = envOf(location)
    const [a, b] = [runner(workos, location), runner(workos, location)]
    expect(await a.run(['plan', '--out', 'plan.ndjson'], { env })).toMatchObject({ exit: 0 })
    expect(await b.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(await a.run(['apply', 'plan.ndjson', '--yes'], { env })).toMatchObject({ exit: 8 })
  })
})

/** How often the server is stopped in the middle of an apply. */
const STOPS = WHOLE ? 10 : 3

test.skipIf(postgresPrograms === undefined)(
  'a server restarts again and again during an apply: nothing is lost, and no write left without a durable intent',
  async () => {
    const cluster = Cluster.make({ settings: ['fsync = on', 'track_commit_timestamp = on'] })
    onTestFinished(() => cluster.remove())
    await cluster.start()
    const { interceptor, reached } = braked(10)
    const workos = await startWorkos({ interceptor })
    const location = await newPostgresLocation(cluster)
    await (await openState(location, { command: 'apply', now: new Date() })).close()
    auditIntents(cluster, location)

    const project = runner(workos, location)
    const apply = project.spawn(['apply', '--yes'], envOf(location))
    for (let stop = 1; stop <= STOPS; stop += 1) {
      await reached(Math.floor((stop / (STOPS + 1)) * WRITES))
      await cluster.stop(stop % 2 === 0 ? 'SIGINT' : 'SIGQUIT')
      await cluster.start()
    }
    const ended = await apply.result
    expect(ended, ended.stderr).toMatchObject({ exit: 0 })
    await expectExact(workos)
    expect(writes(workos.log)).toHaveLength(WRITES)
    expectIntentsBefore(workos, committed(cluster, location))
    const shown = JSON.parse((await project.run(['state', 'show', '--json'], { env: envOf(location) })).stdout)
    expect(shown).toMatchObject({ openWrites: 0, resources: { users: 200, organizations: 10, memberships: 200 } })
  },
  120_000,
)

/** Records every intent, with the time at which the server made it durable. */
function auditIntents(cluster: Cluster, { schema }: PostgresLocation): void {
  cluster.sql(`SET search_path = ${schema};
    CREATE TABLE audit (kind text, key text);
    CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO ${schema}.audit VALUES (NEW.kind, NEW.key); RETURN NEW; END $$;
    CREATE TRIGGER audit AFTER INSERT OR UPDATE ON intents FOR EACH ROW EXECUTE FUNCTION audited()`)
}

/** When each intent was first committed, by its address. Milliseconds since the epoch. */
function committed(cluster: Cluster, { schema }: PostgresLocation): Map<string, number> {
  const rows = cluster.sql(`SELECT json_agg(json_build_array(kind || ':' || key, at)) FROM (
    SELECT kind, key, min(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000) AS at
    FROM ${schema}.audit GROUP BY kind, key) a`)
  return new Map(JSON.parse(rows))
}

function expectIntentsBefore({ log }: Workos, intents: ReadonlyMap<string, number>): void {
  const emails = new Map<string, string>()
  const organizations = new Map<string, string>()
  const addressOf = ({ path, body, responseBody }: (typeof log)[number]): string => {
    const sent = body as Record<string, string>
    const id = (responseBody as { id: string }).id
    if (path === '/user_management/users') {
      emails.set(id, String(sent.external_id))
      return `user:${sent.external_id}`
    }
    if (path === '/organizations') {
      organizations.set(id, String(sent.external_id))
      return `organization:${sent.external_id}`
    }
    if (path === '/user_management/organization_memberships') {
      return `membership:${emails.get(String(sent.user_id))}@${organizations.get(String(sent.organization_id))}`
    }
    return `role:${sent.slug}`
  }
  const late = writes(log).flatMap((entry) => {
    const address = addressOf(entry)
    const at = intents.get(address)
    return at !== undefined && at <= entry.at + 1 ? [] : [{ address, at, sent: entry.at }]
  })
  expect(late).toEqual([])
}
