import { expect, test } from 'vitest'
import { newPostgresLocation, postgresPrograms, sharedCluster } from '../../postgres.ts'
import { openForTest } from '../kinds.ts'
import { intent, user } from '../resources.ts'

const RESOURCES = 3_000
const COMMITS = 40

test.skipIf(postgresPrograms === undefined)(
  'a commit and a lookup read a few rows, however many the state has',
  async () => {
    const location = await newPostgresLocation()
    const first = await openForTest(location)
    // The server plans the statements while the tables are small, and keeps the plans.
    for (let n = 0; n < 10; n += 1) {
      await first.commit({ intents: [intent(`u${n}`)], outcomes: [{ type: 'saved', resource: user(`u${n}`) }] })
      await first.get('user', `u${n}`)
      await first.keyOf('user', `user_u${n}`)
    }
    const keys = Array.from({ length: RESOURCES }, (_, n) => `u${n}`)
    await first.commit({ intents: [], outcomes: keys.map((key) => ({ type: 'saved', resource: user(key) })) })
    for (let n = 0; n < COMMITS; n += 1) {
      await first.commit({
        intents: [intent(`u${n}`)],
        outcomes: [{ type: 'saved', resource: user(`u${n + 50}`) }],
      })
      const gone = { type: 'gone', address: { kind: 'user', key: `u${n}` }, run: 2 } as const
      await first.commit({ intents: [], outcomes: [gone] })
      await first.commit({ intents: [], outcomes: [{ type: 'removed', address: gone.address }] })
      await first.get('user', `u${n + 100}`)
      await first.idOf('user', `u${n + 200}`)
      await first.keyOf('user', `user_u${n + 300}`)
    }
    await first.close()
    // The counters of a session are available after it has ended.
    const cluster = await sharedCluster()
    const read = Number(
      cluster.sql(`SELECT sum(coalesce(idx_tup_read, 0)) FROM pg_stat_user_indexes WHERE schemaname = '${location.schema}'
      AND relname IN ('resources', 'intents')`),
    )
    const scanned = Number(
      cluster.sql(`SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = '${location.schema}'`),
    )
    expect(read).toBeGreaterThan(COMMITS)
    expect(read).toBeLessThan(6 * RESOURCES)
    expect(scanned).toBeLessThan(RESOURCES)
  },
)
