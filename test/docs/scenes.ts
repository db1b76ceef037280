import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { startSandbox } from '../../src/sandbox/server.ts'
import { folderOf } from '../cli/harness.ts'
import { KEY, startWorkos } from '../e2e/workos.ts'
import { startFakeAuth0 } from '../fakes/auth0/fake-auth0.ts'
import { generateTenant } from '../fakes/auth0/generate.ts'
import { startFakeCognito } from '../fakes/cognito/fake-cognito.ts'
import { cognitoUser } from '../fakes/cognito/objects.ts'
import { startFakeFirebase } from '../fakes/firebase/fake-firebase.ts'
import { generateProject } from '../fakes/firebase/generate.ts'
import { startFakeGitlab, TOKEN } from '../fakes/gitlab/fake-gitlab.ts'
import { startFakeOkta } from '../fakes/okta/fake-okta.ts'
import { generateOrg } from '../fakes/okta/generate.ts'
import { createRepository } from '../gitlab/runner.ts'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { newMariaDatabase } from '../mariadb.ts'
import { stateFor } from '../pipelines/example.ts'
import { NO_POSTGRES, newPostgresLocation, postgresPrograms } from '../postgres.ts'
import { ROOT, type Scene } from './shell.ts'

/** A WorkOS and an old system with a few users, in which every page finds what it names. */
const USERS = `external_id,email,first_name,last_name,email_verified,org_external_id,org_name,role_slugs,password_hash,totp_secret
KEY,ada@example.com,Ada,Ampersand,true,acme,Acme Anvils,admin,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,
17,bo@acme.com,Bo,Beispiel,true,acme,Acme Anvils,,,JBSWY3DPEHPK3PXP
18,chloe at example.com,Chloé,Comma,true,,,,,
`

const MANIFEST = {
  version: 1,
  name: 'acme',
  source: { type: 'csv', path: './users.csv' },
  roles: { define: { admin: { name: 'Admin' } } },
  target: { type: 'sandbox' },
  run: { workers: 1 },
  safety: { maxRejects: 1 },
}

/** The table of an application into which the ids of WorkOS go. */
const USERS_OF_THE_APPLICATION = `create schema app;
create table app.users (id text primary key, workos_id text);
insert into app.users (id) values ('KEY'), ('17');`

const EXPORT = {
  sql: {
    dialect: 'postgres',
    statements: { user: { table: 'app.users', set: { workos_id: 'workos_id' }, where: { id: 'key' } } },
  },
}

/** What a hosted Supabase has beside the tables of its example. */
const SUPABASE = `create schema auth;
create table auth.users (id uuid, email text, encrypted_password text, email_confirmed_at timestamptz, raw_app_meta_data jsonb,
  raw_user_meta_data jsonb, phone text, banned_until timestamptz, deleted_at timestamptz, is_anonymous boolean, created_at timestamptz);
create table auth.mfa_factors (user_id uuid, factor_type text, status text, secret text);
create table teams (id int, name text);
create table team_members (team_id int, user_id uuid, role text);`

/** Each environment has a WorkOS and a state of its own. */
function environment(name: string): object {
  return {
    target: { type: 'sandbox', data: `./.workos-migrate/${name}-workos.sqlite` },
    state: { path: `.workos-migrate/${name}.sqlite` },
  }
}

interface Setting {
  /** Members of the manifest that differ. */
  manifest?: object
  files?: Record<string, string>
  /** Folders and files of the repository. */
  copies?: readonly string[]
  env?: Record<string, string>
  /** Commands before the first of the page. */
  before?: readonly string[]
}

/** The folder of a project. Default: the users and the environments that pages name. */
export function project({ manifest = {}, files = {}, copies = [], env, before = [] }: Setting = {}): Scene {
  const environments = Object.fromEntries(
    ['staging', 'production', 'corrected'].map((name) => [name, environment(name)]),
  )
  const folder = folderOf({
    'migrate.config.yaml': stringify({ ...MANIFEST, environments, ...manifest }),
    'users.csv': USERS,
    ...files,
  })
  for (const path of copies) cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  return { folder, before, ...(env && { env }) }
}

async function live(
  source: object,
  env: Record<string, string>,
  close: () => unknown,
  manifest: object = {},
): Promise<Scene> {
  onTestFinished(async () => void (await close()))
  return project({ env, manifest: { source, environments: {}, safety: {}, roles: undefined, ...manifest } })
}

/** A database that an application filled, and its address. */
async function postgres(schema: string): Promise<string> {
  if (postgresPrograms === undefined) throw new Error(NO_POSTGRES)
  const psql = join(postgresPrograms, 'psql')
  const { url } = await newPostgresLocation()
  const name = `page_${process.pid}_${Math.random().toString(36).slice(2)}`
  execFileSync(psql, ['-X', '-q', url, '-c', `CREATE DATABASE ${name}`])
  const own = new URL(url)
  own.pathname = `/${name}`
  if (schema !== '')
    execFileSync(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', own.href], {
      input: schema,
      stdio: ['pipe', 'ignore', 'inherit'],
    })
  return own.href
}

const example = (path: string) => readFileSync(join(ROOT, 'examples', path), 'utf8')

/** The blocks with this language of a page. */
function shown(page: string, language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readFileSync(join(ROOT, page), 'utf8'))?.[1] ?? ''
}

/** Where the commands of a page run, before the first of them. The other pages: `project`. */
export const SCENES: Readonly<Record<string, () => Scene | Promise<Scene>>> = {
  'README.md': () =>
    project({
      copies: ['examples'],
      env: { FIREBASE_SIGNER_KEY: FIREBASE.signerKey },
      manifest: {
        environments: {
          production: { ...environment('production'), safety: { confirm: 'production', maxRejects: 1 } },
        },
      },
    }),
  'docs/how-to/cut-over-night.md': () =>
    project({ files: { 'delta.yaml': 'extends: ./migrate.config.yaml\nprune: []\n', 'reports/errors.csv': '' } }),
  'docs/how-to/explain.md': () =>
    project({
      files: {
        'migrate.config.yaml': shown('docs/how-to/explain.md', 'yaml'),
        'users.csv': shown('docs/how-to/explain.md', 'csv'),
      },
    }),
  'docs/reference/errors.md': () => project({ copies: ['examples', 'migrate.config.yaml'] }),
  'docs/how-to/pilot.md': () => ({ ...project({ copies: ['examples', 'migrate.config.yaml'] }) }),
  'docs/how-to/gitlab.md': async () => {
    const gitlab = await startFakeGitlab()
    onTestFinished(() => gitlab.close())
    const [workos, folder] = [await startWorkos(), createRepository()]
    cpSync(join(folder, 'rehearsal'), join(folder, 'environments/staging/source'), { recursive: true })
    const env = {
      ...gitlab.variables,
      CI_COMMIT_SHA: 'a'.repeat(40),
      DATABASE_URL: await stateFor(folder),
      WORKOS_API_KEY: KEY,
      WORKOS_BASE_URL: workos.url,
      WORKOS_MIGRATE_GITLAB_TOKEN: TOKEN,
    }
    return { folder, env }
  },
  'docs/how-to/inspect.md': async () => {
    const url = await postgres(example('authjs/schema.postgres.sql'))
    const files = { export: '{"id":"u1","email":"ada@example.com"}\n' }
    return { ...project({ files, env: { DATABASE_URL: url } }), typed: [url] }
  },
  'docs/how-to/invitations.md': () =>
    project({
      files: { 'invitations.csv': 'email,org,role\nzoe@acme.com,acme,\n' },
      manifest: {
        source: {
          type: 'file',
          streams: { users: { path: './users.csv', format: 'csv' }, invitations: { path: './invitations.csv' } },
        },
        map: {
          user: { key: 'external_id', email: 'email' },
          organization: { externalId: 'org_external_id', name: 'org_name', when: '$boolean(org_external_id)' },
          membership: { when: '$boolean(org_external_id)', organization: 'org_external_id' },
          invitation: { from: 'invitations', email: 'email', organization: 'org' },
        },
        safety: { maxRejects: 5 },
        invitations: { send: true },
      },
    }),
  'docs/how-to/linking.md': async () =>
    project({
      env: { DATABASE_URL: await postgres(USERS_OF_THE_APPLICATION) },
      before: ['workos-migrate apply -e production --yes'],
      manifest: { export: EXPORT },
    }),
  'docs/how-to/rejects.md': () =>
    project({
      before: ['workos-migrate apply --yes', 'cp users.csv correct.csv'],
      manifest: { environments: { corrected: { source: { path: './correct.csv' }, prune: [] } } },
    }),
  'docs/how-to/sandbox.md': async () => {
    const sandbox = await startSandbox({ data: ':memory:', port: 4100 })
    onTestFinished(() => sandbox.close())
    return project({ files: { 'faults.json': shown('docs/how-to/sandbox.md', 'json') } })
  },
  'docs/how-to/shared-state.md': async () => ({
    ...project({ manifest: { state: { type: 'postgres', url: '${DATABASE_URL}' }, environments: {} } }),
    replace: { 'postgres://migrator:…@db.example.com:5432/postgres?sslmode=verify-full': await postgres('') },
  }),
  // The other machine is this folder.
  'docs/how-to/snapshots.md': () => ({
    ...project(),
    replace: { 'scp -rp ./cut-over migrate.config.yaml here:migration/': 'true' },
  }),
  'docs/how-to/verify.md': () => project({ before: ['workos-migrate apply --yes'] }),
  'docs/reference/state.md': async () =>
    project({
      env: { DATABASE_URL: await postgres(USERS_OF_THE_APPLICATION) },
      before: ['workos-migrate apply --yes', 'workos-migrate apply -e production --yes'],
      manifest: { export: EXPORT, environments: { production: environment('production') } },
    }),
  'docs/how-to/completion.md': () =>
    project({ before: ['mkdir -p ~/.local/share/bash-completion/completions ~/.config/fish/completions'] }),
  // `tail -f` ends only by Ctrl-C.
  'docs/reference/events.md': () => ({
    ...project({ before: ['workos-migrate plan --out plan.ndjson'] }),
    replace: { 'tail -f': 'cat' },
  }),
  'docs/how-to/sources/auth0.md': async () => {
    const fake = await startFakeAuth0(generateTenant({ users: 20, organizations: 2 }))
    return live(
      { ...fake.source, clientSecret: '${SECRET}' },
      { SECRET: fake.source.clientSecret },
      () => fake.close(),
      {
        roles: { define: { admin: { name: 'Admin' }, billing: { name: 'Billing' } } },
      },
    )
  },
  'docs/how-to/sources/clerk.md': () => project({ copies: ['examples', 'migrate.config.yaml'] }),
  'docs/how-to/sources/authjs.md': async () =>
    project({ env: { DATABASE_URL: await postgres(example('authjs/schema.postgres.sql')) } }),
  'docs/how-to/sources/better-auth.md': async () =>
    project({ env: { DATABASE_URL: await postgres(example('better-auth/schema.postgres.sql')) } }),
  'docs/how-to/sources/cognito.md': async () => {
    const fake = await startFakeCognito([{ id: 'eu-west-1_Example01', users: [cognitoUser(1), cognitoUser(2)] }])
    return live(
      { ...fake.source, accessKeyId: '${ID}', secretAccessKey: '${SECRET}' },
      { ID: fake.source.accessKeyId, SECRET: fake.source.secretAccessKey },
      () => fake.close(),
    )
  },
  'docs/how-to/sources/firebase.md': async () => {
    const fake = await startFakeFirebase(generateProject({ users: 5, tenants: [] }))
    return live({ ...fake.source, serviceAccount: '${ACCOUNT}' }, { ACCOUNT: fake.source.serviceAccount }, () =>
      fake.close(),
    )
  },
  'docs/how-to/sources/okta.md': async () => {
    const fake = await startFakeOkta(generateOrg({ users: 20, groups: 2 }))
    return live({ ...fake.source, token: '${SECRET}' }, { SECRET: fake.source.token }, () => fake.close(), {
      extends: 'okta',
      roles: { unmapped: 'keep' },
    })
  },
  'docs/how-to/sources/supabase.md': async () => project({ env: { DATABASE_URL: await postgres(SUPABASE) } }),
  'docs/tutorials/first-migration.md': async () => {
    const workos = await startWorkos()
    const users = example('clerk-demo/users.csv').split('\n').slice(0, 13)
    const ids = users.map((line) => line.split(',')[0] ?? '')
    const memberships = example('clerk-demo/memberships.csv')
      .split('\n')
      .filter((line, n) => n === 0 || ids.includes(line.split(',')[0] ?? ''))
    const scene = project({
      files: {
        'users.csv': users.join('\n'),
        'memberships.csv': memberships.join('\n'),
        'people.json': '[{"id":"u1","email":"ada@example.com"}]',
      },
      env: {
        DATABASE_URL: await postgres(example('authjs/schema.postgres.sql')),
        WORKOS_PRODUCTION_API_KEY: `${KEY}_2`,
      },
    })
    rmSync(join(scene.folder, 'migrate.config.yaml'))
    return {
      ...scene,
      replace: {
        'sk_test_…': KEY,
        'workos-migrate plan -e staging': `sed -i 's|type: workos|type: workos\\n      baseUrl: ${workos.url}|' migrate.config.yaml && workos-migrate plan -e staging`,
        'workos-migrate apply plan': 'workos-migrate plan -e production --out plan.ndjson && workos-migrate apply plan',
        // Each of these is another folder.
        'workos-migrate init --': 'rm -f migrate.config.yaml acme.yaml && workos-migrate init --',
      },
    }
  },
  'docs/how-to/sources/mysql.md': async () => {
    const { url } = await newMariaDatabase(example('laravel/schema.sql'))
    return {
      ...project({
        copies: ['examples/laravel'],
        files: { 'migrate.config.yaml': 'extends: ./examples/laravel/migrate.config.yaml\n' },
      }),
      replace: { 'mysql://migrator:…@db.example.com:3306/shop': url },
    }
  },
  'docs/how-to/sources/postgres.md': async () => {
    const url = await postgres(example('django/schema.sql'))
    const manifest = 'extends: ./examples/django/migrate.config.yaml\n'
    return {
      ...project({ copies: ['examples/django'], files: { 'migrate.config.yaml': manifest } }),
      replace: { 'postgres://migrator:…@db.example.com/app': url },
    }
  },
}

/** Why a block is only read by the shell: nothing on this machine answers it. Found by its text. */
export const OUTSIDE: Readonly<Record<string, string>> = {
  'npm ci && npm ': 'continuous integration runs these two: .ci/run',
  'npm install --save-dev ./workos-migrate-': 'test/package/install.test.ts installs the package',
  'npm install @aws-sdk/': 'needs the registry of npm',
  'npm run bench': 'takes hours',
  'docker ': 'needs a Docker daemon',
  'gcloud ': 'needs Google Cloud',
  'npx firebase-tools': 'needs Google Cloud',
  'aws cognito-idp': 'needs AWS',
  'bin/kc.sh': 'needs Keycloak',
  'https://api.workos.com/webhook_endpoints': 'needs WorkOS',
  'https://api.descope.com': 'needs Descope',
  'https://api.stytch.com': 'needs Stytch',
  'https://$OKTA_DOMAIN': 'needs Okta',
  'curl --header "PRIVATE-TOKEN': 'needs GitLab; test/gitlab/source.test.ts seals a source',
  '| age -r': 'needs age',
  'workos-migrate sandbox': 'runs until Ctrl-C; test/docs/shown.test.ts starts it',
}
