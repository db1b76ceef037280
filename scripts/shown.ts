/**
 * The outputs that pages show, as the program prints them: `npm run docs` writes them, and
 * test/docs/shown.test.ts holds the pages to them. Each is in a fence after `<!-- begin NAME -->`.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../src/sandbox/server.ts'
import { type Command, output } from './review/output.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

type Run = (line: string, command?: Command) => Promise<string>

/** Pages with the makers of their blocks. */
export const SHOWN: Readonly<Record<string, Readonly<Record<string, () => Promise<string>>>>> = {
  'README.md': { demo: async () => excerpt(await demoPlan()) },
  'docs/style.md': { error: misspelt },
  'docs/reference/errors.md': { errors },
  'docs/reference/plan.md': { fields, 'demo-plan': demoPlan },
  'docs/reference/state.md': { move },
  'docs/how-to/doctor.md': { doctor },
  'docs/how-to/duplicates.md': { duplicates },
  'docs/how-to/inspect.md': { inspect },
  'docs/how-to/metadata.md': { metadata },
  'docs/how-to/passwords.md': { 'not-a-hash': notAHash, 'unknown-type': unknownType, passwords },
  'docs/how-to/rejects.md': { 'left-out': leftOut },
  'docs/how-to/sandbox.md': { sandbox },
  'docs/how-to/totp.md': { totp, 'totp-in-metadata': totpInMetadata },
  'docs/how-to/verify.md': { verify },
}

/** The blocks of one page, by their names. */
export async function shownIn(page: string): Promise<Record<string, string>> {
  const made: Record<string, string> = {}
  for (const [name, make] of Object.entries(SHOWN[page] ?? {})) made[name] = await make()
  return made
}

/** The demo's export, in a folder of its own. */
function demo(use: (run: Run) => Promise<string>): Promise<string> {
  return inFolder({}, (run, folder) => {
    for (const name of ['examples/clerk-demo', 'migrate.config.yaml']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    }
    return use(run)
  })
}

function demoPlan(): Promise<string> {
  return demo((run) => run('plan'))
}

/** The part for the README: where every record went, one rejected user, and the counts. */
function excerpt(plan: string): string {
  const [records = '', rejected = '', counts = ''] = ['Records', 'Rejected', 'Plan'].map((name) => section(plan, name))
  const [heading = '', ...lines] = rejected.split('\n')
  const at = lines.findIndex((line) => line.includes('email address'))
  return [records.slice(0, records.indexOf('\nResources')), '', heading, ...lines.slice(at, at + 2), '', counts].join(
    '\n',
  )
}

function fields(): Promise<string> {
  const rows = 'id,email,name,last\n1,ada@example.com,Ada,\n2,bo@example.com,Bo,\n3,chloe@example.com,Chloe,\n'
  const map =
    'map: { user: { key: id, email: email, firstName: name, lastName: last, metadata: { plan: "\'pro\'" } } }\n'
  return inFolder({ 'users.csv': rows, 'migrate.config.yaml': `${SOURCE}${map}` }, async (run) =>
    section(await run('plan'), '\n  users ').slice(1),
  )
}

function leftOut(): Promise<string> {
  const files = {
    'users.csv': 'id,email,status\nu-13,ada@example.com,active\nu-14,bo@example.com,closed\n',
    'teams.csv': 'user_id,team\nu-13,acme\nu-99,acme\n',
    'migrate.config.yaml': `source:
  type: file
  streams:
    users: { path: ./users.csv }
    teams: { path: ./teams.csv, join: { key: user_id, to: id, unmatched: ignore } }
map:
  user: { key: id, email: email, when: "status = 'active'" }
target: { type: sandbox }
`,
  }
  return inFolder(files, async (run) => section(await run('plan'), 'Left out'))
}

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const MD5 = '5f4dcc3b5aa765d61d8327deb882cf99'

/** The part of the plan of these users that begins so. */
function planOfUsers(rows: readonly string[], mapping: string, beginning: string): Promise<string> {
  const files = { 'users.csv': `${rows.join('\n')}\n`, 'migrate.config.yaml': `${SOURCE}${mapping}` }
  return inFolder(files, async (run) => section(await run('plan'), beginning))
}

function metadata(): Promise<string> {
  const names = [
    'org_id',
    'bio',
    'city',
    'country',
    'plan',
    'region',
    'role',
    'seats',
    'source',
    'team',
    'title',
    'zone',
  ]
  const user = (orgId: string, bio: string, zone: string) => [orgId, bio, ...'123456789', zone]
  const rows = [
    user('', 'b'.repeat(700), 'Europe/Rome'),
    user('', 'b'.repeat(800), 'Europe/Oslo'),
    user('', 'b'.repeat(900), 'Europe/Kyiv'),
    user('', 'b', 'Europe/Bern'),
    user('acme', 'b', ''),
  ].map((values, at) => [at + 1, `u${at + 1}@example.com`, ...values].join(','))
  const mapping = `map: { user: { key: id, email: email, metadata: { ${names.map((name) => `${name}: ${name}`).join(', ')} } } }
metadata: { tooLong: cut, tooManyKeys: drop, prefix: app }
`
  return planOfUsers([['id', 'email', ...names].join(','), ...rows], mapping, 'Remarks')
}

function notAHash(): Promise<string> {
  const hashes = [BCRYPT, '2024-01-05', '2024-02-11', '12345']
  return planOfUsers(
    ['id,email,password_hash', ...hashes.map((hash, at) => `${at + 1},u${at + 1}@example.com,${hash}`)],
    'map:\n  user:\n    key: id\n    email: email\n    passwordHash: $passwordHash(password_hash)\n',
    'Warnings',
  )
}

function unknownType(): Promise<string> {
  return planOfUsers(
    ['id,email,hash,type', `u-11,ada@example.com,${BCRYPT},bcrypt`, `u-12,bo@example.com,${MD5},bcrpyt`],
    'map: { user: { key: id, email: email, passwordHash: hash, passwordHashType: type } }\n',
    'Rejected',
  )
}

function passwords(): Promise<string> {
  const hashes = [BCRYPT, BCRYPT, BCRYPT, '$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/', MD5, MD5, '']
  return planOfUsers(
    ['id,email,hash', ...hashes.map((hash, at) => `${at + 1},u${at + 1}@example.com,${hash}`)],
    'map: { user: { key: id, email: email, passwordHash: $passwordHash(hash) } }\n',
    'Passwords',
  )
}

function totp(): Promise<string> {
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  return planOfUsers(
    [
      'id,email,secret,algorithm,period',
      `u-1,ada@example.com,${secret},SHA1,30`,
      `u-2,bo@example.com,${secret},SHA256,30`,
      `u-3,chloe@example.com,${secret},SHA1,60`,
    ],
    "map: { user: { key: id, email: email, totpSecret: \"{ 'secret': secret, 'algorithm': algorithm, 'period': period }\" } }\n",
    'Authenticator apps',
  )
}

function totpInMetadata(): Promise<string> {
  return problemsOf('id,email,seed', 'totpSecret: seed', 'metadata:', '  seed: seed')
}

function duplicates(): Promise<string> {
  const rows = [
    'id,email,verified,name,plan,updated_at,hash',
    'u1,ada@example.com,false,Ada,free,2024-01-01,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    'u2,ada@example.com,true,Ada Ampersand,pro,2024-02-01,',
  ]
  const manifest = `${SOURCE}map:
  user: { key: id, externalId: id, email: email, emailVerified: verified, name: name, metadata: { plan: plan }, passwordHash: hash }
dedupe:
  user:
    by: [email]
    updatedAt: $record.updated_at
    prefer: [emailVerified]
    fields: { emailVerified: any, name: longest, metadata.plan: newest }
`
  return inFolder({ 'users.csv': `${rows.join('\n')}\n`, 'migrate.config.yaml': manifest }, async (run) =>
    section(await run('plan'), 'Duplicates'),
  )
}

function inspect(): Promise<string> {
  const rows = [
    'id,email,name,company_id,role,disabled,password_hash',
    'u-1,ada@example.com,Ada Ampersand,acme,admin,false,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    'u-2,bo@example.com,Bo Bracket,acme,member,false,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    'u-3,bo@example.com,Bo Bracket,,,true,5f4dcc3b5aa765d61d8327deb882cf99',
    'u-4,,Cleo Comma,,,false,',
  ]
  return inFolder({ 'users.csv': `${rows.join('\n')}\n` }, async (run) => {
    const line = 'workos-migrate inspect users.csv'
    return `$ ${line}\n${(await run(line.slice('workos-migrate '.length))).trimEnd()}`
  })
}

function misspelt(): Promise<string> {
  return problemsOf('id,email,given_name', 'frist_name: given_name')
}

/** What `validate` reports about these lines of `map.user`, for a file with these columns. */
function problemsOf(columns: string, ...fields: readonly string[]): Promise<string> {
  const lines = ['map:', '  user:', ...['key: id', 'email: email', ...fields].map((field) => `    ${field}`)]
  const files = { 'users.csv': `${columns}\n`, 'migrate.config.yaml': `${SOURCE}${lines.join('\n')}\n` }
  return inFolder(files, (run) => run('validate', { both: true }))
}

/** What an apply of the demo left out, with two of the causes. */
function errors(): Promise<string> {
  return demo(async (run) => {
    const done = (await run('apply --yes --quiet')).trimEnd().split('\n').at(-1) ?? ''
    const [heading = '', ...causes] = (await run('errors')).trimEnd().split('\n\n')
    return [
      '$ workos-migrate apply --yes --quiet\n…',
      `${done}\n$ workos-migrate errors`,
      `${heading.replace(/\d{4}-\S+Z/, '…')}\n`,
      causes[0],
      '…',
      causes.find((cause) => cause.includes('no_such_user')),
      '…',
    ].join('\n')
  })
}

function move(): Promise<string> {
  const rows = 'external_id,email,org_external_id,org_name,totp_secret\n17,ada@example.com,acme,Acme,JBSWY3DPEHPK3PXP\n'
  const manifest = 'source: { type: csv, path: ./users.csv }\ntarget: { type: sandbox }\n'
  return inFolder({ 'users.csv': rows, 'migrate.config.yaml': manifest }, async (run) => {
    await run('apply --yes')
    const line = 'workos-migrate state mv user:17 user:u_17'
    const shown = await run(line.slice('workos-migrate '.length), { unanswered: true })
    return `$ ${line}\n${shown.slice(0, shown.lastIndexOf(': ') + 1)}`
  })
}

async function doctor(): Promise<string> {
  const workos = await startSandbox({ data: ':memory:' })
  const env = { WORKOS_API_KEY: 'sk_live_example', WORKOS_URL: workos.url }
  const manifest = `source: { type: csv, path: ./users.csv }
target: { type: workos, baseUrl: "\${WORKOS_URL}", apiKey: "\${WORKOS_API_KEY}" }
environments: { staging: {} }
`
  try {
    const shown = await inFolder(
      { 'users.csv': 'email\nada@example.com\n', 'migrate.config.yaml': manifest, '.git/HEAD': '' },
      (run) => run('doctor -e staging', { env }),
    )
    return `$ workos-migrate doctor -e staging\n${anyMachine(shown)}`
  } finally {
    await workos.close()
  }
}

/** The output of doctor, as of one machine. */
function anyMachine(shown: string): string {
  return shown
    .replace(/\d+\.\d+\.\d+ on \S+, with SQLite [\d.]+/, '24.21.0 on linux-x64, with SQLite 3.53.4')
    .replace(/\d+ [GT]B free/, '77 GB free')
    .replace(/run\.workers is \d+(.*?)\d+ cores? and \d+ GB/, 'run.workers is 2$12 cores and 24 GB')
}

function sandbox(): Promise<string> {
  return inFolder({}, async (run, folder) => {
    const end = new AbortController()
    const shown = await run('sandbox --port 0', {
      unanswered: true,
      interrupted: end.signal,
      printed: (text) => text.includes('  key ') && text.endsWith('\n') && end.abort(),
    })
    const [url = '', ...lines] = shown.replaceAll(folder, '/home/me/project').split('\n')
    return ['$ workos-migrate sandbox', url, ...lines.slice(0, 5), '…'].join('\n')
  })
}

function verify(): Promise<string> {
  return demo(async (run) => {
    await run('apply --yes')
    return `$ workos-migrate verify\n${(await run('verify')).replace(/#\d+/, '#41')}`
  })
}

const SOURCE = 'source: { type: file, streams: { users: { path: ./users.csv } } }\ntarget: { type: sandbox }\n'

/** The part of a plan whose first line begins so. */
function section(plan: string, beginning: string): string {
  const at = plan.indexOf(`\n${beginning}`) + 1
  if (at === 0) throw new Error(`the plan has no ${beginning}:\n${plan}`)
  const end = plan.slice(at).search(/\n\n(?! *create)/)
  return plan.slice(at, end < 0 ? undefined : at + end)
}

/** Runs commands in a folder with these files, and removes it. */
async function inFolder(
  files: Readonly<Record<string, string>>,
  use: (run: Run, folder: string) => Promise<string>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-shown-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return await use((line, command) => output(folder, line.split(' '), command), folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
