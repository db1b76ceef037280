import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../src/inspecting/database/catalog.ts'
import { readMysqlCatalog } from '../../../src/inspecting/database/mysql-catalog.ts'
import { readPostgresCatalog } from '../../../src/inspecting/database/postgres-catalog.ts'
import { proposeTables, type TableProposal, tableNamed } from '../../../src/inspecting/database/propose-tables.ts'
import { Samples } from '../../../src/inspecting/database/sample.ts'
import type { Part } from '../../../src/inspecting/recognise.ts'
import type { JsonObject } from '../../../src/json.ts'
import { mariaPrograms } from '../../mariadb.ts'
import { postgresPrograms } from '../../postgres.ts'
import { askMaria, askPostgres } from './databases.ts'
import { BCRYPT, CLUBS, DJANGO_APP, LARAVEL, SUPABASE } from './schemas.ts'

async function proposed(
  ask: Ask,
  dialect: 'postgres' | 'mysql' = 'postgres',
  named: Partial<Record<Part, string>> = {},
) {
  const catalog = dialect === 'postgres' ? await readPostgresCatalog(ask) : await readMysqlCatalog(ask)
  const tables = Object.entries(named).map(([part, name]) => [part, tableNamed(name, catalog)])
  return proposeTables({
    catalog,
    samples: new Samples(ask, dialect),
    named: new Map(tables as [Part, NonNullable<ReturnType<typeof tableNamed>>][]),
    today: '2026-11-29',
  })
}

function found(proposal: Awaited<ReturnType<typeof proposed>>): TableProposal {
  if ('why' in proposal) throw new Error(`nothing was proposed: ${proposal.why}`)
  return proposal
}

const shown = ({ sides }: TableProposal): Record<string, JsonObject> =>
  Object.fromEntries(
    sides.map(({ side, stream }) => [
      side.part,
      { ...stream.options, ...(side.join && { join: { ...side.join } }), columns: { ...side.columns } },
    ]),
  )

describe.skipIf(postgresPrograms === undefined)('on PostgreSQL', () => {
  test('Supabase is read with its recipe, and joined with the teams of the application', async () => {
    const proposal = found(await proposed(await askPostgres(SUPABASE)))
    expect(proposal.origin).toBe('supabase')
    expect(proposal.people.options).toEqual({ table: 'auth.users', key: 'id', updatedAt: 'updated_at' })
    expect(proposal.parts.map(({ part, read }) => [part, read.options])).toEqual([
      ['accounts', { table: 'auth.identities', key: 'id' }],
      ['factors', { table: 'auth.mfa_factors', key: 'id' }],
    ])
    expect(shown(proposal)).toEqual({
      memberships: {
        table: 'team_members',
        key: ['team_id', 'user_id'],
        join: { key: 'user_id', to: 'id' },
        columns: { organizationId: 'team_id', role: 'role' },
      },
      organizations: { table: 'teams', key: 'id', columns: { id: 'id', name: 'name' } },
    })
    const members = proposal.sides.find(({ side }) => side.part === 'memberships')
    expect(members?.side.conditions?.join()).toContain('deleted_at')
    expect(proposal.unused.map(({ table, matters }) => [table.name, matters])).toContainEqual(['orders', true])
  })

  test('Django: groups are numbered roles, a table has verified addresses, members refer to companies', async () => {
    const proposal = found(await proposed(await askPostgres(DJANGO_APP)))
    expect(proposal).toMatchObject({ origin: 'file', title: "Django's table of users" })
    const { memberships, organizations, roles, roleNames, addresses } = shown(proposal)
    expect(memberships).toMatchObject({ table: 'crm_company_staff', columns: { organizationId: 'company_id' } })
    expect(organizations).toMatchObject({ table: 'crm_company', columns: { id: 'id', name: 'title' } })
    expect(roles).toMatchObject({ table: 'auth_user_groups', columns: { roleId: 'group_id' } })
    expect(roleNames).toMatchObject({ table: 'auth_group' })
    expect(addresses).toMatchObject({
      table: 'account_emailaddress',
      columns: { email: 'email', verified: 'verified' },
    })
  })

  test('foreign keys help where names do not, and the key of a table between two others has both columns', async () => {
    const proposal = found(await proposed(await askPostgres(CLUBS)))
    expect(proposal.people.table.name).toBe('persons')
    const { memberships, organizations, roleNames } = shown(proposal)
    expect(memberships).toMatchObject({
      table: 'club_memberships',
      key: ['club_id', 'person_id'],
      join: { key: 'person_id', to: 'id' },
      columns: { organizationId: 'club_id', roleId: 'role_id' },
    })
    expect(organizations).toMatchObject({ table: 'clubs', columns: { id: 'id', name: 'title' } })
    expect(roleNames).toMatchObject({ table: 'club_roles' })
    const sides = proposal.sides.map(({ side, stream }) => [side.part, stream.isGuessed])
    expect(sides).toContainEqual(['memberships', true])
    const clubs = proposal.sides.find(({ side }) => side.part === 'organizations')
    expect(clubs?.side.conditions?.join()).toContain('deleted_at')
  })

  test('the user decides between two tables of users, and a named one is used', async () => {
    const ask = await askPostgres(`
    CREATE TABLE customers (id int PRIMARY KEY, email text, password_hash text);
    CREATE TABLE employees (id int PRIMARY KEY, email text, password_hash text);
    INSERT INTO customers VALUES (1, 'c@example.com', '${BCRYPT}');
    INSERT INTO employees VALUES (1, 'e@example.com', '${BCRYPT}');`)
    const several = await proposed(ask)
    expect(several).toMatchObject({ why: 'several' })
    expect('why' in several && several.candidates.map(({ name }) => name).sort()).toEqual(['customers', 'employees'])
    expect(found(await proposed(ask, 'postgres', { users: 'employees' })).people.table.name).toBe('employees')
  })

  test('a table that belongs to another kind of user is not joined', async () => {
    const proposal = found(
      await proposed(
        await askPostgres(`
        CREATE TABLE users (id int PRIMARY KEY, email text, password_hash text);
        CREATE TABLE members (team_id int, user_id int, PRIMARY KEY (team_id, user_id));
        INSERT INTO users VALUES (1, 'a@example.com', '${BCRYPT}');
        INSERT INTO members VALUES (1, 77);`),
      ),
    )
    expect(proposal.sides).toEqual([])
    expect(proposal.unused[0]?.why).toBe('its user_id matches no row of users')
  })

  test('the query omits columns that the role cannot read', async () => {
    const sql = `CREATE ROLE "reader_$DB" LOGIN;
    CREATE TABLE users (id int PRIMARY KEY, email text, ssn text);
    INSERT INTO users VALUES (1, 'a@example.com', '1');
    GRANT SELECT (id, email) ON users TO "reader_$DB";`
    const proposal = found(await proposed(await askPostgres(sql, 'reader_$DB')))
    expect(proposal.people.options).toEqual({ query: 'select id, email\nfrom users', key: 'id' })
  })

  test('Better Auth in snake case is read with queries that rename columns for the recipe', async () => {
    const proposal = found(
      await proposed(
        await askPostgres(`
        CREATE TABLE "user" (id text PRIMARY KEY, name text, email text, email_verified boolean, created_at timestamptz, updated_at timestamptz);
        CREATE TABLE account (id text PRIMARY KEY, account_id text, provider_id text, user_id text REFERENCES "user", password text);
        CREATE TABLE session (id text PRIMARY KEY, user_id text REFERENCES "user", token text);`),
      ),
    )
    expect(proposal).toMatchObject({ origin: 'better-auth', title: 'Better Auth' })
    expect(proposal.people.options.query).toBe(
      'select id, name, email, email_verified as "emailVerified", created_at as "createdAt", updated_at as "updatedAt"\nfrom "user"',
    )
    expect(proposal.parts.map(({ part, read }) => [part, read.options.key])).toEqual([['accounts', 'id']])
    expect(proposal.unused.map(({ table, matters }) => [table.name, matters])).toEqual([['session', false]])
  })
})

describe.skipIf(mariaPrograms === undefined)('on MariaDB', () => {
  test('Laravel without foreign keys: teams by names and values, owners as members, roles of users only', async () => {
    const proposal = found(await proposed(await askMaria(LARAVEL), 'mysql'))
    expect(proposal).toMatchObject({ origin: 'file', title: "Laravel's table of users" })
    expect(proposal.people.options).toMatchObject({ key: 'id', updatedAt: 'updated_at' })
    expect(proposal.people.options.query).toMatch(/^select id, name, email, .* current_team_id, .*\nfrom users$/)
    expect(proposal.people.options.query).not.toContain('token')
    const { memberships, organizations, roles, roleNames } = shown(proposal)
    expect(organizations).toMatchObject({ table: 'teams', key: 'id', columns: { id: 'id', name: 'name' } })
    expect(memberships).toMatchObject({ key: ['team_id', 'user_id'], join: { key: 'user_id', to: 'id' } })
    expect(memberships?.query).toContain("union all\nselect o.id, o.user_id, 'owner'\nfrom")
    expect(roles?.query).toContain("from model_has_roles\nwhere model_type = 'App\\\\Models\\\\User'")
    expect(roles).toMatchObject({ join: { key: 'model_id', to: 'id' }, columns: { roleId: 'role_id' } })
    expect(roleNames).toMatchObject({ table: 'roles', columns: { id: 'id', roleName: 'name' } })
  })
})
