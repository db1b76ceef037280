import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { Database } from '../../src/sandbox/database.ts'
import { command, folderOf, type Outcome } from '../cli/harness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A user in the sandbox. */
export interface Person {
  name: string
  verified: boolean
  externalId: string | null
  metadata: JsonObject
  /** Type of the hash; null without a password. */
  password: string | null
}

/** The content of the sandbox after a migration. */
export interface Migrated {
  /** By email address. */
  people: Record<string, Person>
  /** Names and external IDs, sorted by name. */
  organizations: { name: string; externalId: string | null; metadata: JsonObject; domains: string[] }[]
  /** `email in organization: roles`, sorted. */
  memberships: string[]
  /** `group in organization: email addresses`, sorted. */
  groups: string[]
  /** Slugs besides `member`. */
  roles: string[]
  /** `kind code file:line`, in the order of the plan. */
  rejects: string[]
  /** Remarks as `kind code detail count`. */
  notes: string[]
  /** Users whose authenticator app is not migrated, as `reason count`. */
  appsLeft: string[]
  /** Codes of warnings. */
  warnings: string[]
  /** Records that no rule used. */
  leftOut: number
  /** Whether the password hash of a user is exactly this one. */
  hasHash(email: string, hash: string): boolean
  /** Email addresses of users with a TOTP factor, sorted; twice for a user with two. */
  factors: string[]
  /** Whether the TOTP factor of a user has exactly this secret, and no metadata has it. */
  hasFactor(email: string, secret: string): boolean
}

/** Settings for running an example, if its `migrate.config.yaml` is not enough. */
export interface Setting {
  /** Name of its manifest. */
  config?: string
  /** The text of a manifest to create under that name, if the sample has none. */
  text?: string
  env?: Record<string, string>
  /**
   * Whether plan and apply are enough, because another test of the sample validates the manifest
   * and plans again.
   */
  quick?: boolean
}

/**
 * Runs validate, plan, apply and verify on a copy of an example with the real command line, and
 * reads the sandbox. A second plan must be empty.
 * @param folder of the manifest, from the root of the project
 */
export async function migrate(
  folder: string,
  { config, text, env = {}, quick = false }: Setting = {},
): Promise<Migrated> {
  const root = folderOf({})
  for (const name of ['examples', 'migrate.config.yaml'])
    cpSync(join(ROOT, name), join(root, name), { recursive: true })
  const cwd = join(root, folder)
  const manifest = join(cwd, config ?? 'migrate.config.yaml')
  if (text !== undefined) writeFileSync(manifest, text)
  spareThreads(manifest)
  const chosen = config === undefined ? [] : ['-c', config]
  const cli = async (args: string[], code: number): Promise<Outcome> => {
    const outcome = await command([...args, ...chosen], { cwd, env })
    expect(outcome.code, `${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`).toBe(code)
    return outcome
  }
  if (!quick) expect((await cli(['validate'], 0)).stderr).not.toContain('warning')
  const { stdout } = await cli(['plan', '--json', '--detailed-exitcode'], 2)
  await cli(['apply', '--yes'], 0)
  if (!quick) await cli(['plan', '--refresh', '--detailed-exitcode'], 0)
  return { ...reported(stdout), ...held(join(cwd, '.workos-migrate/sandbox.sqlite')) }
}

/** Limits threads: the samples are small, and tests run in parallel. */
function spareThreads(manifest: string): void {
  if (!/^run:/m.test(readFileSync(manifest, 'utf8'))) appendFileSync(manifest, '\nrun: { workers: 1 }\n')
}

type Reported = Pick<Migrated, 'rejects' | 'notes' | 'appsLeft' | 'warnings' | 'leftOut'>

interface Report {
  accounting: { records: { leftOut: number } }
  summary: {
    notes: { kind: string; code: string; detail: string; count: number }[]
    warnings: { code: string }[]
  }
  totpUnsupportedCounts: { reason: string; count: number }[]
  rejects: { kind: string; code: string; origin: string }[]
}

function reported(json: string): Reported {
  const { accounting, summary, totpUnsupportedCounts, rejects }: Report = JSON.parse(json)
  return {
    leftOut: accounting.records.leftOut,
    notes: summary.notes.map(({ kind, code, detail, count }) => `${kind} ${code} ${detail} ${count}`),
    appsLeft: totpUnsupportedCounts.map(({ reason, count }) => `${reason} ${count}`),
    warnings: summary.warnings.map(({ code }) => code),
    rejects: rejects.map(({ kind, code, origin }) => `${kind} ${code} ${origin}`),
  }
}

interface UserRow {
  email: string
  email_verified: number
  first_name: string | null
  last_name: string | null
  external_id: string | null
  metadata: string
  credential_type: string | null
  credential_digest: string | null
}

/** The content of the sandbox's database. */
function held(file: string): Omit<Migrated, keyof Reported> {
  const database = new Database(file)
  onTestFinished(() => database.close())
  const rows = database.all<UserRow>('SELECT * FROM users ORDER BY email')
  const people = rows.map((row): [string, Person] => [
    row.email,
    {
      name: [row.first_name, row.last_name].filter((part) => part !== null).join(' '),
      verified: row.email_verified === 1,
      externalId: row.external_id,
      metadata: JSON.parse(row.metadata),
      password: row.credential_type,
    },
  ])
  const organizations = database.all<{ id: string; name: string; external_id: string | null; metadata: string }>(
    'SELECT id, name, external_id, metadata FROM organizations ORDER BY name',
  )
  const domains = database.all<{ organization_id: string; domain: string }>(
    'SELECT organization_id, domain FROM organization_domains ORDER BY domain',
  )
  const memberships = database.all<{ email: string; name: string; role_slugs: string }>(
    `SELECT email, organizations.name, role_slugs FROM memberships
     JOIN users ON users.id = user_id JOIN organizations ON organizations.id = organization_id ORDER BY email, organizations.name`,
  )
  const groups = database.all<{ name: string; organization: string; members: string | null }>(
    `SELECT organization_groups.name, organizations.name AS organization, group_concat(email, ', ' ORDER BY email) AS members
     FROM organization_groups JOIN organizations ON organizations.id = organization_groups.organization_id
     LEFT JOIN group_members ON group_id = organization_groups.id
     LEFT JOIN memberships ON memberships.id = membership_id LEFT JOIN users ON users.id = user_id
     GROUP BY organization_groups.id ORDER BY organization_groups.name`,
  )
  const roles = database.all<{ slug: string }>(`SELECT slug FROM roles WHERE slug <> 'member' ORDER BY slug`)
  const factors = database.all<{ email: string; secret_digest: string }>(
    'SELECT email, secret_digest FROM auth_factors JOIN users ON users.id = user_id ORDER BY email',
  )
  const digests = new Map(rows.map(({ email, credential_digest: digest }) => [email, digest]))
  return {
    people: Object.fromEntries(people),
    organizations: organizations.map(({ id, name, external_id: externalId, metadata }) => ({
      name,
      externalId,
      metadata: JSON.parse(metadata),
      domains: domains.filter((row) => row.organization_id === id).map(({ domain }) => domain),
    })),
    memberships: memberships.map(({ email, name, role_slugs: slugs }) => `${email} in ${name}: ${JSON.parse(slugs)}`),
    groups: groups.map(({ name, organization, members }) => `${name} in ${organization}: ${members ?? 'nobody'}`),
    roles: roles.map(({ slug }) => slug),
    hasHash: (email: string, hash: string) => digests.get(email) === database.digest(hash),
    factors: factors.map(({ email }) => email),
    hasFactor: (email: string, secret: string) =>
      factors.some((row) => row.email === email && row.secret_digest === database.digest(secret)) &&
      !rows.some(({ metadata }) => metadata.includes(secret)),
  }
}
