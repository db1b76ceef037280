import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { schemasAt } from '../../src/config/schema.ts'
import { createProject, type Project } from '../e2e/cli.ts'
import { byKind } from '../e2e/kinds.ts'
import { FAST, KEY, startWorkos, type Workos, writes } from '../e2e/workos.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { DATABASE, generateTenant } from '../fakes/auth0/generate.ts'

/**
 * The guides for users of other tools. Every row of their tables is tested on generated files, with
 * the words of the right column. A scenario lists the rows that it tests by their left cells.
 */

const GUIDES = ['from-toolkit', 'from-workos-migrations'] as const
type Guide = (typeof GUIDES)[number]

/** The left cells of the heads of the tables. */
const HEADS = ['Toolkit', '@workos/migrations']

interface Row {
  left: string
  right: string
}

function rowsOf(guide: Guide): Row[] {
  const path = fileURLToPath(new URL(`../../docs/how-to/${guide}.md`, import.meta.url))
  return [...readFileSync(path, 'utf8').matchAll(/^\| (.*?) \| (.*) \|$/gm)]
    .map(([, left = '', right = '']) => ({ left, right }))
    .filter(({ left }) => !HEADS.includes(left) && !left.startsWith('-'))
}

interface Scenario {
  name: string
  toolkit: readonly string[]
  official: readonly string[]
  run(): Promise<void>
}

const env = { KEY, WORKOS_SECRET_KEY: KEY }

interface Scene {
  workos: Workos
  project: Project
  /** Writes the manifest with a target. */
  manifest(content: object): void
  /** Runs a command that must end with this exit code. */
  run(args: readonly string[], exit?: number, more?: Record<string, string>): Promise<string>
  plan(...args: string[]): Promise<Planned>
  /** `address in organization: roles` */
  memberships(): Promise<string[]>
  /** Write requests since the last call. */
  writes(): number
}

interface Planned {
  summary: { kinds: { kind: string; [figure: string]: unknown }[] }
  rejects: { code: string; email: string | null }[]
}

async function open(files: Record<string, string>, options: Parameters<typeof startWorkos>[0] = {}): Promise<Scene> {
  const workos = await startWorkos(options)
  const project = createProject()
  for (const [name, text] of Object.entries(files)) project.write(name, text)
  const target = { ...workos.target, apiKey: '${WORKOS_SECRET_KEY}' }
  const run = async (args: readonly string[], exit = 0, more = {}) => {
    const result = await project.run(args, { env: { ...env, ...more } })
    expect(result.exit, `${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(exit)
    return result.stdout
  }
  return {
    workos,
    project,
    manifest: ({ run: own, ...content }: { run?: object }) =>
      project.manifest({ version: 1, name: 'coming', target, run: { ...FAST, workers: 1, ...own }, ...content }),
    run,
    plan: async (...args) => JSON.parse(await run(['plan', '--json', ...args])),
    memberships: async () =>
      (await workos.snapshot()).memberships.map(
        ([title, roles]) => `${title.replace('@@', ' in ')}: ${roles.join(' ')}`,
      ),
    writes: () => writes(workos.takeLog()).length,
  }
}

const lines = (...rows: string[]) => `${rows.join('\n')}\n`

/** The columns of the toolkit, with values that its auto-fix corrects and its importer loses. */
const USERS = lines(
  '\ufeffemail,first_name,last_name,email_verified,external_id,org_external_id,org_name',
  'ada@example.com,  Ada ,Ampersand,Yes,u-1,acme,Acme',
  'ADA@example.com,Ada,Ampersand,1,u-1,bolt,Bolt',
  'ada@example.com,Ada,Ampersand,true,u-1,cog,Cog',
  'bea@example.com,Bea,Beispiel,no,u-2,acme,Acme',
)
const CSV = { source: { type: 'csv', path: './users.csv' } }
const IN_THREE = [
  'ada@example.com in acme: member',
  'ada@example.com in bolt: member',
  'ada@example.com in cog: member',
  'bea@example.com in acme: member',
]

const imports: Scenario = {
  name: 'a CSV is validated, planned and imported, once',
  toolkit: [
    '`--csv FILE`, `--user-export FILE`',
    '`--dry-run`, `--plan`',
    '`--yes`',
    '`--quiet`',
    '`WORKOS_SECRET_KEY`',
    '`validate-csv --csv FILE`',
    '`--auto-fix`, `--fixed-csv FILE`',
    '`--dedupe`, `--deduped-csv FILE`',
    '`--dedupe-report FILE`',
    '`--output FILE`, `--validate`',
  ],
  official: [
    '`import --csv FILE`',
    '`validate --csv FILE`, `validate-package DIR`',
    '`validate --auto-fix --output FILE`',
    '`--dry-run`, `--plan`',
    '`--dedupe`',
    '`--quiet`',
    '`--summary FILE`',
  ],
  async run() {
    const scene = await open({ 'users.csv': USERS })
    scene.manifest(CSV)
    expect(await scene.run(['validate'])).toContain('is valid')
    const { summary } = await scene.plan('--merges', 'merges.ndjson')
    expect(byKind(summary.kinds)).toMatchObject({ user: { create: 2 }, membership: { create: 4 } })
    expect(readFileSync(scene.project.path('merges.ndjson'), 'utf8')).toContain('"key":"u-1"')
    expect(scene.writes()).toBe(0)
    const applied = JSON.parse(await scene.run(['apply', '--yes', '--quiet', '--json']))
    expect(byKind(applied.kinds)).toMatchObject({ user: { created: 2 }, membership: { created: 4 } })
    expect(await scene.memberships()).toEqual(IN_THREE)
    const { users } = await scene.workos.snapshot()
    expect(users).toMatchObject([
      { email: 'ada@example.com', first_name: 'Ada', email_verified: true, external_id: 'u-1' },
      { email: 'bea@example.com', email_verified: false },
    ])
    scene.writes()
    await scene.run(['apply', '--yes'])
    expect(scene.writes()).toBe(0)
  },
}

const checks: Scenario = {
  name: 'a plan tells of rows that cannot be read and of users who are there',
  toolkit: ['`--report FILE`', '`--check-api`'],
  official: [],
  async run() {
    const rows = lines(
      'email,external_id,metadata',
      'ada@example.com,u-1,',
      'no-address,u-2,',
      'cy@example.com,u-3,{oops',
    )
    const scene = await open({ 'users.csv': rows })
    scene.manifest({ ...CSV, safety: { maxRejects: 2 } })
    await scene.workos.call('POST', '/user_management/users', {
      email: 'ada@example.com',
      external_id: 'u-1',
    })
    const { summary, rejects } = await scene.plan()
    expect(byKind(summary.kinds).user).toMatchObject({ adopt: 1, create: 0 })
    expect(rejects).toHaveLength(2)
  },
}

const oneOrganization: Scenario = {
  name: 'everybody is a member of one organization, by its id or by an id of yours',
  toolkit: ['`--org-id ID`', '`--org-external-id ID`, `--org-name NAME`, `--create-org-if-missing`'],
  official: ['`--org-id ID`, `--org-external-id ID`, `--create-org-if-missing`'],
  async run() {
    const scene = await open({ 'users.csv': lines('email,external_id', 'ada@example.com,u-1', 'bea@example.com,u-2') })
    const { id } = await scene.workos.call('POST', '/organizations', { name: 'Here', external_id: 'here' })
    scene.manifest({ ...CSV, extends: 'one-organization', vars: { organization: { id } } })
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual(['ada@example.com in here: member', 'bea@example.com in here: member'])
    const made = await open({ 'users.csv': lines('email', 'ada@example.com') })
    const organization = { externalId: 'acme', name: 'Acme' }
    made.manifest({ ...CSV, extends: 'one-organization', vars: { organization } })
    await made.run(['apply', '--yes'])
    expect(await made.memberships()).toEqual(['ada@example.com in acme: member'])
  },
}

const pace: Scenario = {
  name: 'a run is as hard as the manifest says',
  toolkit: ['`--concurrency N`', '`--workers N`', '`--chunk-size N`'],
  official: ['`--concurrency N`', '`--rate-limit N` of an import', '`--workers N`, `--chunk-size N`'],
  async run() {
    const scene = await open({ 'users.csv': USERS })
    const limits = { requests: '5000/s', writes: '5000/s', reads: '5000/s' }
    scene.manifest({ ...CSV, run: { concurrency: 2, workers: 2, chunkSize: 1, limits } })
    const { run } = JSON.parse(await scene.run(['config', '--json']))
    expect(run).toMatchObject({ concurrency: 2, workers: 2, chunkSize: 1, limits: { requests: '5000/s' } })
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual(IN_THREE)
  },
}

const resumes: Scenario = {
  name: 'what fails is named, stays without loss, and the same command goes on',
  toolkit: [
    '`--require-membership`',
    '`--job-id ID`, `--resume`, `--checkpoint-dir DIR`',
    '`--errors-out FILE`',
    '`analyze-errors --errors FILE`',
    '`--retry-csv FILE`',
    '`--include-duplicates`',
    '`analyze-errors --report FILE`',
  ],
  official: [
    '`--job-id ID`, `--resume` of an import',
    '`--errors FILE`',
    '`analyze --errors FILE`',
    '`--retry-csv FILE`, `--original-csv FILE`',
  ],
  async run() {
    let refused = 0
    const scene = await open(
      { 'users.csv': USERS },
      {
        interceptor: {
          before({ request, response }) {
            if (request.method !== 'POST' || !request.url?.includes('organization_memberships') || refused > 0)
              return false
            refused += 1
            response.writeHead(422, { 'content-type': 'application/json' })
            response.end(JSON.stringify({ code: 'invalid_request_parameters', message: 'not now', errors: [] }))
            return true
          },
        },
      },
    )
    scene.manifest({ ...CSV, state: { path: 'job/state.sqlite' }, run: { concurrency: 1 } })
    await scene.run(['apply', '--yes'], 7)
    expect(scene.project.list('job')).toContain('state.sqlite')
    expect((await scene.workos.snapshot()).users).toHaveLength(2)
    expect(await scene.memberships()).toHaveLength(3)
    expect(await scene.run(['errors'])).toContain('invalid_request_parameters')
    expect(JSON.parse(await scene.run(['errors', '--json']))).toMatchObject({ causes: [{ count: 1 }] })
    expect((await scene.run(['errors', '--ndjson'])).trim().split('\n')).toHaveLength(1)
    await scene.run(['errors', '--csv', 'failed.csv'])
    expect(readFileSync(scene.project.path('failed.csv'), 'utf8')).toContain('ada@example.com')
    scene.writes()
    await scene.run(['apply', '--yes'])
    expect(scene.writes()).toBe(1)
    expect(await scene.memberships()).toEqual(IN_THREE)
  },
}

const fields: Scenario = {
  name: 'columns of one’s own are mapped, and a recipe is a profile',
  toolkit: ['`map-fields --input FILE`', '`--profile NAME`', '`--profile PROFILE.json`', '`--list-profiles`'],
  official: [],
  async run() {
    const scene = await open({ 'people.csv': lines('mail,given,nr', 'ada@example.com,Ada,7') })
    const user = { key: 'nr', externalId: 'nr', email: 'mail', firstName: 'given' }
    scene.manifest({ source: { type: 'file', streams: { users: { path: './people.csv' } } }, map: { user } })
    await scene.run(['apply', '--yes'])
    expect((await scene.workos.snapshot()).users).toMatchObject([{ first_name: 'Ada', external_id: '7' }])
    expect(await scene.run(['test', '--recipe', 'firebase'])).toContain('passed')
    const guide = fileURLToPath(new URL('../../docs/how-to/sources/README.md', import.meta.url))
    expect(readFileSync(guide, 'utf8')).toContain('examples/file-tables')
  },
}

const BCRYPT = `$2b$10$${'k'.repeat(53)}`
const clerk: Scenario = {
  name: 'an export of Clerk with its side files',
  toolkit: [
    '`--clerk-csv FILE`',
    '`--org-mapping FILE` of Clerk',
    '`--role-mapping FILE` of Clerk',
    '`--output FILE` of Clerk',
    '`--skipped-users FILE` of Clerk',
  ],
  official: ['`export clerk`, `transform-clerk`', '`--from-file FILE`', '`--org-mapping FILE`, `--role-mapping FILE`'],
  async run() {
    const columns =
      'id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher'
    const scene = await open({
      'clerk.csv': lines(
        columns,
        `user_1,Ada,A,,ada@example.com,,ada@example.com,,,,,${BCRYPT},bcrypt`,
        'user_2,Bea,B,bea,,+1555,,,+1555,,,,',
      ),
      'orgs.csv': lines('clerk_user_id,org_external_id,org_name', 'user_1,acme,Acme', 'user_1,bolt,Bolt'),
      'roles.csv': lines('clerk_user_id,role_slug', 'user_1,admin'),
    })
    const source = { type: 'clerk', users: './clerk.csv', memberships: './orgs.csv', roles: './roles.csv' }
    scene.manifest({ source, roles: { define: { admin: { name: 'Admin' } } }, safety: { maxRejects: 1 } })
    await scene.run(['plan', '--rejects', 'rejects'])
    expect(scene.project.list('.')).toContain('rejects')
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual(['ada@example.com in acme: admin', 'ada@example.com in bolt: admin'])
  },
}

const SIGNER = Buffer.alloc(64, 7).toString('base64')
const firebase: Scenario = {
  name: 'an export of Firebase with names, disabled users and tables',
  toolkit: [
    '`--firebase-json FILE`',
    '`--signer-key KEY`',
    '`--salt-separator S`, `--rounds N`, `--mem-cost N`',
    '`--name-split first-space`',
    '`--name-split first-name-only`',
    '`--name-split last-space`',
    '`--include-disabled`',
    '`--org-mapping FILE`, `--role-mapping FILE` of Firebase',
    '`--skipped-users FILE` of Firebase',
  ],
  official: [
    '`export firebase`, `transform-firebase`',
    '`--signer-key KEY`, `--salt-separator S`, `--rounds N`, `--memory-cost N`',
    '`--skip-passwords`',
    '`--name-split STRATEGY`, `--include-disabled`',
  ],
  async run() {
    const passwordHash = Buffer.alloc(64, 1).toString('base64')
    const salt = Buffer.alloc(10, 2).toString('base64')
    const mary = { localId: 'f1', email: 'mary@example.com', displayName: 'Mary Jane Watson', passwordHash, salt }
    const gone = { localId: 'f2', email: 'gone@example.com', displayName: 'Gone', disabled: true }
    const phone = { localId: 'f3', phoneNumber: '+1555' }
    const files = {
      'users.json': JSON.stringify({ users: [mary, gone, phone] }),
      'members.csv': lines('firebase_uid,org_external_id,org_name,role', 'f1,acme,Acme,admin'),
    }
    const base = {
      extends: 'firebase',
      secrets: { firebaseSignerKey: '${SIGNER}' },
      vars: { firebase: { saltSeparator: 'Bw==', rounds: 8, memoryCost: 14 } },
      roles: { define: { admin: { name: 'Admin' } } },
      safety: { maxRejects: 1 },
    }
    const members = { path: './members.csv', join: { key: 'firebase_uid', to: 'localId' } }
    const migrated = async (map: { user?: object; organization?: object; membership?: object }) => {
      const scene = await open(files)
      const organization = { each: 'members', key: 'org_external_id', externalId: 'org_external_id', name: 'org_name' }
      const membership = { each: 'members', organization: 'org_external_id', roles: 'role' }
      scene.manifest({
        ...base,
        source: { streams: { users: { path: './users.json' }, members } },
        map: {
          ...map,
          organization: { ...organization, ...map.organization },
          membership: { ...membership, ...map.membership },
        },
      })
      await scene.run(['plan', '--rejects', 'rejects'], 0, { SIGNER })
      expect(scene.project.list('.')).toContain('rejects')
      await scene.run(['apply', '--yes'], 0, { SIGNER })
      expect(await scene.memberships()).toEqual(['mary@example.com in acme: admin'])
      const sent = JSON.stringify(scene.workos.takeLog().map(({ body }) => body ?? null))
      const { users } = await scene.workos.snapshot()
      return { names: users.map(({ first_name, last_name }) => [first_name, last_name ?? null]), sent }
    }
    const first = await migrated({})
    expect(first.names).toEqual([['Mary Jane', 'Watson']])
    expect(first.sent).toContain('$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=')
    const only = await migrated({ user: { firstName: 'displayName', lastName: null, passwordHash: null } })
    expect(only.names).toEqual([['Mary Jane Watson', null]])
    expect(only.sent).not.toContain('firebase-scrypt')
    const row = rowsOf('from-toolkit').find(({ left }) => left.includes('first-space'))?.right ?? ''
    const [, firstName = '', lastName = ''] = /firstName: "(.*?)", lastName: "(.*?)" \}/.exec(row) ?? []
    expect((await migrated({ user: { firstName, lastName } })).names).toEqual([['Mary', 'Jane Watson']])
    const all = { when: 'true' }
    const everybody = await migrated({ user: all, organization: all, membership: all })
    expect(everybody.names).toHaveLength(2)
  },
}

const auth0: Scenario = {
  name: 'a tenant of Auth0, with passwords of its own file',
  toolkit: [
    '`--domain D`, `--client-id ID`, `--client-secret S`, `--audience URL`',
    '`--orgs ID…`',
    '`--page-size N`',
    '`--rate-limit N`',
    '`--user-fetch-concurrency N`',
    '`--job-id ID`, `--resume`, `--checkpoint-dir DIR` of the export',
    '`--output FILE` of the export',
    '`merge-auth0-passwords --passwords FILE`',
  ],
  official: [
    '`export auth0`, `export-auth0`',
    '`--domain D`, `--client-id ID`, `--client-secret S`',
    '`--orgs ID…`',
    '`--rate-limit N` of an export',
    '`--include-federated-users`',
    '`--job-id ID`, `--resume` of an export',
    '`--output-dir DIR`, `--package`',
    '`merge-passwords --passwords FILE`',
  ],
  async run() {
    const tenant = generateTenant({ users: 12, organizations: 2, withoutOrganization: 2, secondAccounts: 1 })
    const fake = await startFakeAuth0(tenant)
    onTestFinished(() => fake.close())
    const organization = tenant.organizations?.[0]?.id ?? ''
    const own = tenant.users?.find(({ user_id: id, blocked, email }) => id.startsWith('auth0|') && !blocked && email)
    const hash = JSON.stringify({
      _id: { $oid: own?.user_id.slice('auth0|'.length) },
      email: own?.email,
      email_verified: true,
      passwordHash: BCRYPT,
      connection: DATABASE,
    })
    const scene = await open({ 'passwords.ndjson': `${hash}\n` })
    const { clientSecret, ...credentials } = fake.source
    const audience = `${fake.source.domain}/api/v2/`
    const pace = { pageSize: 5, rate: '1000/s', concurrency: 2, organizations: [organization], snapshot: './kept' }
    scene.manifest({
      source: { ...credentials, clientSecret: '${SECRET}', audience, ...pace, passwords: './passwords.ndjson' },
      roles: { unmapped: 'drop', map: {} },
    })
    const more = { SECRET: clientSecret }
    await scene.run(['export'], 0, more)
    expect(scene.project.list('kept')).toContain('snapshot.json')
    // Counts use pages of one item.
    const sizes = fake.log.flatMap(({ target }) => /\b(?:per_page|take)=(\d+)/.exec(target)?.[1] ?? [])
    expect(new Set(sizes)).toEqual(new Set(['1', '5']))
    await scene.run(['apply', '--yes'], 0, more)
    const { users, organizations } = await scene.workos.snapshot()
    expect(users.length).toBeGreaterThanOrEqual(10)
    expect(organizations).toHaveLength(1)
    expect(JSON.stringify(scene.workos.takeLog().map(({ body }) => body ?? null))).toContain(BCRYPT)
  },
}

const auth0Metadata: Scenario = {
  name: 'organizations of Auth0 from metadata, and second factors from its file',
  toolkit: [
    '`--use-metadata`',
    '`--metadata-org-id-field F`, `--metadata-org-name-field F`',
    '`--input FILE.ndjson`, `--format ndjson`',
  ],
  official: ['`--use-metadata`'],
  async run() {
    const user = {
      user_id: 'auth0|1',
      email: 'ada@example.com',
      email_verified: true,
      user_metadata: { company_id: 'acme', company_name: 'Acme' },
      identities: [{ connection: 'Username-Password-Authentication', provider: 'auth0', user_id: '1' }],
    }
    const secret = { email: 'ada@example.com', mfa_factors: [{ totp: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } }] }
    const scene = await open({
      'users.ndjson': `${JSON.stringify(user)}\n`,
      'mfa.ndjson': `${JSON.stringify(secret)}\n`,
    })
    const metadata = { organizationId: 'user_metadata.company_id', organizationName: 'user_metadata.company_name' }
    const source = {
      type: 'auth0',
      users: './users.ndjson',
      mfa: './mfa.ndjson',
      organizationFrom: 'metadata',
      metadata,
    }
    scene.manifest({ source })
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual(['ada@example.com in acme: member'])
    expect(scene.workos.takeLog().filter(({ route }) => route?.endsWith('/auth_factors'))).not.toEqual([])
  },
}

const totp: Scenario = {
  name: 'secrets of authenticator apps in a file of their own',
  toolkit: ['`enroll-totp --input FILE.csv`', '`--totp-issuer NAME`', '`enroll-totp --dry-run`'],
  official: ['`enroll-totp --input FILE`', '`--totp-issuer NAME`'],
  async run() {
    const scene = await open({
      'users.csv': lines('email,external_id', 'ada@example.com,u-1'),
      'secrets.csv': lines('email,totp_secret', 'ADA@example.com,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
    })
    const streams = { totp: { path: './secrets.csv' } }
    scene.manifest({ extends: 'workos-package', source: { streams }, totp: { issuer: 'MyApp' } })
    expect(byKind((await scene.plan()).summary.kinds)['totp-factor']).toMatchObject({ create: 1 })
    await scene.run(['apply', '--yes'])
    const enrolled = scene.workos
      .takeLog()
      .filter(({ method, route }) => method === 'POST' && route?.endsWith('/auth_factors'))
    expect(enrolled.map(({ body }) => body)).toMatchObject([{ type: 'totp', totp_issuer: 'MyApp' }])
  },
}

const roles: Scenario = {
  name: 'definitions of roles, and who has which',
  toolkit: [
    '`--definitions FILE`',
    '`--user-mapping FILE`',
    '`--org-mapping FILE` of the definitions',
    '`process-role-definitions --dry-run`, `process-role-definitions --report FILE`',
  ],
  official: ['`process-role-definitions --definitions FILE`', '`--user-mapping FILE`'],
  async run() {
    const scene = await open({
      'users.csv': USERS,
      'definitions.csv': lines(
        'role_slug,role_name,role_type,permissions,org_external_id',
        'admin,Admin,environment,"read,write",',
        'org-audit,Audit,organization,read,acme',
      ),
      'user-roles.csv': lines('external_id,role_slug,org_external_id', 'u-1,admin,bolt', 'u-2,org-audit,acme'),
    })
    const files = { roleDefinitions: './definitions.csv', userRoles: './user-roles.csv' }
    scene.manifest({ source: { ...CSV.source, ...files } })
    expect(byKind((await scene.plan()).summary.kinds)).toMatchObject({
      role: { create: 1 },
      'organization-role': { create: 1 },
      permission: { create: 2 },
    })
    expect(scene.writes()).toBe(0)
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual([
      'ada@example.com in acme: member',
      'ada@example.com in bolt: admin',
      'ada@example.com in cog: member',
      'bea@example.com in acme: org-audit',
    ])
  },
}

const wizard: Scenario = {
  name: 'the wizard writes a manifest',
  toolkit: ['`migrate-wizard`'],
  official: ['`wizard`', '`export csv`, `export-template`, `generate-package-template`'],
  async run() {
    const scene = await open({ 'users.csv': USERS })
    await scene.run(['init', '--yes', '--source', 'csv', '--users', 'users.csv', '--target', 'sandbox'])
    expect(byKind((await scene.plan()).summary.kinds)).toMatchObject({ user: { create: 2 }, membership: { create: 4 } })
  },
}

const packaged: Scenario = {
  name: 'a package as the official tool writes it',
  toolkit: [],
  official: ['`import-package DIR`', '`--entities LIST`', '`--include-secrets`', '`export cognito`, `export-cognito`'],
  async run() {
    const saml = 'organizationExternalId,organizationName,name,idpEntityId,idpUrl,x509Cert,externalId,domains'
    const scene = await open({
      'users.csv': lines(
        'email,external_id,org_external_id,org_name,role_slugs',
        'ada@example.com,u-1,acme,Acme,admin',
        'ada@example.com,u-1,bolt,Bolt,',
      ),
      'organizations.csv': lines('org_external_id,org_name', 'acme,Acme', 'empty,Nobody yet'),
      'organization_memberships.csv': lines(
        'email,external_id,org_external_id,org_name,role_slugs',
        'ada@example.com,u-1,bolt,Bolt,',
      ),
      'role_definitions.csv': lines('role_slug,role_name,role_type,permissions', 'admin,Admin,environment,read'),
      'user_role_assignments.csv': lines(
        'email,external_id,role_slug,org_external_id',
        'ada@example.com,u-1,admin,bolt',
      ),
      'sso/saml_connections.csv': lines(
        saml,
        'acme,Acme,acme-saml,https://idp.example.com,https://idp.example.com/sso,,acme-saml,acme.example',
      ),
    })
    scene.manifest({ extends: 'workos-package' })
    await scene.run(['apply', '--yes'])
    expect(await scene.memberships()).toEqual(['ada@example.com in acme: admin', 'ada@example.com in bolt: admin'])
    expect((await scene.workos.snapshot()).organizations).toHaveLength(3)
    await scene.project.run(['handoff', '--out', 'handoff'], { env })
    expect(scene.project.list('handoff').join()).toContain('saml')
    scene.manifest({ extends: 'workos-package', map: { connection: null } })
    const { handoff } = JSON.parse(await scene.run(['plan', '--json'])).summary
    expect(handoff).toMatchObject({ saml: 0 })
    // Recipes for sources that are read only from exports.
    expect(await scene.run(['test', '--recipe', 'cognito'])).toContain('passed')
  },
}

const SCENARIOS = [
  imports,
  checks,
  oneOrganization,
  pace,
  resumes,
  fields,
  clerk,
  firebase,
  auth0,
  auth0Metadata,
  totp,
  roles,
  wizard,
  packaged,
]

test.each(SCENARIOS)('$name', ({ run }) => run())

describe.each(GUIDES)('docs/how-to/%s.md', (guide) => {
  test('has exactly the rows that are tested', () => {
    const tried = SCENARIOS.flatMap(({ toolkit, official }) => (guide === 'from-toolkit' ? toolkit : official))
    expect(tried.toSorted()).toEqual(
      rowsOf(guide)
        .map(({ left }) => left)
        .toSorted(),
    )
  })

  test('names existing keys of the manifest', () => {
    const named = rowsOf(guide).flatMap(({ right }) =>
      [...right.matchAll(/`([a-z]\w*(?:\.\w+)+)\b/g)].map(([, path = '']) => path),
    )
    expect(named.length).toBeGreaterThan(15)
    const known = (path: string) => schemasAt(path.split('.')).length > 0 || /^vars\.|\.csv$/.test(path)
    expect(named.filter((path) => !known(path))).toEqual([])
  })
})
