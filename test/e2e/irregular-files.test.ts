import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { cases } from '../whole.ts'
import { createProject, type Project, type Result } from './cli.ts'
import { peopleManifest, peopleProject, person } from './people.ts'
import { KEY, startWorkos, type Workos, writes } from './workos.ts'

const env = { KEY }
const ROWS = [person('ada')]

function fifo(path: string): void {
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
}

/** A command in a separate process: it must not wait for a FIFO without a writer. */
async function ends(project: Project, args: readonly string[]): Promise<Result> {
  const { process, result } = project.spawn(args, env)
  const watchdog = setTimeout(() => process.kill('SIGKILL'), 20_000)
  const { signal, ...rest } = await result
  clearTimeout(watchdog)
  expect(signal, `${args.join(' ')} hangs`).toBeNull()
  expect(rest.stderr).not.toMatch(/^\s+at .*[:(]\d+|defect/m)
  return rest
}

interface Foreign {
  make(path: string): void
  says: string
}

function database(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/** Files that are neither a state nor sandbox data. */
const FOREIGN: [string, Foreign][] = [
  ['a text', { make: (path) => writeFileSync(path, 'precious\n'), says: 'file is not a database' }],
  ['a long text', { make: (path) => writeFileSync(path, 'precious\n'.repeat(1_000)), says: 'file is not a database' }],
  [
    'a database',
    { make: (path) => database(path, 'CREATE TABLE orders (id); INSERT INTO orders VALUES (1)'), says: '' },
  ],
  [
    'a database of a program that marks it',
    { make: (path) => database(path, 'PRAGMA application_id = 42; CREATE TABLE orders (id)'), says: '' },
  ],
  [
    'a database with its own log',
    { make: (path) => database(path, 'PRAGMA journal_mode = WAL; CREATE TABLE orders (id)'), says: '' },
  ],
]

test.each(FOREIGN)('%s as the state is rejected, and keeps its content and its mode', async (_what, { make, says }) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS, { state: { path: 'kept/foreign' } })
  mkdirSync(project.path('kept'), { mode: 0o755 })
  make(project.path('kept/foreign'))
  chmodSync(project.path('kept/foreign'), 0o644)
  const before = readFileSync(project.path('kept/foreign'))
  for (const args of [
    ['apply', '--yes'],
    ['plan'],
    ['state', 'list'],
    ['state', 'backup'],
    ['handoff', '--out', 'h'],
  ]) {
    const { exit, stderr } = await project.run(args, { env })
    expect(exit, args.join(' ')).toBe(1)
    expect(stderr, args.join(' ')).toContain(says === '' ? 'is not a state file of workos-migrate' : says)
  }
  expect(readFileSync(project.path('kept/foreign'))).toEqual(before)
  expect(statSync(project.path('kept/foreign')).mode & 0o777).toBe(0o644)
  expect(readdirSync(project.path('kept'))).toEqual(['foreign'])
  expect(statSync(project.path('kept')).mode & 0o777).toBe(0o755)
  expect(writes(workos.takeLog())).toEqual([])
})

test.each(FOREIGN)('%s as sandbox data is rejected, and keeps its content and its mode', async (_what, { make }) => {
  const project = createProject()
  project.csv('users.csv', ROWS)
  project.manifest({
    ...peopleManifest({ target: { type: 'workos', apiKey: '', baseUrl: '' } }),
    target: { type: 'sandbox', data: 'foreign' },
  })
  make(project.path('foreign'))
  chmodSync(project.path('foreign'), 0o644)
  const before = readFileSync(project.path('foreign'))
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect([exit, stderr]).toEqual([1, expect.stringContaining('cannot be used as sandbox data')])
  expect(readFileSync(project.path('foreign'))).toEqual(before)
  expect(statSync(project.path('foreign')).mode & 0o777).toBe(0o644)
  expect(readdirSync(project.folder).filter((name) => name.startsWith('foreign'))).toEqual(['foreign'])
})

test("another program's unfinished transaction stays as it is", async () => {
  const project = peopleProject(await startWorkos(), ROWS, { state: { path: 'foreign' } })
  database(project.path('foreign'), 'CREATE TABLE orders (id)')
  const journal = Buffer.concat([Buffer.from('d9d505f920a163d7', 'hex'), Buffer.alloc(1024)])
  writeFileSync(project.path('foreign-journal'), journal)
  const before = readFileSync(project.path('foreign'))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 1 })
  expect(readFileSync(project.path('foreign'))).toEqual(before)
  expect(readFileSync(project.path('foreign-journal'))).toEqual(journal)
})

test('a state that other users can read is made private, even if empty', async () => {
  const project = peopleProject(await startWorkos(), ROWS, { state: { path: 'state.sqlite' } })
  project.write('state.sqlite', '')
  chmodSync(project.path('state.sqlite'), 0o644)
  for (const _time of ['first', 'second']) {
    expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
    expect(statSync(project.path('state.sqlite')).mode & 0o777).toBe(0o600)
    chmodSync(project.path('state.sqlite'), 0o640)
  }
})

test('a state behind a link is used in place', async () => {
  const project = peopleProject(await startWorkos(), ROWS, { state: { path: 'state.sqlite' } })
  mkdirSync(project.path('volume'))
  symlinkSync('volume/state.sqlite', project.path('state.sqlite'))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exit: 0 })
  expect(lstatSync(project.path('state.sqlite')).isSymbolicLink()).toBe(true)
  expect(statSync(project.path('volume/state.sqlite')).mode & 0o777).toBe(0o600)
})

/** The names under which a command can find a FIFO, and its message. */
const FIFOS: [string, (project: Project, workos: Workos) => string[], string][] = [
  [
    'the state',
    (project, workos) => {
      project.manifest(peopleManifest(workos, { state: { path: 'pipe' } }))
      return ['apply', '--yes']
    },
    'the state cannot be stored in',
  ],
  [
    'sandbox data',
    (project, workos) => {
      project.manifest(peopleManifest(workos, { target: { type: 'sandbox', data: 'pipe' } }))
      return ['apply', '--yes']
    },
    'cannot be used as sandbox data',
  ],
  ['sandbox data, to be served', () => ['sandbox', '--port', '0', '--data', 'pipe'], 'cannot be used as sandbox data'],
  [
    'faults of the sandbox',
    () => ['sandbox', '--port', '0', '--data', ':memory:', '--faults', 'pipe'],
    '--faults pipe',
  ],
  [
    'a secret',
    (project, { target }) => {
      project.manifest(peopleManifest({ target: { ...target, apiKey: '${file:pipe}' } }))
      return ['plan']
    },
    'the referenced file pipe cannot be read',
  ],
  ...['plan', 'validate'].map((command): (typeof FIFOS)[number] => [
    `a source, for ${command}`,
    (project, workos) => {
      project.manifest(peopleManifest(workos, { source: { type: 'csv', path: 'pipe' } }))
      return [command]
    },
    'pipe is a FIFO',
  ]),
  ...['csv', 'json', 'ndjson'].map((format): (typeof FIFOS)[number] => [
    `a stream of ${format}`,
    (project, workos) => {
      const source = { type: 'file', streams: { users: { path: 'pipe', format } } }
      project.manifest(peopleManifest(workos, { source, map: { user: { key: 'id', email: 'email' } } }))
      return ['plan']
    },
    'pipe is a FIFO',
  ]),
  ['a data file', () => ['inspect', '--file', 'pipe'], 'pipe is a FIFO'],
  ['a manifest', () => ['plan', 'pipe'], 'pipe is a FIFO'],
  ['a saved plan or a manifest', () => ['apply', 'pipe', '--yes'], 'it is a FIFO'],
  ['the file of a plan', () => ['plan', '--out', 'pipe'], 'the plan cannot be written to pipe: it is a FIFO'],
  ['the report of merges', () => ['plan', '--merges', 'pipe'], 'cannot be written to pipe: it is a FIFO'],
  [
    'the manifest to be written',
    () => ['init', '--users', 'users.csv', '--out', 'pipe', '--force', '--yes'],
    'it is a FIFO',
  ],
  ['a folder to hand over to', () => ['handoff', '--out', 'pipe'], 'is not a folder'],
  ['a folder to export to', () => ['export', '--out', 'pipe'], 'cannot be used for a snapshot'],
  [
    'the head of a snapshot',
    (project) => {
      mkdirSync(project.path('snap'))
      fifo(project.path('snap/snapshot.json'))
      return ['plan', '--snapshot', 'snap']
    },
    'snapshot.json is a FIFO',
  ],
]

test.each(cases(FIFOS, [0, 1, 4, 5, 11, 12, 18]))(
  'a FIFO as %s is an error, not a wait',
  async (_what, prepare, says) => {
    const workos = await startWorkos()
    const project = peopleProject(workos, ROWS)
    fifo(project.path('pipe'))
    const args = prepare(project, workos)
    const { exit, stdout, stderr } = await ends(project, args)
    expect([1, 3], stderr).toContain(exit)
    expect(stdout + stderr).toContain(says)
    expect(lstatSync(project.path('pipe')).isFIFO()).toBe(true)
    expect(writes(workos.takeLog())).toEqual([])
  },
  40_000,
)

test('a manifest found by its name that is a FIFO is an error, not a wait', async () => {
  const project = createProject()
  fifo(project.path('migrate.config.yaml'))
  expect(await ends(project, ['plan'])).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('is not a regular file'),
  })
}, 40_000)

test('links are followed for reading and for the state, and rejected for files to replace', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  project.write('real/plan.ndjson', 'precious')
  symlinkSync('real/plan.ndjson', project.path('plan.ndjson'))
  symlinkSync('real/none', project.path('dangling'))
  symlinkSync('real/plan.ndjson', project.path('.gitignore'))
  for (const args of [
    ['plan', '--out', 'plan.ndjson'],
    ['plan', '--merges', 'dangling'],
    ['init', '--users', 'users.csv', '--out', 'dangling', '--force', '--yes'],
    ['init', '--users', 'users.csv', '--out', 'new.yaml', '--yes'],
  ]) {
    const { exit, stderr } = await project.run(args, { env })
    expect([exit, stderr], args.join(' ')).toEqual([3, expect.stringContaining('it is a symbolic link')])
  }
  expect(readFileSync(project.path('real/plan.ndjson'), 'utf8')).toBe('precious')
  expect(readdirSync(project.path('real'))).toEqual(['plan.ndjson'])
  expect(project.list('.')).not.toContain('new.yaml')

  expect(await project.run(['plan', '--out', 'real/plan.ndjson'], { env })).toMatchObject({ exit: 0 })
  expect(await project.run(['apply', 'plan.ndjson', '-c', 'migrate.config.yaml'], { env })).toMatchObject({ exit: 0 })
})

test('a link as the folder of a snapshot is rejected before anything is read', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  project.write('real/kept', 'precious')
  symlinkSync('nowhere', project.path('dangling'))
  symlinkSync('real', project.path('link'))
  for (const name of ['dangling', 'link']) {
    const { exit, stderr } = await project.run(['export', '--out', name], { env })
    expect([exit, stderr], name).toEqual([3, expect.stringContaining('a symbolic link of that name is in the way')])
    expect(project.list('.')).not.toContain(`${name}.next`)
  }
  expect(project.list('real')).toEqual(['kept'])
})

test('a folder with other content is not replaced by a finished, killed export', async () => {
  const project = peopleProject(await startWorkos(), ROWS)
  expect(await project.run(['export', '--out', 'snap'], { env })).toMatchObject({ exit: 0 })
  renameSync(project.path('snap'), project.path('snap.next'))
  project.write('snap/letters.txt', 'precious')
  const { exit, stderr } = await project.run(['export', '--out', 'snap'], { env })
  expect([exit, stderr]).toEqual([3, expect.stringContaining('letters.txt is in the way')])
  expect(readFileSync(project.path('snap/letters.txt'), 'utf8')).toBe('precious')
})

test('a socket as the state is rejected', async () => {
  const project = peopleProject(await startWorkos(), ROWS, { state: { path: 'socket' } })
  const server = createServer().listen(join(project.folder, 'socket'))
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect([exit, stderr]).toEqual([1, expect.stringContaining('it is a socket')])
})

test('a device as the state, as sandbox data or as a plan is rejected, and keeps its mode', async (context) => {
  const workos = await startWorkos()
  const project = peopleProject(workos, ROWS)
  // Only root can create one. A broken program must not be tried on one in /dev.
  if (spawnSync('mknod', [project.path('null'), 'c', '1', '3']).status !== 0) return context.skip()
  chmodSync(project.path('null'), 0o666)
  expect(await project.run(['plan', '--out', 'null'], { env })).toMatchObject({ exit: 3 })
  expect(await project.run(['plan', '--merges', 'null'], { env })).toMatchObject({ exit: 3 })
  project.manifest(peopleManifest(workos, { state: { path: 'null' } }))
  const { exit, stderr } = await project.run(['apply', '--yes'], { env })
  expect([exit, stderr]).toEqual([1, expect.stringContaining('it is a device')])
  project.manifest(peopleManifest(workos, { target: { type: 'sandbox', data: 'null' } }))
  expect(await project.run(['apply', '--yes'], { env })).toMatchObject({ exit: 3 })
  project.manifest(peopleManifest(workos, { source: { type: 'csv', path: 'null' } }))
  expect(await project.run(['plan'], { env })).toMatchObject({ exit: 3 })
  expect(lstatSync(project.path('null')).isCharacterDevice()).toBe(true)
  expect(lstatSync(project.path('null')).mode & 0o777).toBe(0o666)
})
