import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster, NO_POSTGRES, postgresPrograms } from '../test/postgres.ts'
import { inFolder } from './folder.ts'
import { measure } from './measure.ts'

/** Measures the memory for reading database tables into a snapshot. */

const TABLES = (users: number) => `
  CREATE TABLE users (id uuid PRIMARY KEY, email text, hash text, name text, meta jsonb, roles text[], created_at timestamptz,
    updated_at timestamptz);
  INSERT INTO users SELECT gen_random_uuid(), 'user' || n || '@example.com',
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', 'Bjørn "' || n || '" Beispiel',
    jsonb_build_object('plan', 'pro', 'n', n, 'note', repeat('brackets ]}[{ in a text', 8)), ARRAY['member', 'editor'],
    now() - n * interval '1 second', now() FROM generate_series(1, ${users}) AS n;
  CREATE TABLE members (team int, user_id uuid, role text, PRIMARY KEY (team, user_id));
  INSERT INTO members SELECT hashtext(id::text) % 500, id, 'member' FROM users; VACUUM ANALYZE users; VACUUM ANALYZE members`

const SOURCE = {
  type: 'postgres',
  url: '${DATABASE_URL}',
  streams: {
    users: { table: 'users', key: 'id' },
    memberships: { table: 'members', key: ['team', 'user_id'], join: { key: 'user_id', to: 'id' } },
  },
}

/** @param users there are as many memberships */
export async function databaseBenchmark(
  users = 1_000_000,
): Promise<{ title: string; figures: Record<string, number> }> {
  if (postgresPrograms === undefined) throw new Error(NO_POSTGRES)
  const cluster = Cluster.make()
  try {
    await cluster.start()
    for (const statement of TABLES(users).split(';')) cluster.sql(statement)
    return await inFolder(async (folder) => {
      const manifest = { version: 1, source: SOURCE, map: { user: { email: 'email' } }, target: { type: 'sandbox' } }
      writeFileSync(join(folder, 'migrate.config.yaml'), JSON.stringify(manifest))
      const { seconds, peakMiB } = await measure(folder, ['export'], { DATABASE_URL: cluster.url() })
      return {
        title: `capturing ${users.toLocaleString('en-US')} users and as many memberships from PostgreSQL`,
        figures: { 'rows/s': (users * 2) / seconds, seconds, 'peak MiB (at most 300)': peakMiB },
      }
    })
  } finally {
    await cluster.remove()
  }
}
