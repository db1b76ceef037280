import { createProject, type Project, type RunOptions } from '../e2e/cli.ts'
import { FAST, startWorkos, type Workos } from '../e2e/workos.ts'
import { BAD_TOTP, base32, type Canary, CLERK_DIGESTS, HASHES, TOTP } from './canaries.ts'

type Row = Record<string, string>

/** A project with many secrets and faulty rows. */
export interface CanaryProject {
  project: Project
  workos: Workos
  canaries: Canary[]
  /** Files that the user wrote, where secrets are allowed. */
  written: string[]
  run: RunOptions
}

const PLAIN = 'canary plain "p@ssword" 1'
const SHORT = 'cnry-pw9'
const FAILING = 'canary-password-no-number'
const MISPLACED = 'canary-password-misplaced'
const CUT: Row = Object.fromEntries(Object.entries(HASHES).map(([type, hash]) => [type, `${hash.slice(0, -9)}!cut`]))

const seed = (how: string) => base32(Buffer.from(TOTP[how] ?? ''))

/** The name deliberately does not contain "key": values under such names are masked anyway. */
const REFERENCE = 'CANARY_OF_THE_ENVIRONMENT'
const UNUSED: Canary = {
  name: 'a secret in the environment that nobody refers to',
  secret: 'canary-auth0-client-secret',
}

/** Local addresses bypass it. */
const PROXY = 'http://canary:canary-of-the-proxy@proxy.example:3128'

/**
 * A secret of the manifest in Base64, as in Firebase, and the digest of a user that it is combined
 * with.
 */
const SIGNER = 'REFERENCE_OF_THE_SIGNER'
const SIGNER_KEY = Buffer.from('canary of the signer key?'.padEnd(64, '!')).toString('base64')
const SIGNED_DIGEST = 'Y2FuYXJ5IHRoYXQgaXMgc2lnbmVk'

/** Echoes the request of some creates, including the key, as careless servers and proxies do. */
async function echoingWorkos(): Promise<Workos> {
  return startWorkos({
    interceptor: {
      before({ request, response, text }) {
        const echo = `${request.headers.authorization} sent ${text}`
        if (request.method !== 'POST') return false
        if (text.includes('"echo@')) {
          const errors = [{ code: `code ${request.headers.authorization}`, message: echo }]
          const type = { 'content-type': 'application/json' }
          response.writeHead(422, type).end(JSON.stringify({ code: 'echo', message: echo, errors }))
        } else if (text.includes('"html@')) {
          response.writeHead(400, { 'content-type': 'text/html' }).end(`<html><pre>${echo}</pre></html>`)
        } else return false
        return true
      },
    },
  })
}

const common = (workos: Workos, apiKey: string) => ({
  version: 1,
  name: 'canaries',
  target: { ...workos.target, apiKey },
  run: { ...FAST, workers: 1 },
  safety: { maxRejects: 1000, maxFailures: 1000, maxDeletes: 1000, confirm: 'canaries' },
})

/** Mapping tests with secrets in their samples, which fail wherever a secret could be shown. */
function failingTests() {
  const { bcrypt = '', argon2 = '' } = HASHES
  const input = { email: 'ada@example.com', password_hash: bcrypt, password_hash_type: 'bcrypt' }
  const signed = { email: 'ada@example.com', password_hash: SIGNED_DIGEST, trap: 'signer' }
  return {
    'another hash': { input, expect: { user: { passwordHash: { hash: argon2, type: 'argon2' }, password: PLAIN } } },
    'no hash': { input, expect: { user: { passwordHash: null }, organization: { key: 'x' } } },
    'a password': { input: { ...input, password: PLAIN }, expect: { user: { password: SHORT } } },
    'a signed hash': { input: signed, expect: { user: { passwordHash: { hash: bcrypt } } } },
    'a hash in the wrong column': { input: { ...input, last_name: bcrypt }, expect: { user: { lastName: 'x' } } },
    'a trap': { input: { ...input, password: FAILING, trap: 'record' }, expect: { user: null } },
  }
}

/**
 * CSV: every hash type, plain passwords, truncated hashes, TOTP secrets in every notation, wrong
 * columns. The key comes from the environment.
 */
export async function csvCanaries(): Promise<CanaryProject> {
  const workos = await echoingWorkos()
  const project = createProject()
  const key = 'sk_test_canaryReference01'
  const person = (name: string, more: Row): Row => ({
    email: `${name}@example.com`,
    external_id: `u-${name}`,
    org_external_id: 'acme',
    org_name: 'Acme',
    metadata: JSON.stringify({ visible: 'no-secret-at-all' }),
    ...more,
  })
  const rows = [
    ...Object.entries(HASHES).map(([type, hash]) => person(type, { password_hash: hash, password_hash_type: type })),
    ...Object.entries(CUT).map(([type, hash]) =>
      person(`cut-${type}`, { password_hash: hash, password_hash_type: type }),
    ),
    person('plain', { password: PLAIN }),
    person('short', { password: SHORT }),
    person('echo', { password: PLAIN }),
    person('html', { password: PLAIN }),
    person('both', { password: PLAIN, password_hash: HASHES.bcrypt ?? '', password_hash_type: 'bcrypt' }),
    person('typeless', { password_hash: HASHES.argon2 ?? '' }),
    person('swapped', { password_hash: 'bcrypt', password_hash_type: HASHES.bcrypt ?? '' }),
    person('unsupported', { password_hash: HASHES.bcrypt ?? '', password_hash_type: 'md5' }),
    person('number', { password: FAILING, trap: 'number' }),
    person('record', { password: FAILING, trap: 'record' }),
    person('signer', { password_hash: SIGNED_DIGEST, trap: 'signer' }),
    person('signer-fails', { password_hash: SIGNED_DIGEST, trap: 'signer-fails' }),
    person('echo-signer', { email: 'echo@signer.example.com', password_hash: SIGNED_DIGEST, trap: 'signer' }),
    person('hash-as-mail', {
      email: HASHES.bcrypt ?? '',
      password_hash: HASHES.bcrypt ?? '',
      password_hash_type: 'bcrypt',
    }),
    person('password-as-mail', { email: MISPLACED, password: MISPLACED }),
    person('bad-metadata', { metadata: '{"half": ', password: PLAIN }),
    person('totp-base32', { totp_secret: seed('base32') }),
    person('totp-hex', { totp_secret: Buffer.from(TOTP.hex ?? '').toString('hex') }),
    person('totp-base64', { totp_secret: Buffer.from(TOTP.base64 ?? '').toString('base64') }),
    person('totp-uri', { totp_secret: `otpauth://totp/Acme:ada?secret=${seed('uri')}` }),
    person('totp-echoed', { totp_secret: `otpauth://totp/echo@example.com?secret=${seed('echoed')}` }),
    person('totp-unsupported', { totp_secret: `otpauth://totp/x?secret=${seed('unsupported')}&algorithm=SHA512` }),
    person('totp-metadata', {
      totp_secret: seed('metadata'),
      metadata: JSON.stringify({ visible: seed('metadata') }),
    }),
    person('totp-bad', { totp_secret: BAD_TOTP }),
    person('totp-of-two', { email: 'totp-hex@example.com', totp_secret: seed('base32') }),
  ]
  project.csv('users.csv', rows)
  const trap = "trap = 'number' ? $number(password) : trap = 'record' ? $number($string([password, $])) : last_name"
  const parameters = "{ 'signerKey': $secrets.signer, 'saltSeparator': $vars.separator, 'rounds': 8, 'memoryCost': 14 }"
  const signed = `$firebasePassword(password_hash, 'c2FsdA==', ${parameters})`
  const passwordHash = `trap = 'signer' ? ${signed} : trap = 'signer-fails' ? $error($secrets.signer) : password_hash`
  project.manifest({
    ...common(workos, `\${${REFERENCE}}`),
    source: { type: 'csv', path: './users.csv' },
    vars: { separator: 'Bw==' },
    secrets: { signer: `\${${SIGNER}}` },
    map: { user: { lastName: trap, passwordHash } },
    passwords: { unsupported: 'reject', onChange: 'send' },
    tests: failingTests(),
  })
  const canaries = [
    { name: 'the key of a reference', secret: key },
    { name: 'a secret of the manifest', secret: SIGNER_KEY },
    { name: 'a secret of the manifest without its padding', secret: SIGNER_KEY.replace(/=+$/, '') },
    { name: 'a signed digest', secret: SIGNED_DIGEST },
    UNUSED,
    { name: 'the password of a proxy', secret: 'canary-of-the-proxy' },
    ...Object.entries(HASHES).map(([type, secret]) => ({ name: `${type} hash`, secret })),
    ...Object.entries(CUT).map(([type, secret]) => ({ name: `cut-off ${type} hash`, secret })),
    ...Object.entries(TOTP).map(([how, secret]) => ({ name: `TOTP secret: ${how}`, secret })),
    { name: 'what is no TOTP secret', secret: BAD_TOTP },
    { name: 'plain password', secret: PLAIN },
    { name: 'short password', secret: SHORT },
    { name: 'password in a failing expression', secret: FAILING },
    { name: 'password in the place of an email address', secret: MISPLACED },
  ]
  const run = {
    env: {
      [REFERENCE]: key,
      [SIGNER]: SIGNER_KEY,
      AUTH0_CLIENT: UNUSED.secret,
      HTTPS_PROXY: PROXY,
      WORKOS_MIGRATE_DEBUG: '1',
    },
  }
  return { project, workos, canaries, run, written: ['migrate.config.yaml', 'users.csv'] }
}

/** Clerk: every hasher and TOTP seeds. The key comes from a file. */
export async function clerkCanaries(): Promise<CanaryProject> {
  const workos = await echoingWorkos()
  const project = createProject()
  const key = 'sk_test_canaryOfTheFile02'
  const seed = (hasher: string) => base32(Buffer.from(`canary-seed-of-${hasher}`))
  const user = (name: string, more: Row): Row => ({
    id: `u-${name}`,
    primary_email_address: `${name}@example.com`,
    username: name,
    ...more,
  })
  const rows = Object.entries(CLERK_DIGESTS).flatMap(([hasher, digest]) => [
    user(hasher, { totp_secret: seed(hasher), password_digest: digest, password_hasher: hasher }),
    user(`cut-${hasher}`, { password_digest: `${digest.slice(0, -7)}!`, password_hasher: hasher }),
    user(`echo-${hasher}`, {
      primary_email_address: 'echo@example.com',
      password_digest: digest,
      password_hasher: hasher,
    }),
  ])
  project.csv('clerk.csv', rows)
  project.csv('members.csv', [
    { clerk_user_id: 'u-bcrypt', org_external_id: 'acme', org_name: 'Acme', role_slugs: 'member' },
    { clerk_user_id: 'u-nobody', org_external_id: 'acme', org_name: 'Acme', role_slugs: 'member' },
  ])
  project.write('key.txt', `${key}\n`)
  project.manifest({
    ...common(workos, '${file:./key.txt}'),
    source: { type: 'clerk', users: './clerk.csv', memberships: './members.csv' },
    passwords: { unsupported: 'reset' },
    map: { user: { firstName: "username = 'phpass' ? $number(totp_secret) : first_name" } },
  })
  const canaries = [
    { name: 'the key of a file', secret: key },
    UNUSED,
    { name: 'the password of a proxy', secret: 'canary-of-the-proxy' },
    ...Object.entries(CLERK_DIGESTS).flatMap(([hasher, secret]) => [
      { name: `${hasher} digest`, secret },
      { name: `cut-off ${hasher} digest`, secret: `${secret.slice(0, -7)}!` },
      { name: `TOTP seed beside ${hasher}`, secret: seed(hasher) },
      // The part that the conversion to the form of WorkOS keeps.
      {
        name: `end of the ${hasher} digest`,
        secret: secret.split('$').at(hasher === 'scrypt_firebase' ? 0 : -1) ?? '',
      },
    ]),
  ]
  const run = { env: { AUTH0_CLIENT: UNUSED.secret, HTTPS_PROXY: PROXY, WORKOS_MIGRATE_DEBUG: '1' } }
  return { project, workos, canaries, run, written: ['migrate.config.yaml', 'clerk.csv', 'members.csv', 'key.txt'] }
}
