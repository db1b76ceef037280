import { createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { FIREBASE } from '../kinds/passwords/firebase.ts'
import { tried } from '../tried.ts'
import { createProject, type Project, type Result } from './cli.ts'
import { startWorkos } from './workos.ts'

const PASSWORD = 'Correct Horse 9'
const BCRYPT = '$2b$10$AFWFExMzZT1Gw3SDBHnF8unhPwikYXoh/vxjTeWOheNCxDXdUlokK'
const ARGON2 = '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG'
const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

interface Passwords {
  kept: number
  reset: number
  none: number
  algorithms: { algorithm: string; kept: number; reset: number; reasons: { detail: string }[] }[]
}

interface Planned extends Result {
  passwords: Passwords
  /** Codes of warnings. */
  warnings: string[]
  rejects: unknown[]
  notes: string[]
}

/** The contents of a plan, which must be allowed and contain none of the hashes. */
async function planned(project: Project, hashes: readonly string[], env?: Record<string, string>): Promise<Planned> {
  const text = await project.run(['plan', '--full'], { ...(env && { env }) })
  const outcome = await project.run(['plan', '--json'], { ...(env && { env }) })
  for (const hash of hashes) expect(text.stdout + text.stderr + outcome.stdout + outcome.stderr).not.toContain(hash)
  expect(outcome.exit, outcome.stderr).toBe(0)
  const { summary, rejects } = JSON.parse(outcome.stdout)
  return {
    ...text,
    passwords: summary.passwords,
    warnings: summary.warnings.map(({ code }: { code: string }) => code),
    notes: summary.notes.map(({ code, count }: { code: string; count: number }) => `${code} ${count}`),
    rejects,
  }
}

/** The hashes that creates send to WorkOS, by address. */
async function sent(files: Record<string, string>, manifest: object): Promise<Record<string, unknown>> {
  const workos = await startWorkos()
  const project = createProject()
  for (const [name, content] of Object.entries(files)) project.write(name, content)
  project.manifest({ ...manifest, target: workos.target })
  const { exit, stdout, stderr } = await project.run(['apply', '--yes'], { env: { KEY: 'sk_test_e2e' } })
  expect(exit, stdout + stderr).toBe(0)
  const bodies = workos.log.flatMap(({ method, path, body }) => {
    return method === 'POST' && path === '/user_management/users' ? [body as Record<string, unknown>] : []
  })
  return Object.fromEntries(
    bodies.map(({ email, password, password_hash: hash, password_hash_type: type, password_salt_position: salt }) => [
      String(email),
      password ?? (hash === undefined ? null : [type, hash, ...(salt === undefined ? [] : [salt])]),
    ]),
  )
}

const column = (hashes: readonly string[]) =>
  ['id,email,hash', ...hashes.map((hash, n) => `${n},u${n}@example.com,"${hash.replaceAll('"', '""')}"`)].join('\n')
const mapped = { key: 'id', email: 'email', passwordHash: '$passwordHash(hash)' }
const fileSource = { type: 'file', streams: { users: { path: './users.csv' } } }

test(
  tried(
    'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
    'password column',
    'scrypt and PBKDF2 of Django and Werkzeug, bytea, Base64, and unusable passwords',
  ),
  async () => {
    const key = scryptSync(PASSWORD, 'mkQhTA3bpiW7', 64, { N: 16_384, r: 8, p: 1 })
    const scrypt = `$scrypt$v=1$n=16384,r=8,p=1,kl=64$${unpadded(Buffer.from('mkQhTA3bpiW7'))}$${unpadded(key)}`
    const derived = pbkdf2Sync(PASSWORD, 'mkQhTA3bpiW7', 600_000, 32, 'sha256')
    const pbkdf2 = `$pbkdf2$i=600000,d=sha256$${unpadded(Buffer.from('mkQhTA3bpiW7'))}$${unpadded(derived)}`
    const hashes = [
      `scrypt$16384$mkQhTA3bpiW7$8$1$${key.toString('base64')}`,
      `scrypt:16384:8:1$mkQhTA3bpiW7$${key.toString('hex')}`,
      `pbkdf2_sha256$600000$mkQhTA3bpiW7$${derived.toString('base64')}`,
      `\\x${Buffer.from(BCRYPT).toString('hex')}`,
      ` bcrypt$${BCRYPT}`,
      Buffer.from(ARGON2).toString('base64'),
      '!QHpS0b9Ld3k1oTz7YwVnGcX5rJm2aEfUiBqK8s4D',
    ]
    expect(await sent({ 'users.csv': column(hashes) }, { source: fileSource, map: { user: mapped } })).toEqual({
      'u0@example.com': ['scrypt', scrypt],
      'u1@example.com': ['scrypt', scrypt],
      'u2@example.com': ['pbkdf2', pbkdf2],
      'u3@example.com': ['bcrypt', BCRYPT],
      'u4@example.com': ['bcrypt', BCRYPT],
      'u5@example.com': ['argon2', ARGON2],
      'u6@example.com': null,
    })
  },
)

test('a placeholder for no password is no password, even if unsupported hashes are rejected', async () => {
  const project = createProject()
  project.write('users.csv', column(['!', '!abc', '*', 'x', 'NULL', '', BCRYPT]))
  const manifest = { source: fileSource, map: { user: mapped }, target: { type: 'sandbox' } }
  project.manifest({ ...manifest, passwords: { unsupported: 'reject' } })
  const { passwords, rejects } = await planned(project, [BCRYPT])
  expect(passwords).toMatchObject({ kept: 1, reset: 0, none: 6 })
  expect(rejects).toEqual([])
})

const MISTAKES = ['2024-03-04', 'someones password', 'AbCdEfGhIjKlMnOpQrStUvWxYz012345', '12345']
const ASPNET = 'AQAAAAEAACcQAAAAEOS9U8AdW96mtQXoCjbUQvMU5yD4Gu7YSLTfoBKkzO96ee2I1bl8PmnHmKHZAVnIeQ=='

test(
  tried(
    'CSV of any kind',
    'password column',
    'dates, words and numbers instead of hashes are reported by shape, hashes of ASP.NET Identity by name',
  ),
  async () => {
    const project = createProject()
    const unknown = Buffer.alloc(32, 200).toString('base64')
    project.write('users.csv', column([...MISTAKES, MISTAKES[3] ?? '', ASPNET, unknown, BCRYPT]))
    project.manifest({ source: fileSource, map: { user: mapped }, target: { type: 'sandbox' } })
    const { stdout, passwords, warnings, rejects } = await planned(project, [...MISTAKES, ASPNET, unknown, BCRYPT])
    expect(rejects).toEqual([])
    expect(warnings).toEqual(['not_a_hash'])
    expect(stdout).toContain(
      'hash, which map.user.passwordHash reads, contains no password hash for 5 users: ' +
        '5 characters: digits (2), 17 characters: letters and spaces (1), 32 characters: letters and digits (1) and 1 more',
    )
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'WorkOS does not support pbkdf2 sha256 i=10000 of ASP.NET Identity v3 (i: 600000 to 1000000)',
    )
    expect(stdout).toContain('unknown     1 reset: WorkOS does not support an unknown hash (44 characters:')
    expect(passwords).toMatchObject({ kept: 1, reset: 7, none: 0 })
    const resets = await project.run(['plan', '--resets', 'resets.csv'])
    expect(resets.exit).toBe(0)
    const explained = await project.run(['explain', 'u0@example.com'])
    expect(explained.stdout).toContain('map.user.passwordHash does not return a hash')
    for (const hash of MISTAKES.slice(0, 3)) expect(explained.stdout).not.toContain(hash)
  },
)

test('a value that is not a hash is rejected by name if the manifest allows no lost password', async () => {
  const project = createProject()
  project.write('users.csv', column(['2024-03-04', BCRYPT]))
  const manifest = { source: fileSource, map: { user: mapped }, target: { type: 'sandbox' } }
  project.manifest({ ...manifest, passwords: { unsupported: 'reject' }, safety: { maxRejects: 1 } })
  const { rejects } = await planned(project, ['2024-03-04', BCRYPT])
  expect(rejects).toMatchObject([{ kind: 'user', key: '0', code: 'not_a_hash', origin: './users.csv:2' }])
})

test(
  tried(
    'Tools for migrating to WorkOS',
    'CSV with password_hash',
    'the Firebase form of the official tool, types such as auth0 and okta-bcrypt, a plain password next to a hash',
  ),
  async () => {
    const { hash, salt, signerKey } = FIREBASE
    const official = `$firebase-scrypt$hash=${hash}$salt=${salt}$sk=${signerKey}$ss=Bw==$r=8$m=14`
    const firebase = `$firebase-scrypt$v=1$r=8,m=14,ss=Bw,sk=${signerKey.slice(0, -2)}$${salt.slice(0, -2)}$${hash.slice(0, -2)}`
    const rows: [hash: string, type: string, password: string][] = [
      [official, 'firebase-scrypt', ''],
      [official, '', ''],
      [BCRYPT, 'auth0', ''],
      [BCRYPT, 'okta-bcrypt', ''],
      [ARGON2, 'bcrypt', ''],
      [BCRYPT, 'bcrypt', 'another password'],
      ['5f4dcc3b5aa765d61d8327deb882cf99', 'bcrypt', ''],
      ['', '', 'a password in clear'],
    ]
    const lines = rows.map(([text, type, password], n) => `u${n}@example.com,"${text}",${type},${password}`)
    const csv = ['email,password_hash,password_hash_type,password', ...lines].join('\n')
    const source = { type: 'csv', path: './users.csv' }
    expect(Object.values(await sent({ 'users.csv': csv }, { source }))).toEqual([
      ['firebase-scrypt', firebase],
      ['firebase-scrypt', firebase],
      ['bcrypt', BCRYPT],
      ['bcrypt', BCRYPT],
      ['argon2', ARGON2],
      ['bcrypt', BCRYPT],
      null,
      'a password in clear',
    ])
    const project = createProject()
    project.write('users.csv', csv)
    project.manifest({ source, target: { type: 'sandbox' } })
    const { notes, stdout, passwords } = await planned(project, [BCRYPT, ARGON2, hash, signerKey, 'another password'])
    expect(notes).toContain('password_beside_hash 1')
    expect(stdout).toContain('1 user with both a plain-text password and a hash: only the hash is sent')
    expect(passwords).toMatchObject({ kept: 7, reset: 1, none: 0 })
  },
)

test(tried('Clerk', 'dashboard CSV', 'a digest with more than the name of its hasher, or without one'), async () => {
  const rows = [
    ['argon2', ARGON2],
    ['scrypt_standard', BCRYPT],
    ['', BCRYPT],
    ['bcrypt', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['bcrypt_peppered', BCRYPT],
  ]
  const lines = rows.map(([hasher, digest], n) => `u${n},u${n}@example.com,"${digest}",${hasher}`)
  const csv = ['id,primary_email_address,password_digest,password_hasher', ...lines].join('\n')
  const found = await sent({ 'users.csv': csv }, { source: { type: 'clerk', users: './users.csv' } })
  expect(Object.values(found)).toEqual([['argon2', ARGON2], ['bcrypt', BCRYPT], ['bcrypt', BCRYPT], null, null])
})

test(
  tried('Auth0', 'file of password hashes', 'hashes that are not bcrypt are counted, and their users stay'),
  async () => {
    const users = ['1', '2', '3'].map((id) => ({
      user_id: `auth0|${id}`,
      email: `u${id}@example.com`,
      email_verified: true,
      identities: [{ connection: 'Legacy', provider: 'auth0', user_id: id, isSocial: false }],
    }))
    const hashes = [BCRYPT, createHash('sha256').update(PASSWORD).digest('hex'), '$P$BAbCdEfGhIjKlMnOpQrStUvWxYz0123']
    const rows = hashes.map((passwordHash, n) => ({ _id: String(n + 1), passwordHash }))
    const ndjson = (list: readonly object[]) => list.map((one) => `${JSON.stringify(one)}\n`).join('')
    const files = { 'users.ndjson': ndjson(users), 'passwords.ndjson': ndjson(rows) }
    const source = { type: 'auth0', users: './users.ndjson', passwords: './passwords.ndjson' }
    expect(Object.values(await sent(files, { source }))).toEqual([['bcrypt', BCRYPT], null, null])
  },
)

test(
  tried('Keycloak', 'realm export', 'hashes of extensions, and hashedSaltedValue of versions before 6'),
  async () => {
    const credential = (algorithm: string, value: string) => ({
      type: 'password',
      secretData: JSON.stringify({ value, salt: '', additionalParameters: {} }),
      credentialData: JSON.stringify({ hashIterations: 10, algorithm, additionalParameters: {} }),
    })
    const salt = Buffer.from('some salt of old')
    const derived = pbkdf2Sync(PASSWORD, salt, 210_000, 64, 'sha512')
    const old = {
      type: 'password',
      hashedSaltedValue: derived.toString('base64'),
      salt: salt.toString('base64'),
      hashIterations: 210_000,
      algorithm: 'pbkdf2-sha512',
    }
    const credentials = [credential('bcrypt', BCRYPT), credential('our-own', 'secret'), old, undefined]
    const users = credentials.map((one, n) => ({
      id: String(n),
      username: `u${n}`,
      email: `u${n}@example.com`,
      enabled: true,
      credentials: one === undefined ? [] : [one],
    }))
    const manifest = {
      extends: 'keycloak',
      source: { streams: { users: { path: './realm.json' }, organizations: null } },
      map: { organization: null, membership: null },
    }
    expect(Object.values(await sent({ 'realm.json': JSON.stringify({ realm: 'r', users }) }, manifest))).toEqual([
      ['bcrypt', BCRYPT],
      null,
      ['pbkdf2', `$pbkdf2$i=210000,d=sha512$${unpadded(salt)}$${unpadded(derived)}`],
      null,
    ])
  },
)

test("ssha256 is sent with the salt's position, if the manifest sets it", async () => {
  const hash = `{SSHA256}${Buffer.concat([createHash('sha256').update('x').digest(), Buffer.from('salt')]).toString('base64')}`
  const manifest = { source: fileSource, map: { user: mapped } }
  const files = { 'users.csv': column([hash]) }
  expect(await sent(files, manifest)).toEqual({ 'u0@example.com': null })
  for (const ssha256 of ['prefix', 'suffix']) {
    expect(await sent(files, { ...manifest, passwords: { ssha256 } })).toEqual({
      'u0@example.com': ['ssha256', hash, ssha256],
    })
  }
})

test.each([
  ['bm90IHRoZSBrZXk=', 'the signer key has 11 bytes, but keys of Firebase have 64'],
  ['"base64_signer_key"', 'the signer key is not base64'],
])(
  tried('Firebase', 'hash parameters', 'a signer key of the wrong length is rejected once, at its place: %s'),
  async (key, message) => {
    const project = createProject()
    const users = [1, 2, 3].map((n) => ({
      localId: `u${n}`,
      email: `u${n}@example.com`,
      passwordHash: FIREBASE.hash,
      salt: FIREBASE.salt,
    }))
    project.write('users.json', JSON.stringify({ users }))
    project.write(
      'migrate.config.yaml',
      'extends: firebase\nsecrets:\n  firebaseSignerKey: ${SIGNER}\ntarget: { type: sandbox }\n',
    )
    for (const command of [['validate'], ['plan'], ['apply', '--yes']]) {
      const { exit, stdout, stderr } = await project.run(command, { env: { SIGNER: key } })
      expect(exit).toBe(3)
      expect(stderr).toContain(`migrate.config.yaml:3:22 error: ${message}`)
      expect(stderr.match(/signer key (has|is)/g)).toHaveLength(1)
      expect(stdout + stderr).not.toContain(key)
    }
    const { exit } = await project.run(['plan'], { env: { SIGNER: FIREBASE.signerKey } })
    expect(exit).toBe(0)
  },
)
