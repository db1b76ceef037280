import { describe, expect, test } from 'vitest'
import { keyOf, nameOf } from '../../../src/inspecting/database/catalog.ts'
import { readPostgresCatalog } from '../../../src/inspecting/database/postgres-catalog.ts'
import { postgresPrograms } from '../../postgres.ts'
import { askPostgres } from './databases.ts'

describe.skipIf(postgresPrograms === undefined)('on PostgreSQL', () => {
  test('the catalog has tables and views with columns, keys, comments and rows', async () => {
    const ask = await askPostgres(`
    CREATE SCHEMA app;
    CREATE TYPE app.level AS ENUM ('owner', 'member');
    CREATE DOMAIN app.address AS text;
    CREATE TABLE app.people (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email app.address NOT NULL, tags text[], about jsonb,
      CONSTRAINT one_address UNIQUE (email));
    CREATE TABLE public.teams (id uuid PRIMARY KEY, name varchar(80) NOT NULL, slug text NOT NULL);
    CREATE UNIQUE INDEX ON public.teams (slug);
    CREATE UNIQUE INDEX ON public.teams (lower(name));
    CREATE UNIQUE INDEX ON public.teams (name) WHERE slug <> '';
    CREATE TABLE public.members (
      team_id uuid NOT NULL REFERENCES public.teams, person_id bigint NOT NULL REFERENCES app.people (id), level app.level,
      PRIMARY KEY (team_id, person_id));
    CREATE VIEW public.busy AS SELECT person_id, count(*) AS teams FROM public.members GROUP BY 1;
    CREATE TABLE public.events (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE public.events_2026 PARTITION OF public.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    COMMENT ON TABLE app.people IS 'who signs in';
    COMMENT ON COLUMN app.people.email IS 'the address';
    INSERT INTO app.people (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, 30) AS n;`)
    const catalog = await readPostgresCatalog(ask)
    expect(catalog).toMatchObject({ dialect: 'postgres', role: 'tester', schema: 'public', unreadable: [] })
    const names = catalog.tables.map((table) => nameOf(table, catalog))
    expect(names).toEqual(['app.people', 'busy', 'events', 'members', 'teams'])
    const [people, busy, , members, teams] = catalog.tables
    expect(people).toEqual({
      schema: 'app',
      name: 'people',
      kind: 'table',
      rows: 30,
      isCounted: true,
      comment: 'who signs in',
      columns: [
        { name: 'id', type: 'bigint', nullable: false, comment: null },
        { name: 'email', type: 'text', nullable: false, comment: 'the address' },
        { name: 'tags', type: 'text[]', nullable: true, comment: null },
        { name: 'about', type: 'jsonb', nullable: true, comment: null },
      ],
      hidden: [],
      primaryKey: ['id'],
      uniqueKeys: [['email']],
      foreignKeys: [],
      hidesRows: false,
    })
    expect(busy).toMatchObject({ kind: 'view', rows: null, primaryKey: [] })
    expect(teams?.uniqueKeys).toEqual([['slug']])
    expect(teams?.columns[1]?.type).toBe('character varying')
    expect(members).toMatchObject({
      primaryKey: ['team_id', 'person_id'],
      foreignKeys: [
        { columns: ['person_id'], to: { schema: 'app', table: 'people', columns: ['id'] } },
        { columns: ['team_id'], to: { schema: 'public', table: 'teams', columns: ['id'] } },
      ],
    })
    expect(members?.columns[2]?.type).toBe('level')
  })

  test('a role sees the tables that it can read, with keys even if it does not own them', async () => {
    const ask = await askPostgres(
      `
    CREATE ROLE "reader_of_$DB" LOGIN;
    CREATE SCHEMA closed;
    CREATE TABLE closed.vault (id int PRIMARY KEY);
    CREATE TABLE people (id int PRIMARY KEY, email text, password text);
    CREATE TABLE members (id int PRIMARY KEY, person_id int REFERENCES people);
    CREATE TABLE notes (id int PRIMARY KEY);
    CREATE TABLE guarded (id int PRIMARY KEY);
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    INSERT INTO guarded VALUES (1);
    GRANT SELECT (id, email) ON people TO "reader_of_$DB";
    GRANT SELECT ON members, guarded TO "reader_of_$DB";
    GRANT INSERT ON notes TO "reader_of_$DB";`,
      'reader_of_$DB',
    )
    const { tables, unreadable } = await readPostgresCatalog(ask)
    expect(tables.map(({ name }) => name)).toEqual(['guarded', 'members', 'people'])
    const [guarded, members, people] = tables
    expect(guarded).toMatchObject({ hidesRows: true, rows: null })
    expect(members).toMatchObject({ primaryKey: ['id'], hidesRows: false })
    expect(members?.foreignKeys[0]?.to.table).toBe('people')
    expect(people?.columns.map(({ name }) => name)).toEqual(['id', 'email'])
    expect(people?.hidden).toEqual(['password'])
    expect(unreadable).toEqual(['closed.vault', 'public.notes'])
  })

  test('rows of an analyzed table are estimated', async () => {
    const ask = await askPostgres(
      'CREATE TABLE people (id int); INSERT INTO people SELECT generate_series(1, 500); ANALYZE people;',
    )
    const { tables } = await readPostgresCatalog(ask)
    expect(tables[0]).toMatchObject({ rows: 500, isCounted: false })
  })

  test('the key is the primary key; otherwise a unique key without NULL', async () => {
    const ask = await askPostgres(`
    CREATE TABLE a (id int PRIMARY KEY, code text NOT NULL UNIQUE);
    CREATE TABLE b (x int NOT NULL, y int NOT NULL, code text NOT NULL UNIQUE, UNIQUE (x, y));
    CREATE TABLE c (code text UNIQUE);`)
    const { tables } = await readPostgresCatalog(ask)
    expect(tables.map(keyOf)).toEqual([['id'], ['code'], undefined])
  })
})
