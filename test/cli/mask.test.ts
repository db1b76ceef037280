import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buffered } from '../../src/cli/output.ts'
import { maskedStream } from '../../src/cli/run.ts'
import { Mask } from '../../src/diagnostics/mask.ts'
import { createProject, type Project } from '../e2e/cli.ts'
import { readReport } from '../reporting/html/reading.ts'

/** Personal data that must not appear, in any form. */
const NAMES = ['Lovelace', 'Zuse', 'secret-plan', 'Grace Hopper']
const KEYS = ['key of ada', 'key-konrad', 'key-gone', 'key-twin']
const ADDRESSES = ['ada.l@example.com', 'konrad-z@example.com', 'not an address', 'ghost@example.com']

/** A migration with rejects, merges, skipped records, warnings, creations, changes and drift. */
function project(mask?: string): Project {
  const made = createProject()
  made.csv('people.csv', [
    {
      id: 'key of ada',
      email: 'ada.l@example.com',
      first: 'Ada',
      last: 'Lovelace',
      org: 'acme',
      role: 'admin',
      plan: 'secret-plan',
    },
    {
      id: 'key-twin',
      email: 'ada.l@example.com',
      first: 'Ada',
      last: 'Lovelace-Byron',
      org: 'acme',
      role: 'member',
      plan: '',
    },
    {
      id: 'key-konrad',
      email: 'konrad-z@example.com',
      first: 'Konrad',
      last: 'Zuse',
      org: 'acme',
      role: '',
      plan: 'NULL',
    },
    { id: 'key-gone', email: 'not an address', first: 'Grace Hopper', last: '', org: 'acme', role: '', plan: '' },
    {
      id: 'ghost@example.com',
      email: 'ghost@example.com',
      first: 'Grace Hopper',
      last: '',
      org: 'acme',
      role: 'unknown role',
      plan: '',
    },
  ])
  made.manifest({
    version: 1,
    name: 'masked',
    source: { type: 'file', streams: { people: { path: './people.csv' } } },
    target: { type: 'sandbox' },
    roles: { define: { admin: { name: 'Admin' }, member: { name: 'Member' } } },
    ...(mask !== undefined && { output: { mask } }),
    map: {
      user: {
        key: 'id',
        externalId: 'id',
        email: 'email',
        firstName: 'first',
        lastName: 'last',
        metadata: { plan: 'plan' },
      },
      organization: { key: 'org', name: 'org' },
      membership: { organization: 'org', roles: 'role' },
    },
    dedupe: { user: { by: ['email'] } },
    safety: { maxRejects: 10 },
  })
  return made
}

const LOOKS = [
  ['explain', 'key of ada'],
  ['explain', 'key of ada', '--json'],
  ['plan'],
  ['plan', '--full'],
  ['plan', '--json'],
  ['plan', '--format', 'markdown'],
]
const AFTER = [
  ['apply', '--yes'],
  ['plan', '--full', '--refresh'],
  ['verify', '--full'],
  ['verify', '--json', '--full'],
  ['errors', '--full'],
  ['errors', '--json'],
  ['errors', '--ndjson'],
  ['state', 'list'],
  ['state', 'list', '--json'],
  ['state', 'show', 'user:key of ada'],
  ['state', 'show', 'user:key of ada', '--json'],
  ['validate'],
  ['config'],
  ['inspect'],
  ['destroy', '--plan-only', '--full'],
  ['destroy', '--plan-only', '--json'],
]

/** The outputs of every command. */
async function everything(
  made: Project,
  env: Record<string, string> = {},
  more: string[] = [],
  commands = [...LOOKS, ...AFTER],
) {
  const said: { args: string; text: string; stdout: string }[] = []
  for (const args of commands) {
    const { stdout, stderr } = await made.run([...args, ...more], { env })
    said.push({
      args: args.join(' '),
      stdout,
      text: `${stdout}\n${stderr}`.replaceAll('`', ''),
    })
    if (args[0] === 'apply')
      made.write('people.csv', readFileSync(made.path('people.csv'), 'utf8').replace('Zuse', 'Zuse-Changed'))
  }
  return said
}

describe('emails', () => {
  test.each([
    ['by the manifest', 'emails', {}, []],
    ['by default in CI', undefined, { CI: 'true' }, []],
    ['by the command line', 'none', {}, ['--mask', 'emails']],
  ])('are hidden: %s', async (_how, mask, env, more) => {
    const made = project(mask)
    for (const { args, text } of await everything(made, env, more, mask === 'emails' ? undefined : LOOKS)) {
      for (const address of ADDRESSES) expect(text, args).not.toContain(address)
    }
    expect((await made.run(['plan', '--full', ...more], { env })).stdout).toContain('a***@example.com')
  })

  test.each([
    ['by default', undefined, {}, []],
    ['by the manifest in CI', 'none', { CI: 'true' }, []],
    ['by the command line', 'emails', {}, ['--mask', 'none']],
  ])('are shown: %s', async (_how, mask, env, more) => {
    expect((await project(mask).run(['plan', ...more], { env })).stdout).toContain('ada.l@example.com')
  })
})

describe('all', () => {
  test('hides all values, addresses and keys of users, and keeps JSON valid', async () => {
    for (const { args, text, stdout } of await everything(project('all'))) {
      for (const value of [...NAMES, ...ADDRESSES, ...KEYS]) expect(text, args).not.toContain(value)
      if (args.includes('--json'))
        expect(
          () => JSON.parse(args.startsWith('state list') ? `[${stdout.trim().split('\n')}]` : stdout),
          args,
        ).not.toThrow()
    }
  })

  test('hides keys with spaces and brackets, and texts across lines', async () => {
    const made = project('all')
    const rows = ['Ada Lovelace', 'Konrad Zuse'].map((name, n) => ({
      id: `CN=${name} (Jr.), OU=Lovelace ${n}`,
      email: `${n}@example.com`,
      first: name,
      last: 'Lovelace',
      org: 'acme',
      orgname: n === 0 ? 'A company of Lovelace and of other people' : 'Another one of Zuse and of many other people',
      role: '',
      plan: 'Lovelace plan of many words, so that the line is too long for one',
    }))
    made.csv('people.csv', rows)
    made.write(
      'migrate.config.yaml',
      readFileSync(made.path('migrate.config.yaml'), 'utf8').replace('"name": "org"', '"name": "orgname"'),
    )
    const looks = [
      ['plan'],
      ['plan', '--full'],
      ['explain', rows[0]?.id ?? ''],
      ['explain', 'organization:acme'],
      ['apply', '--yes'],
    ]
    const after = [
      ['destroy', '--plan-only', '--full'],
      ['explain', rows[1]?.id ?? '', '--live'],
      ['plan', '--only', 'user:CN=Nobody'],
    ]
    for (const { args, text } of await everything(made, {}, [], [...looks, ...after])) {
      expect(text, args).not.toMatch(/Lovelace|Zuse|other people/)
      if (args === 'plan') expect(text).toContain('1 organization with different names')
      if (args !== 'apply --yes') expect(text, args).toMatch(/user:#[0-9a-f]{8}|organization:acme/)
    }
    made.csv('people.csv', [...rows, { ...rows[0], id: 'CN=Nobody (Lovelace)', email: 'none' }])
    for (const args of [['plan'], ['state', 'show'], ['verify'], ['apply', '--yes']]) {
      await made.run([...args, '--html', 'report.html'])
      const { all } = readReport(readFileSync(made.path('report.html'), 'utf8'))
      expect(all, args.join(' ')).toMatch(/user:#[0-9a-f]{8}/)
      expect(all, args.join(' ')).not.toMatch(/Lovelace|Zuse/)
    }
  })

  test('keeps counts, columns and reasons', async () => {
    const { stdout } = await project('all').run(['plan'])
    expect(stdout).toMatch(/people \(\.\/people\.csv\) +5 +=/)
    expect(stdout).toMatch(/firstName +3 of 3/)
    expect(stdout).toMatch(/\+ user:#[0-9a-f]{8} {2}\*\*\*/)
    expect(stdout).toContain('is not an email address')
  })
})

test('does not mask working files, the schema and the map of keys', async () => {
  const made = project('all')
  expect((await made.run(['plan', '--merges', 'merges.json', '--out', 'plan.ndjson'])).exit).toBe(0)
  expect(readFileSync(made.path('merges.json'), 'utf8')).toContain('Lovelace-Byron')
  expect(readFileSync(made.path('plan.ndjson'), 'utf8')).toContain('user:key of ada')
  await made.run(['apply', '--yes'])
  expect((await made.run(['state', 'export'])).stdout).toContain('key of ada')
  const [plain, masked] = [
    await made.run(['schema']),
    await made.run(['schema', '--mask', 'all'], { env: { CI: '1' } }),
  ]
  expect(masked.stdout).toBe(plain.stdout)
  expect(plain.stdout).toContain('Ada@Example.com')
})

test('an error about the manifest and one about a row are masked', async () => {
  const made = project('emails')
  made.write('people.csv', 'id,email\n1,ada.l@example.com,too,many\n')
  expect((await made.run(['plan'])).stdout).not.toContain('ada.l@')
  const { exit, stderr } = await made.run(['plan', '--mask', 'emails', '-e', 'ada.l@example.com'])
  expect(exit).toBe(3)
  expect(stderr).toContain('a***@example.com')
  expect(stderr).not.toContain('ada.l@')
})

test('an unknown mask is a usage error', async () => {
  expect((await project().run(['plan', '--mask', 'some'])).exit).toBe(3)
  const { exit, stderr } = await project('some').run(['plan'])
  expect([exit, stderr]).toMatchObject([3, expect.stringMatching(/output\.mask/)])
})

test('does not mask what a user types at a prompt', async () => {
  const { stderr, exit } = await project('all').run(['apply'], { typed: 'yes\n' })
  expect(exit).toBe(0)
  expect(stderr).toContain('Type yes to continue: ')
})

describe('a masked stream', () => {
  test('behaves like its stream except for the text', async () => {
    const inner = Object.assign(new PassThrough({ highWaterMark: 8 }), { isTTY: true, columns: 40 })
    const stream = maskedStream(inner, new Mask('emails'))
    expect([stream.isTTY, stream.columns, stream.writableHighWaterMark]).toEqual([true, 40, 8])
    inner.columns = 50
    expect(stream.columns).toBe(50)
    expect(stream).toBeInstanceOf(Writable)
    expect(stream.write('to ada@example.com')).toBe(false)
    expect(stream.writableNeedDrain).toBe(true)
    const drained = new Promise((resolve) => stream.once('drain', resolve))
    expect(inner.read().toString()).toBe('to a***@example.com')
    await drained
    let rest = ''
    inner.on('data', (chunk) => {
      rest += chunk
    })
    await new Promise<void>((resolve, reject) => stream.write('x', (error) => (error ? reject(error) : resolve())))
    await new Promise<void>((resolve) => stream.end('bo@example.com', resolve))
    expect(rest).toBe('xb***@example.com')
  })

  test('masks bytes, and passes them on without a mask', () => {
    const inner = new PassThrough()
    const mask = new Mask('none')
    const stream = maskedStream(inner, mask)
    stream.write(Buffer.from([0xff, 0xfe]))
    expect(inner.read()).toEqual(Buffer.from([0xff, 0xfe]))
    mask.mode = 'emails'
    stream.write(Buffer.from('ada@example.com'))
    expect(inner.read().toString()).toBe('a***@example.com')
  })

  test('receives whole lines of any output', async () => {
    const pieces: string[] = []
    const inner = new Writable({
      write(chunk, _encoding, done) {
        pieces.push(String(chunk))
        done()
      },
    })
    const { write, end } = buffered(maskedStream(inner, new Mask('emails')))
    for (let n = 0; n < 40_000; n++) for (const part of ['ada', String(n), '@', 'example', '.com\n']) write(part)
    await end()
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true)
    expect(pieces.join('')).toBe('a***@example.com\n'.repeat(40_000))
  })
})

test('every command that reads the manifest uses its mask', () => {
  const cli = fileURLToPath(new URL('../../src/cli/', import.meta.url))
  const calls = readdirSync(cli, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(join(cli, file), 'utf8').matchAll(/\b(?:load|inspect)Manifest\(\{[^}]*\}/g)].map(([call]) => ({
        file,
        call,
      })),
    )
  expect(calls.length).toBeGreaterThan(6)
  for (const { file, call } of calls) expect(call, file).toMatch(/\bmask\b/)
})
