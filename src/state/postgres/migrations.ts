import { createHash } from 'node:crypto'
import { StateError } from '../../diagnostics/errors.ts'
import { toolVersion } from '../../version.ts'
import type { Connection } from './connection.ts'

/**
 * The schema in the database and its migration steps. In: a connection whose search path is the
 * schema. Out: a schema of this version.
 */

/**
 * The number of steps taken. Undefined: the schema has no state.
 * @throws StateError for a schema of another program, or a newer one
 */
export async function stepsTaken(connection: Connection, schema: string, place: string): Promise<number | undefined> {
  const [found] = await connection.query(
    `SELECT to_regclass($1) IS NOT NULL AS ours,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2) AS used`,
    `"${schema}".workos_migrate_steps`,
    schema,
  )
  if (found?.ours !== true) {
    if (found?.used === true) throw foreign(schema, place)
    return undefined
  }
  const [taken] = await connection.query('SELECT count(*)::int AS steps FROM workos_migrate_steps')
  const count = Number(taken?.steps)
  if (count > migrations.length) throw newer(place)
  return count
}

/**
 * Creates the schema if necessary and takes the missing steps in one transaction, so that a killed
 * command has changed nothing. Concurrent commands wait and find it done.
 */
export async function migrate(connection: Connection, schema: string, place: string): Promise<void> {
  await connection.transaction(async () => {
    await connection.query('SELECT pg_advisory_xact_lock($1)', lockKey(schema))
    const before = await stepsTaken(connection, schema, place)
    if (before === migrations.length) return
    if (before === undefined) {
      const [found] = await connection.query('SELECT to_regnamespace($1) IS NOT NULL AS is', schema)
      // A user of an existing schema might not have the privilege to create schemas.
      if (found?.is !== true) await connection.exec(`CREATE SCHEMA "${schema}"`)
      await connection.exec(STEPS_TABLE)
    }
    for (const [step, sql] of migrations.entries()) {
      if (step < (before ?? 0)) continue
      await connection.exec(sql)
      await connection.query('INSERT INTO workos_migrate_steps (step, tool_version) VALUES ($1, $2)', step, toolVersion)
    }
  })
}

/** The key of an advisory lock, which is a number for the whole database. */
export function lockKey(...of: string[]): string {
  return createHash('sha256')
    .update(['workos-migrate', ...of].join('\0'))
    .digest()
    .readBigInt64BE()
    .toString()
}

function foreign(schema: string, place: string): StateError {
  return new StateError({
    code: 'state_foreign',
    message: `the schema ${schema} contains something other than states of workos-migrate: ${place}`,
    hint: 'set state.schema to a separate schema',
  })
}

function newer(place: string): StateError {
  return new StateError({
    code: 'state_newer',
    message: `${place} was written by a later version of workos-migrate`,
    hint: 'update workos-migrate',
  })
}

const STEPS_TABLE = `CREATE TABLE workos_migrate_steps (
  step integer PRIMARY KEY, tool_version text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())`

/**
 * The numbered steps of the schema. Never edit a published step: add a new one.
 *
 * JSON is stored as text, byte for byte: `jsonb` sorts keys and rejects some texts. Keys are
 * compared by bytes, which is the order of code points.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE states (
    state integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    -- Of the manifest; empty: none was chosen.
    environment text NOT NULL,
    lineage text NOT NULL,
    serial bigint NOT NULL DEFAULT 0,
    -- The commit that the serial is of.
    mark text,
    digest_key text NOT NULL,
    binding text,
    -- Who has the lock, as far as the session in holder_backend is alive.
    holder text,
    holder_token text,
    holder_backend integer,
    UNIQUE (name, environment)
  );

  CREATE TABLE resources (
    state integer NOT NULL REFERENCES states,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    attributes text NOT NULL,
    digests text NOT NULL,
    refs text NOT NULL,
    ownership text NOT NULL CHECK (ownership IN ('created', 'adopted')),
    run integer NOT NULL,
    reduced text,
    answered text,
    gone integer,
    PRIMARY KEY (state, kind, key)
  );
  -- The id first: an index that begins as the primary key does may be taken for it.
  CREATE INDEX resources_by_id ON resources (id, kind, state);

  CREATE TABLE intents (
    state integer NOT NULL REFERENCES states,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    action text NOT NULL,
    started_at text COLLATE "C" NOT NULL,
    attributes text NOT NULL,
    digests text NOT NULL,
    refs text NOT NULL,
    PRIMARY KEY (state, kind, key)
  );

  CREATE TABLE runs (
    state integer NOT NULL REFERENCES states,
    run integer NOT NULL,
    command text NOT NULL,
    started_at text NOT NULL,
    finished_at text,
    outcome text NOT NULL,
    tool_version text NOT NULL,
    manifest_digest text NOT NULL,
    source text,
    counts text NOT NULL,
    PRIMARY KEY (state, run)
  );

  CREATE TABLE failures (
    state integer NOT NULL REFERENCES states,
    run integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    origin text NOT NULL,
    email text,
    PRIMARY KEY (state, run, kind, key)
  );

  CREATE TABLE rejects (
    state integer NOT NULL REFERENCES states,
    run integer NOT NULL,
    -- In the order in which they were recorded, from 1.
    place integer NOT NULL,
    kind text NOT NULL,
    key text,
    code text NOT NULL,
    field text,
    message text NOT NULL,
    hint text,
    origin text NOT NULL,
    records integer NOT NULL,
    email text,
    PRIMARY KEY (state, run, place)
  );
  `,
]
