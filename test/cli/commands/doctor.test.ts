import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { roomFor, workersOn } from '../../../src/cli/doctor/machine.ts'
import { keyFits } from '../../../src/cli/doctor/target.ts'
import { systemClock } from '../../../src/clock.ts'
import { acquireLock } from '../../../src/state/sqlite/lock.ts'
import { openStateFile } from '../../../src/state/sqlite/open.ts'
import { runCommand } from '../../command.ts'
import { createProject, type Project } from '../../e2e/cli.ts'
import { member, peopleManifest, peopleProject } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'
import { ownCertificate } from '../../kinds/own-certificate.ts'

const env = { KEY }
const ROWS = [member('ada', 'acme'), member('bea', 'acme')]
const STATE = '.workos-migrate/state.sqlite'
const AWAY = { type: 'workos', apiKey: '${KEY}', baseUrl: 'https://workos.invalid' }

interface Found {
  check: string
  status: 'ok' | 'warning' | 'problem' | 'skipped'
  message: string
  hint?: string
  code?: string
}

interface Diagnosis {
  exit: number
  checks: Found[]
  of(check: string): Found
}

async function diagnose(
  { folder }: Pick<Project, 'folder'>,
  args: readonly string[] = [],
  world: { env?: Record<string, string>; now?: () => number } = { env },
): Promise<Diagnosis> {
  const { code, stdout, stderr } = await runCommand(['doctor', '--json', ...args], {
    cwd: folder,
    env,
    clock: systemClock,
    ...world,
  })
  expect(stderr).toBe('')
  const report = JSON.parse(stdout)
  const { checks } = report
  expect(report).toMatchObject({ format: 'workos-migrate-doctor-report', version: 1, ok: code === 0 })
  for (const one of checks) {
    if (one.status === 'warning' || one.status === 'problem') expect(one.hint, JSON.stringify(one)).toMatch(/\w/)
  }
  return { exit: code, checks, of: (check) => checks.find((one: Found) => one.check === check) }
}

/** All files in a folder, with content, mode and time. */
function contents(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const { mode, mtimeMs } = lstatSync(path)
      return [name, mode, mtimeMs, lstatSync(path).isFile() ? readFileSync(path, 'hex') : null]
    })
}

const EVERY = [
  'node',
  'manifest',
  'references',
  'source',
  'proxy',
  'certificates',
  'target',
  'clock',
  'environment',
  'state',
  'lock',
  'modes',
  'git',
  'disk',
  'limits',
  'workers',
]

describe('without problems', () => {
  test('everything is checked with one small read and no write', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { run: { workers: 1 } })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    workos.takeLog()
    const before = contents(project.folder)
    const { exit, checks, of } = await diagnose(project)
    expect(exit).toBe(0)
    expect(checks.map(({ check }) => check)).toEqual(EVERY)
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(workos.takeLog().map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /organizations?limit=1'])
    expect(contents(project.folder)).toEqual(before)
    expect(of('source').message).toMatch(/^csv, 1 file of \d+ bytes: \.\/users\.csv$/)
    expect(of('references').message).toBe('KEY is set')
    expect(of('target').message).toBe(`${workos.url} accepts the key`)
    expect(of('environment').message).toBe('no environment, with a test key')
    expect(of('state').message).toMatch(/^6 resources, serial \d+: /)
    expect(of('lock').message).toBe('free')
  })

  test('also before a first apply, without creating a state, a folder or a sandbox', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    const before = contents(project.folder)
    const { exit, of } = await diagnose(project)
    expect(exit).toBe(0)
    expect(of('state').message).toContain('none yet')
    expect(contents(project.folder)).toEqual(before)
    project.manifest(peopleManifest({ target: AWAY as never }, { target: { type: 'sandbox' } }))
    const sandbox = await diagnose(project)
    expect(sandbox.exit).toBe(0)
    expect(sandbox.of('target').message).toContain('an embedded sandbox')
    expect(sandbox.of('clock')).toBeUndefined()
    expect(readdirSync(project.folder).sort()).toEqual(['migrate.config.yaml', 'users.csv'])
  })

  test('the text fits 80 columns, and is colored on a terminal', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { run: { workers: 1 } })
    const { exit, stdout, stderr } = await project.run(['doctor'], { env })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout).toMatch(/^✓ node {10}\d+\.\d+\.\d+ on \w+-\w+, with SQLite 3\./)
    expect(stdout).toContain(`✓ target        ${workos.url} accepts the key\n`)
    expect(stdout.endsWith('\n\n0 problems, 0 warnings\n')).toBe(true)
    const cwd = project.folder
    const shown = await runCommand(['doctor'], { cwd, env, terminals: ['stdout'] })
    expect(shown.stdout).toContain('\u001b[32m✓')
  })

  test('--offline makes no request', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    const { exit, of } = await diagnose(project, ['--offline'])
    expect([exit, of('target').status]).toEqual([0, 'skipped'])
    expect(workos.takeLog()).toEqual([])
  })
})

/** A fault, and the expected finding. */
interface Fault {
  check: string
  status: 'warning' | 'problem'
  exit: number
  says: string
  manifest?: object
  prepare?(project: Project): unknown
  env?: Record<string, string>
  now?: () => number
  args?: readonly string[]
}

const FAULTS: Record<string, Fault> = {
  'a misspelled key': {
    check: 'manifest',
    status: 'problem',
    exit: 3,
    says: 'savety',
    manifest: { savety: {} },
  },
  'an invalid expression': {
    check: 'manifest',
    status: 'problem',
    exit: 3,
    says: 'migrate.config.yaml: ',
    manifest: { map: { user: { firstName: 'first_name &' } } },
  },
  'an unknown environment': {
    check: 'manifest',
    status: 'problem',
    exit: 3,
    says: 'unknown environment nowhere',
    args: ['-e', 'nowhere'],
  },
  'an unset reference': {
    check: 'references',
    status: 'problem',
    exit: 3,
    says: 'the environment variable KEY is not set',
    env: {},
  },
  'an empty API key': {
    check: 'manifest',
    status: 'problem',
    exit: 3,
    says: 'target.apiKey must not be empty',
    env: { KEY: '' },
  },
  'a truncated API key': {
    check: 'target',
    status: 'problem',
    exit: 3,
    says: 'not valid in an API key',
    env: { KEY: 'sk_test_a…' },
  },
  'a rejected API key': {
    check: 'target',
    status: 'problem',
    exit: 4,
    says: 'rejected the API key',
    env: { KEY: 'nonsense' },
  },
  'an unreachable target': {
    check: 'target',
    status: 'problem',
    exit: 1,
    says: 'http://127.0.0.1:9 cannot be reached',
    manifest: { target: { type: 'workos', apiKey: '${KEY}', baseUrl: 'http://127.0.0.1:9' } },
  },
  'a URL without TLS': {
    check: 'target',
    status: 'problem',
    exit: 3,
    says: 'unencrypted',
    manifest: { target: { type: 'workos', apiKey: '${KEY}', baseUrl: 'http://example.com' } },
  },
  'a missing source file': {
    check: 'source',
    status: 'problem',
    exit: 3,
    says: 'there is no file ./users.csv',
    prepare: (project) => project.remove('users.csv'),
  },
  'an empty source file': {
    check: 'source',
    status: 'problem',
    exit: 3,
    says: './users.csv',
    prepare: (project) => project.write('users.csv', ''),
  },
  'a clock ahead of the target': {
    check: 'clock',
    status: 'warning',
    exit: 0,
    says: 'ahead of the target',
    now: () => Date.now() + 330_000,
  },
  'a clock behind the target': {
    check: 'clock',
    status: 'warning',
    exit: 0,
    says: 'behind',
    now: () => Date.now() - 45_000,
  },
  'a state that others can read': {
    check: 'modes',
    status: 'warning',
    exit: 0,
    says: 'has mode 0644',
    prepare: async (project) => {
      await project.run(['apply', '--yes'], { env })
      chmodSync(project.path(STATE), 0o644)
    },
  },
  'a folder that others can read': {
    check: 'modes',
    status: 'warning',
    exit: 0,
    says: 'the folder of the state has mode 0755',
    prepare: (project) => mkdirSync(project.path('.workos-migrate'), { mode: 0o755 }),
  },
  'a manifest with a secret that others can read': {
    check: 'modes',
    status: 'warning',
    exit: 0,
    says: 'the manifest, which contains a secret, has mode 0644',
    prepare: (project) => {
      const text = readFileSync(project.path('migrate.config.yaml'), 'utf8')
      project.write('migrate.config.yaml', text.replace('${KEY}', 'sk_test_written_out'))
      chmodSync(project.path('migrate.config.yaml'), 0o644)
    },
  },
  'a state that git does not ignore': {
    check: 'git',
    status: 'warning',
    exit: 0,
    says: '.gitignore does not list the state',
    prepare: (project) => project.write('.git/HEAD', ''),
  },
  'a state that git tracks': {
    check: 'git',
    status: 'problem',
    exit: 1,
    says: 'git tracks the state: .workos-migrate/state.sqlite',
    prepare: (project) => project.write('.git/index', `DIRC\0\0\x1c${STATE}\0\0\0`),
  },
  'a damaged state': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'state.sqlite',
    prepare: async (project) => {
      await project.run(['apply', '--yes'], { env })
      truncateSync(project.path(STATE), 5000)
    },
  },
  'a state of another program': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'state.sqlite',
    prepare: (project) => project.write(STATE, 'SQLite format 3\0 or so, but not ours'.repeat(100)),
  },
  'a folder instead of the state': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'it is a folder',
    prepare: (project) => mkdirSync(project.path(STATE), { recursive: true, mode: 0o700 }),
  },
  'an unreadable state': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'cannot check whether there is a state: .workos-migrate/state.sqlite (ELOOP)',
    prepare: (project) => {
      mkdirSync(project.path('.workos-migrate'), { mode: 0o700 })
      symlinkSync('state.sqlite', project.path(STATE))
    },
  },
  'a file instead of the state folder': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'the state cannot be created: .workos-migrate is not a folder',
    prepare: (project) => {
      project.write('.workos-migrate', '')
      chmodSync(project.path('.workos-migrate'), 0o600)
    },
  },
  'an empty state': {
    check: 'state',
    status: 'warning',
    exit: 0,
    says: 'it is empty and counts as new',
    prepare: (project) => {
      mkdirSync(project.path('.workos-migrate'), { mode: 0o700 })
      writeFileSync(project.path(STATE), '', { mode: 0o600 })
    },
  },
  'a journal without an index, and creates no index': {
    check: 'state',
    status: 'warning',
    exit: 0,
    says: 'these counts do not include its journal: .workos-migrate/state.sqlite-wal',
    prepare: async (project) => {
      await project.run(['apply', '--yes'], { env })
      const state = openStateFile(project.path(STATE))
      await state.bind({ type: 'workos', baseUrl: 'https://other.example', keyDigest: '' })
      const left = [STATE, `${STATE}-wal`].map((name) => [name, readFileSync(project.path(name))] as const)
      await state.close()
      for (const [name, content] of left) writeFileSync(project.path(name), content, { mode: 0o600 })
    },
  },
  'a state with a hard link': {
    check: 'lock',
    status: 'problem',
    exit: 1,
    says: 'has 2 names (hard links)',
    prepare: async (project) => {
      await project.run(['apply', '--yes'], { env })
      linkSync(project.path(STATE), project.path('copy.sqlite'))
    },
  },
  'a folder instead of the lock': {
    check: 'lock',
    status: 'problem',
    exit: 1,
    says: 'state.sqlite.lock is a folder',
    prepare: (project) => mkdirSync(project.path(`${STATE}.lock`), { recursive: true, mode: 0o700 }),
  },
  'a file with a secret that others can read': {
    check: 'modes',
    status: 'warning',
    exit: 0,
    says: "a file that contains a secret has mode 0644, so other users can access it: key's.txt",
    manifest: { secrets: { pepper: "${file:./key's.txt}" } },
    prepare: (project) => {
      project.write("key's.txt", 'a pepper that nobody knows')
      chmodSync(project.path("key's.txt"), 0o644)
    },
  },
  'an unfinished write': {
    check: 'state',
    status: 'warning',
    exit: 0,
    says: 'left 1 unfinished write',
    prepare: async (project) => {
      await project.run(['apply', '--yes'], { env })
      const state = openStateFile(project.path(STATE))
      const intent = { kind: 'user', key: 'x', action: 'create' as const, startedAt: '2026-01-01T00:00:00Z' }
      await state.commit({ intents: [{ ...intent, attributes: {}, digests: {}, refs: {} }], outcomes: [] })
      await state.close()
    },
  },
  'a state of another target': {
    check: 'state',
    status: 'problem',
    exit: 1,
    says: 'it belongs to workos at https://other.example, not to workos at http://127.0.0.1:',
    prepare: async (project) => {
      const state = openStateFile(project.path(STATE))
      await state.bind({ type: 'workos', baseUrl: 'https://other.example', keyDigest: '' })
      await state.close()
    },
  },
  'a held lock': {
    check: 'lock',
    status: 'warning',
    exit: 0,
    says: `process ${process.pid} on`,
    prepare: (project) => {
      mkdirSync(project.path('.workos-migrate'), { mode: 0o700 })
      onTestFinished(acquireLock(project.path(STATE), 'apply', new Date()))
    },
  },
  'limits above the documented ones': {
    check: 'limits',
    status: 'warning',
    exit: 0,
    says: 'writes 5000/10s (documented: 500/10s)',
    manifest: { run: { limits: { writes: '5000/10s' } } },
  },
  'too many workers': {
    check: 'workers',
    status: 'warning',
    exit: 0,
    says: 'run.workers is 64',
    manifest: { run: { workers: 64 } },
  },
  'missing certificates': {
    check: 'certificates',
    status: 'problem',
    exit: 1,
    says: 'cannot read certificates from /nowhere/ca.pem',
    env: { KEY, NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' },
  },
  'disabled certificate checks': {
    check: 'certificates',
    status: 'warning',
    exit: 0,
    says: 'can read the API key',
    env: { KEY, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  },
  'a live key for staging': {
    check: 'environment',
    status: 'warning',
    exit: 0,
    says: 'environment staging, with a live key',
    manifest: { environments: { staging: {} } },
    args: ['-e', 'staging'],
    env: { KEY: 'sk_live_e2e' },
  },
}

describe('it finds', () => {
  test.each(Object.entries(FAULTS))('%s, gives a hint, and runs all other checks', async (_name, fault) => {
    const { check, status, exit, says, manifest = {}, prepare, args, env: variables = env, now } = fault
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS, { run: { workers: 1 }, ...manifest })
    await prepare?.(project)
    const before = contents(project.folder)
    const found = await diagnose(project, args, { env: variables, ...(now && { now }) })
    expect(contents(project.folder)).toEqual(before)
    expect(found.checks).toContainEqual(
      expect.objectContaining({ check, status, message: expect.stringContaining(says) }),
    )
    expect(found.exit).toBe(exit)
    const others = found.checks.filter((one) => one.check !== check && one.status === 'problem')
    expect(others).toEqual([])
    const looked = new Set(found.checks.map((one) => one.check))
    for (const name of ['node', 'source', 'state', 'lock', 'git', 'disk', 'limits', 'workers'])
      expect(looked).toContain(name)
    expect(JSON.stringify(found.checks)).not.toContain(variables.KEY || 'sk_')
  })

  test('a page that responds instead of WorkOS and accepts every key', async () => {
    const server = createServer((_request, response) => response.end('<html>Sign in to the guest network</html>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const project = peopleProject(await startWorkos(), ROWS, { target: { type: 'workos', apiKey: '${KEY}', baseUrl } })
    const { exit, of } = await diagnose(project)
    expect(exit).toBe(1)
    expect(of('target')).toMatchObject({ status: 'problem', code: 'unexpected_answer' })
    expect(of('target').message).toContain('does not respond like WorkOS')
  })

  test('a name with shell characters, and quotes it', async () => {
    const project = peopleProject(await startWorkos(), ROWS, { state: { path: "./it's state.sqlite" } })
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    chmodSync(project.path("it's state.sqlite"), 0o644)
    expect((await diagnose(project)).of('modes').hint).toBe("chmod 600 'it'\\''s state.sqlite'")
  })

  test('no file modes without a manifest', async () => {
    expect((await diagnose({ folder: createProject().folder })).of('modes').status).toBe('skipped')
  })

  test('several problems, and ends with the code of the most urgent one', async () => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    project.write('.git/index', `DIRC${STATE}\0`)
    expect((await diagnose(project, [], { env: { KEY: 'nonsense' } })).exit).toBe(4)
    project.remove('users.csv')
    expect((await diagnose(project, [], { env: { KEY: 'nonsense' } })).exit).toBe(3)
  })

  test('a missing manifest, and runs the checks that need none', async () => {
    const project = createProject()
    const { exit, of, checks } = await diagnose(project)
    expect(exit).toBe(3)
    expect(of('manifest')).toMatchObject({ status: 'problem', hint: expect.stringContaining('workos-migrate init') })
    expect(of('node').status).toBe('ok')
    expect(of('certificates').status).toBe('ok')
    expect(checks.filter(({ status }) => status === 'problem')).toHaveLength(1)
  })

  // A superuser can read everything.
  test.skipIf(process.getuid?.() === 0)('a file that this user cannot read', async () => {
    const project = peopleProject(await startWorkos(), ROWS)
    chmodSync(project.path('users.csv'), 0)
    expect((await diagnose(project)).of('source').message).toContain('cannot read the file')
  })

  test('rejected credentials of a live source with one request, and skips unset ones', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url?.split('?')[0]}`)
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"errors":[{"code":"clerk_key_invalid"}]}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const project = createProject()
    const source = { type: 'clerk', secretKey: '${CLERK}', baseUrl }
    project.manifest({ version: 1, source, target: { type: 'sandbox' }, run: { workers: 1 } })
    const refused = await diagnose(project, [], { env: { CLERK: 'sk_test_clerk_secret' } })
    expect(refused.exit).toBe(4)
    expect(refused.of('live').status).toBe('problem')
    expect(asked).toHaveLength(1)
    expect(JSON.stringify(refused.checks)).not.toContain('clerk_secret')
    const unset = await diagnose(project, [], { env: {} })
    expect([unset.exit, unset.of('live').status]).toEqual([3, 'skipped'])
    const offline = await diagnose(project, ['--offline'], { env: { CLERK: 'sk_test_clerk_secret' } })
    expect([offline.exit, offline.of('live').status, offline.of('snapshot').message]).toEqual([
      0,
      'skipped',
      'none yet: the next plan reads the source',
    ])
    expect(asked).toHaveLength(1)
  })
})

describe('authorities of NODE_EXTRA_CA_CERTS', () => {
  const lookAt = async (text: string, now = Date.now()) => {
    const project = peopleProject(await startWorkos(), ROWS)
    project.write('ca.pem', text)
    const variables = { KEY, NODE_EXTRA_CA_CERTS: project.path('ca.pem') }
    return (await diagnose(project, ['--offline'], { env: variables, now: () => now })).of('certificates')
  }
  const DAY = 24 * 60 * 60_000

  test('are counted', async () => {
    const certificate = ownCertificate(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    expect(await lookAt(`# ours\n${certificate}\n${certificate}`)).toMatchObject({
      status: 'ok',
      message: '2 certificates from NODE_EXTRA_CA_CERTS',
    })
  })

  test('are reported if expired, except in a bundle', async () => {
    const certificate = ownCertificate(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    const later = Date.now() + 200 * 365 * DAY
    expect(await lookAt(certificate, later)).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/^1 .* has expired$/),
    })
    expect(await lookAt(`${certificate}\n`.repeat(11), later)).toMatchObject({ status: 'ok' })
  })

  test.each([
    '',
    'no certificate at all',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  ])('are a problem if invalid: %j', async (text) => {
    expect(await lookAt(text)).toMatchObject({ status: 'problem' })
  })
})

describe('the way to the target', () => {
  const SECRET = 'hunter2-proxy'
  test.each([
    ['', 'connects to workos.invalid through proxy.invalid:3128 (HTTPS_PROXY)'],
    ['workos.invalid', 'connects to workos.invalid directly, although HTTPS_PROXY is set'],
  ])('is shown without proxy credentials, with NO_PROXY=%s', async (except, says) => {
    const project = peopleProject({ target: AWAY as never }, ROWS)
    const variables = { KEY, HTTPS_PROXY: `http://user:${SECRET}@proxy.invalid:3128`, NO_PROXY: except }
    const found = await diagnose(project, ['--offline'], { env: variables })
    expect(found.of('proxy').message).toBe(says)
    expect(JSON.stringify(found.checks)).not.toContain(SECRET)
  })

  test('a variable without a proxy URL is a problem', async () => {
    const project = peopleProject({ target: AWAY as never }, ROWS)
    const found = await diagnose(project, ['--offline'], { env: { KEY, HTTPS_PROXY: `socks5://u:${SECRET}@p` } })
    expect(found.of('proxy')).toMatchObject({ status: 'problem', code: 'bad_proxy' })
    expect(found.exit).toBe(3)
    expect(JSON.stringify(found.checks)).not.toContain(SECRET)
  })
})

test.each([
  ['.workos-migrate/'],
  ['/.workos-migrate'],
  ['**/.workos-migrate/'],
  ['.workos-migrate/*'],
  ['*.sqlite'],
  ['state.sqlite'],
])('git ignores the state by %s', async (line) => {
  const project = peopleProject(await startWorkos(), ROWS)
  project.write('.git/HEAD', '')
  project.write('.gitignore', `node_modules\n${line}\n`)
  expect((await diagnose(project, ['--offline'])).of('git')).toMatchObject({ status: 'ok' })
})

test('a repository above the manifest and a linked state are found', async () => {
  const project = createProject()
  project.write('.git/HEAD', '')
  project.write('inner/users.csv', 'email\na@example.com\n')
  writeFileSync(
    project.path('inner/migrate.config.yaml'),
    'source: { type: csv, path: users.csv }\ntarget: { type: sandbox }\n',
  )
  symlinkSync(project.path('inner/users.csv'), project.path('inner/link.csv'))
  const found = await diagnose({ folder: project.path('inner') })
  expect(found.of('git')).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('inner/.workos-migrate'),
  })
})

test.each([
  ['sk_live_x', 'staging', 'warning'],
  ['sk_live_x', 'dev', 'warning'],
  ['sk_live_x', 'pre-prod', 'warning'],
  ['sk_test_x', 'pre-prod', 'ok'],
  ['sk_live_x', 'eu-test', 'warning'],
  ['sk_test_x', 'production', 'warning'],
  ['sk_test_x', 'prod-eu', 'warning'],
  ['sk_live_x', 'production', 'ok'],
  ['sk_test_x', 'staging', 'ok'],
  ['sk_live_x', 'latest', 'ok'],
  ['sk_test_x', 'reproduction', 'ok'],
  ['sk_test_x', undefined, 'ok'],
  ['sk_x', 'production', 'ok'],
])('the key %s in %s is %s', (key, environment, status) => {
  expect(keyFits(key, environment)).toMatchObject([{ status }])
})

test.each([
  [100, 50, 'problem'],
  [100, 150, 'warning'],
  [100, 200, 'ok'],
])('a disk with %i bytes needed and %i free is %s', (needed, free, status) => {
  expect(roomFor(needed, free, '/')).toMatchObject({ status })
})

test.each([
  [2, 4, 8000, 'ok'],
  [8, 4, 8000, 'warning'],
  [4, 4, 512, 'warning'],
])('with %i workers on %i cores and %i MB it is %s', (workers, cores, memory, status) => {
  expect(workersOn(workers, { cores, memory: memory * 1024 * 1024 })).toMatchObject({ status })
})
